"""Replies that are all there but written down in another way, and text that only looks so."""

from __future__ import annotations

import pytest
from tests.unit.tasks.ghost_holes import filled

HELD = "\N{NO-BREAK SPACE}"

CASES = {
    "blanks that hold in code": ("python", "def f():\n    ¦\n", f"return{HELD}a{HELD}+ b", "    return a + b\n"),
    "blanks that hold where lines begin": (
        "python",
        "def f():\n    ¦\n",
        f"if a:\n{HELD * 8}b()",
        "    if a:\n        b()\n",
    ),
    "a blank that holds within words": ("markdown", "It takes ¦\n", f"about 10{HELD}% more", f"about 10{HELD}% more\n"),
    "blanks that hold in all of some words": (
        "go",
        "package a\n\n// Run ¦\nvar b int\n",
        f"it{HELD}in{HELD}turns",
        "// Run it in turns\n",
    ),
    "a quotation of several lines": (
        "go",
        "package a\n\nfunc f() int {\n\t¦\n}\n",
        "> b := 1\n> return b",
        "\tb := 1\n\treturn b\n",
    ),
    "a comparison": ("javascript", "const a = b ¦\n", "> c;", "const a = b > c;\n"),
    "the rest of a word in a quotation": ("javascript", "let count = 0;\nco¦\n", "> unt += 1;", "\ncount += 1;\n"),
    "a quotation in Markdown": ("markdown", "# A\n\n¦\n", "> Words of it.", "\n> Words of it.\n"),
    "statements in a string": (
        "javascript",
        "function f() {\n  ¦\n}\n",
        '"const a = \\"b\\";\\n  return a;"',
        '  const a = "b";\n  return a;\n}\n',
    ),
    "half a string in a string": (
        "toml",
        'a = "https://b/Bur¦\nc = 1\n',
        '"nt\\"\\nd = \\"e\\""',
        '/Burnt"\nd = "e"\nc = 1\n',
    ),
    "a string that is a value": ("python", "print(¦)\n", '"a\\nb"', 'print("a\\nb")\n'),
    "a string in a list": ("json", '[\n  "a",\n  ¦\n]\n', '"b\\nc"', '  "b\\nc"\n]\n'),
    "an answer given twice": (
        "javascript",
        "function f() {\n  ¦\n}\n",
        "const a = 1;\n  return a;\n  const a = 1;\n  return a;",
        "{\n  const a = 1;\n  return a;\n}\n",
    ),
    "the rest of a line given twice": ("javascript", "const a = ¦\n", "b(c);\nb(c);", "const a = b(c);\n"),
    "closers that are alike": (
        "ruby",
        "module A\n  class B\n    def c\n      d\n    ¦\n",
        "end\n  end\nend",
        "    end\n  end\nend\n",
    ),
    "short lines that are alike": ("c", "int f() {\n  ¦\n  return a;\n}\n", "a++;\n  a++;", "  a++;\n  a++;\n"),
}


@pytest.mark.parametrize(("language_id", "text", "reply", "part"), CASES.values(), ids=CASES.keys())
def test_a_reply_is_read_as_it_is_meant(language_id: str, text: str, reply: str, part: str) -> None:
    """What was done to all of a reply is undone, and text that looks so by right stays."""
    assert part in filled(text, reply, language_id)
