"""Of several readings of a reply the one that the document is whole with: layout, echoes, half lines."""

from __future__ import annotations

import pytest
from tests.unit.tasks.ghost_holes import filled

CASES = {
    "a head is not left without its body": (
        "def old():\n    return 1\n\n\n¦\n    return 2\n",
        "def new():\n\n\ndef unrelated(a):\n    return a\n",
        "def new():\n    return 2\n",
    ),
    "the second of two definitions is left out": (
        '"""A group."""\n\n¦\n    path = 1\n\n    def method(self):\n        pass\n',
        "from a import b\n\n\nclass C(b):\n    name = 2\n\n\ndef unrelated(a):\n    return a\n",
        "class C(b):\n    name = 2\n    path = 1\n",
    ),
    "lines that stand as deep as the cursor are not moved": (
        "def f(href):\n    return g(\n        lambda: (\n            'a'\n            ¦\n        )\n    )\n",
        "if href.startswith('b')\n            else 'c'",
        "            if href.startswith('b')\n            else 'c'\n",
    ),
    "a statement on one line opens nothing": (
        "for a in b:\n    if c:\n        if d:\n            ¦\n            f = 1\n",
        "if short: short = short + ':'\n            g = 2",
        "            if short: short = short + ':'\n            g = 2\n            f = 1\n",
    ),
    "an echoed line ends with its blank lines": (
        "x = [\n    1,\n]\n\n\n¦\n    pass\n",
        "]\n\n\nclass B(A):",
        "]\n\n\nclass B(A):\n    pass\n",
    ),
    "an echoed bracket is not nested": (
        "a = [\n    [¦]\n    [2, 3],\n]\n",
        "[0, 1],",
        "    [0, 1],\n    [2, 3],\n",
    ),
    "an echo of several lines begins with one": (
        's = """\n  <a>\n    <b>1</b>\n  </a¦\n</c>"""\nt = 1\n',
        '>\n</c>"""\nt = 1\n',
        '  </a>\n</c>"""\nt = 1\n',
    ),
    "what was passed on is not passed on again": (
        "class A:\n    def __init__(self, f, g):\n        B.__init__(self, ¦, g)\n",
        "self, f",
        "B.__init__(self, f, g)\n",
    ),
    "half a line that breaks a word is left out": (
        "if not a:\n    ¦\n    os._exit(0)\nb = 1\n",
        "run(c)\n    os._e",
        "    run(c)\n    os._exit(0)\n",
    ),
    "half an entry that leaves the list broken is left out": (
        "a = {\n    (1, 2): 0.5,\n    ¦\n    (1, 4): 1.5,\n}\n",
        "(1, 3): 3.5,\n    (1, 4)",
        "    (1, 3): 3.5,\n    (1, 4): 1.5,\n",
    ),
    "a block behind its head ends with it": (
        "def f(c):\n    if c:¦\n    return g(c)\n\n\ndef h(c):\n    return g(c)\n",
        "\n        return 0\n    return g(c)\n",
        "    if c:\n        return 0\n    return g(c)\n\n",
    ),
    "a name goes on behind its point": (
        "class A:\n    def f(self, values):\n        self.a = 1\n        self¦\n        self.b = 2\n",
        "\n.values = values",
        "        self.values = values\n",
    ),
    "a row of numbers again and again comes once": (
        "a = [\n    ¦\n]\n",
        "(1, 2),\n" + "    (3, 4),\n" * 15,
        "    (1, 2),\n    (3, 4),\n]\n",
    ),
    "a deeper line is not the next one": (
        "def f():\n    for a in b:\n        if a:\n            c()\n¦\n    d()\n",
        "            d()",
        "            c()\n            d()\n    d()\n",
    ),
    "what stands behind a word is no sentence about it": (
        "try:\n    a()\nexcept ¦\n    b()\n",
        "ValueError as error:",
        "except ValueError as error:\n    b()\n",
    ),
    "half of what is between brackets is no sentence": (
        "try:\n    a()\nexcept (¦)\n    b()\n",
        "OSError, ValueError) as error:",
        "except (OSError, ValueError) as error:\n    b()\n",
    ),
    "the next line may begin like all that is missing": (
        '"""Tests."""\nimport os\n¦\nimport sysconfig\n',
        "import sys",
        "import os\nimport sys\nimport sysconfig\n",
    ),
    "a definition is not between imports": (
        "import os\n¦\n\nfrom a import b\n\nb()\n",
        "import sys\n\n\ndef unrelated(a):\n    return a",
        "import os\nimport sys\n\nfrom a import b\n",
    ),
    "a definition is not in a text": (
        '"""\n¦\n\nSee the manual.\n"""\n\nimport a\n',
        "The manager\n\n\ndef unrelated(a):\n    return a",
        '"""\nThe manager\n\nSee',
    ),
    "a text is closed on the line below": (
        'def f(self):\n    """Set the value.¦\n    if self.a:\n        return\n',
        '\n"""',
        '"""Set the value."""\n    if',
    ),
    "the next line after more is not said twice": (
        "def f(c):\n    a.ping(¦\n    b.ping()\n    b.ping()\n",
        "c)\n    b.ping()\n",
        "    a.ping(c)\n    b.ping()\n    b.ping()\n",
    ),
    "a bracket that the next line closes stays open": (
        "self.add(my - 2, len(¦)\n         curses.A_DIM)\n",
        "self.title), self.help,",
        "len(self.title), self.help,\n         curses.A_DIM)\n",
    ),
    "a closer that opens a block is followed by it": (
        "for a, b in (\n    ¦\n        d(a)\n",
        "(1, 2),\n    (3, 4),\n):\n    with c(b):",
        "    (3, 4),\n):\n    with c(b):\n        d(a)\n",
    ),
    "a fence in a text above is not open in the code below": (
        'def f():\n    """Do.\n\n    ```sh\n    a\n    ```\n    """\n' + "    x = 1\n" * 440 + "    ¦\n",
        "```\ny = 2\n```\n",
        "    x = 1\n    y = 2\n",
    ),
    "a text with an open bracket in its first line is not moved": (
        "class A:\n    def f(self):\n        ¦\n\n    def g(self):\n        pass\n",
        '"""Report (including the\n        rest).\n        """',
        '        """Report (including the\n        rest).\n        """\n',
    ),
    "an example in a text is not moved": (
        'def f():\n    """Do.\n\n    ¦\n    """\n    return 1\n',
        ">>> a = {\n    ...     b: 1\n    ... }",
        "    >>> a = {\n    ...     b: 1\n    ... }\n",
    ),
    "the layout of a text is its own": (
        "def f():\n    if a:\n        b()\n    if c:\n        d()\n    if e:\n        g()\n\n\n¦\n",
        "m = '''\nWarning:\n  File a:\n    Line\n'''",
        "Warning:\n  File a:\n    Line\n",
    ),
    "a nested definition at the margin is moved": (
        "async def main():\n    ¦\n        more(url)\n",
        "q = 1\nstart = 2\n\nasync def fetch(url):\n    if url:\n        return\n\n    print(url)",
        "    async def fetch(url):\n        if url:\n            return\n\n        print(url)\n        more(url)\n",
    ),
}


@pytest.mark.parametrize(("text", "reply", "part"), CASES.values(), ids=CASES.keys())
def test_the_document_is_whole_with_the_completion(text: str, reply: str, part: str) -> None:
    """The completion is what a person would have typed there."""
    assert part in filled(text, reply)


@pytest.mark.parametrize(
    ("text", "reply", "part"),
    [
        ("API(void) a(b);\n\nAPI(¦)\nAPI(void) c(d);\n", "X *) y(Z *);", "API(X *) y(Z *);\nAPI(void)"),
        ("API(void) a(b);\n\nAPI(¦)\n    X *x,\n    Z *z);\n", "X *) y(", "API(X *) y(\n    X *x,\n"),
    ],
)
def test_a_macro_is_closed_once(text: str, reply: str, part: str) -> None:
    """What grammars do not know about macros, the brackets of the line tell."""
    assert part in filled(text, reply, "cpp")
