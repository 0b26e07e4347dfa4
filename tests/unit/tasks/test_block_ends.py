"""Where a completion ends: behind what the document still needs, before what is another's."""

import pytest
from tests.unit.tasks.ghost_holes import filled, hole_at_mark

from aurelis.tasks.ghost.reading import enough

CLOSERS_THAT_ARE_MISSING = [
    (
        "kotlin",
        "class A {\n  fun f() {\n    if (a) {\n      ¦\n",
        "b()\n    }\n  }\n}",
        "class A {\n  fun f() {\n    if (a) {\n      b()\n    }\n  }\n}\n",
    ),
    (
        "lua",
        "describe(function()\n   it(function()\n      ¦\n",
        "check(1)\n   end)\nend)",
        "describe(function()\n   it(function()\n      check(1)\n   end)\nend)\n",
    ),
    (
        "ruby",
        "class A\n  def f\n    ¦\n\n  def g\n  end\nend\n",
        "1\n  end",
        "class A\n  def f\n    1\n  end\n\n  def g\n  end\nend\n",
    ),
    ("ruby", "it do\n  run do\n    a\n  ¦\n", "end\nend", "it do\n  run do\n    a\n  end\nend\n"),
    (
        "go",
        "package a\n\nfunc f() {\n\tif a {\n\t\t¦\n\nfunc g() {}\n",
        "b()\n\t}\n}",
        "package a\n\nfunc f() {\n\tif a {\n\t\tb()\n\t}\n}\n\nfunc g() {}\n",
    ),
    (
        "vue",
        "<template>\n  <div>\n    ¦\n\n<script>\n</script>\n",
        "<b>a</b>\n  </div>\n</template>",
        "<template>\n  <div>\n    <b>a</b>\n  </div>\n</template>\n\n<script>\n</script>\n",
    ),
    ("json", '{\n  "a": {\n    ¦\n', '"b": 1\n  }\n}', '{\n  "a": {\n    "b": 1\n  }\n}\n'),
    (
        "python",
        "A = {\n    b,\n    c¦\n        if d not in e:\n            return f\n",
        "d,\n}",
        "A = {\n    b,\n    cd,\n}\n        if d not in e:\n            return f\n",
    ),
    (
        "csharp",
        "class A\n{\n    int F()\n    {\n        {\n            b();\n        ¦\n    }\n}\n",
        "}\n        return 1;",
        "class A\n{\n    int F()\n    {\n        {\n            b();\n        }\n        return 1;\n    }\n}\n",
    ),
]
"""Language, document, reply, document with the completion in it."""


@pytest.mark.parametrize(("language", "document", "reply", "expected"), CLOSERS_THAT_ARE_MISSING)
def test_what_nothing_below_closes_is_closed(language: str, document: str, reply: str, expected: str) -> None:
    """A completion closes the blocks around the cursor where the document does not."""
    assert filled(document, reply, language) == expected


@pytest.mark.parametrize(("language", "document", "reply", "expected"), CLOSERS_THAT_ARE_MISSING)
def test_a_stream_goes_on_for_what_nothing_below_closes(
    language: str, document: str, reply: str, expected: str
) -> None:
    """The answer is not ended before the last line that is taken has come."""
    hole = hole_at_mark(document, language)
    assert expected
    assert not any(enough(reply[:end], hole) for end in range(len(reply)))


def test_a_block_that_is_closed_below_is_not_closed_again() -> None:
    """A bracket that leaves the block ends a completion where the document has it already."""
    document = "fun f() {\n  if (a) {\n    ¦\n  }\n}\n"
    assert filled(document, "b()\n  }\n  c()\n}", "kotlin") == "fun f() {\n  if (a) {\n    b()\n  }\n}\n"


def test_statements_behind_the_one_at_the_cursor_stay() -> None:
    """A completion from the middle of a statement may go on with the next ones of its block."""
    document = "int f(void) {\n    run(a¦\n    return 0;\n}\n"
    expected = "int f(void) {\n    run(a, b);\n    run(c);\n    return 0;\n}\n"
    assert filled(document, ", b);\n    run(c);", "c") == expected


def test_statements_behind_an_empty_line_are_not_asked_for() -> None:
    """A completion from the middle of a statement does not go on with another paragraph."""
    assert filled("total = su¦\n", "m(a)\n\nprint(total)") == "total = sum(a)\n"


def test_labels_stand_as_deep_as_their_switch() -> None:
    """Cases that are not indented deeper than their head are not taken for lines counted from the margin."""
    document = "func f() {\n\t¦\n\t}\n}\n"
    reply = "switch a {\n\tcase 1:\n\t\tb()"
    assert filled(document, reply, "go") == "func f() {\n\tswitch a {\n\tcase 1:\n\t\tb()\n\t}\n}\n"


def test_a_closer_at_another_depth_than_the_one_below_is_the_completions_own() -> None:
    """Two brackets that close two blocks are kept though a third one stands below."""
    document = "class A\n{\n    void F()\n    {\n        if (a)\n        {\n        ¦\n}\n"
    expected = "class A\n{\n    void F()\n    {\n        if (a)\n        {\n        }\n    }\n}\n"
    assert filled(document, "}\n    }", "csharp") == expected


def test_a_block_is_not_closed_twice_at_one_depth() -> None:
    """The closer that stands right below at the same depth is the document's, whatever is out of sight."""
    document = ".a {\n  .b {¦\n  }\n\n  .c {\n"
    assert filled(document, "\n    width: 2rem;\n  }", "scss") == ".a {\n  .b {\n    width: 2rem;\n  }\n\n  .c {\n"


def test_a_closer_right_above_is_an_echo() -> None:
    """What closes the block above the cursor does not close it again."""
    document = "class A\n{\n    function f()\n    {\n    }\n\n    ¦\n    {\n    }\n}\n"
    expected = document.replace("¦", "function g()")
    assert filled(document, "    }\n\n    function g()", "php") == expected


def test_blocks_do_not_begin_with_empty_lines() -> None:
    """Line breaks that a model puts before the body of a block come once."""
    assert filled("fun f() {¦}\n", "\n\n\n  close()\n}\n\n", "kotlin") == "fun f() {\n  close()\n}\n"
