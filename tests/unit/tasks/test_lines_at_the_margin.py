"""Lines below a half-written one that count their indentation from the margin, as if there were no code around."""

import pytest
from tests.unit.tasks.ghost_holes import filled

BELONG = {
    "entries of a list": (
        "python",
        'A = [\n    "a",\n    "b¦\n    "e",\n]\n',
        '",\n"c",\n"d",',
        'A = [\n    "a",\n    "b",\n    "c",\n    "d",\n    "e",\n]\n',
    ),
    "parameters": (
        "c",
        "int f(\n    int a¦\n    int d);\n",
        ",\nint b,\nint c,",
        "int f(\n    int a,\n    int b,\n    int c,\n    int d);\n",
    ),
    "statements above others of the block": (
        "python",
        "class A:\n    def f(self):\n        self.a = ¦\n        self.d = 4\n",
        "1\nself.b = 2\nself.c = 3",
        "class A:\n    def f(self):\n        self.a = 1\n        self.b = 2\n        self.c = 3\n        self.d = 4\n",
    ),
    "the last statements of a method": (
        "python",
        "class A:\n    def f(self):\n        a = ¦\n\n    def g(self):\n        pass\n",
        "b()\nraise a",
        "class A:\n    def f(self):\n        a = b()\n        raise a\n\n    def g(self):\n        pass\n",
    ),
    "the head of the block that goes on below": (
        "python",
        "class A:\n    def f(self):\n        a = ¦\n            return a\n        return 0\n",
        "b()\nif a:",
        "class A:\n    def f(self):\n        a = b()\n        if a:\n            return a\n        return 0\n",
    ),
    "a definition whose block goes on below": (
        "python",
        "def e(a):\n    ¦\n            c = a\n        return c\n    return d\n",
        "b = a\n\ndef d(c):\n    if b:",
        "def e(a):\n    b = a\n\n    def d(c):\n        if b:\n            c = a\n        return c\n    return d\n",
    ),
    "a body below a head of several lines": (
        "python",
        "class A:\n    ¦\n        g(a,\n                1)\n",
        "def f(self, a,\n        b=1):\n    E(a)\n    F()",
        (
            "class A:\n    def f(self, a,\n            b=1):\n        E(a)\n        F()\n"
            "        g(a,\n                1)\n"
        ),
    ),
    "a body below the rest of a head": (
        "python",
        "class A:\n    def f(self¦\n        self.b = b\n",
        ", a,\n        b=1):\n    self.a = a",
        "class A:\n    def f(self, a,\n            b=1):\n        self.a = a\n        self.b = b\n",
    ),
    "a body below a comment at the file's end": (
        "python",
        "def f(a):\n    # This is ¦\n",
        "all.\nreturn a",
        "def f(a):\n    # This is all.\n    return a\n",
    ),
    "lines of a text": (
        "python",
        'def f(a):\n    """Do\n\n    what is¦\n    """\n    return a\n',
        " to be\ndone, as\nsaid.",
        'def f(a):\n    """Do\n\n    what is to be\n    done, as\n    said.\n    """\n    return a\n',
    ),
}

STAND_APART = {
    "a definition behind the last method": (
        "python",
        "class A:\n    def f(self):\n        return ¦\n",
        "1\n\n\ndef g():\n    return 2",
        "class A:\n    def f(self):\n        return 1\n",
    ),
    "the next entry of a text": (
        "python",
        'def f(a, b):\n    """Do.\n\n    a\n       What is done¦\n    """\n',
        ".\n\n    b\n       What is not.",
        'def f(a, b):\n    """Do.\n\n    a\n       What is done.\n    """\n',
    ),
    "tabs of a line that begins at the margin": (
        "python",
        "class A:\n    def f(self):\n        return 1\n¦\n",
        "\n\tdef g(self):\n\t\treturn 2",
        "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n",
    ),
    "tabs of a single line that begins at the margin": (
        "python",
        "def f(a):\n  if a:\n    b()\n¦\n",
        "\t\tc()",
        "def f(a):\n  if a:\n    b()\n    c()\n",
    ),
    "tabs where nothing but a line below tells how wide they are": (
        "python",
        "import a\n¦\n  pass\n",
        '\n\nclass A:\n\t"""What."""',
        'import a\n\n\nclass A:\n  """What."""\n  pass\n',
    ),
    "words behind a comment": (
        "c",
        "int f(void)\n{\n    /* What\n       it is¦\n}\n",
        ". */\n    return 1;",
        "int f(void)\n{\n    /* What\n       it is. */\n    return 1;\n}\n",
    ),
}


@pytest.mark.parametrize(("language", "document", "reply", "expected"), BELONG.values(), ids=BELONG.keys())
def test_lines_that_nothing_has_ended_the_block_before_belong_to_it(
    language: str, document: str, reply: str, expected: str
) -> None:
    """Where a bracket is open, a text goes on, or the document stands deeper below, no line leaves the block."""
    assert filled(document, reply, language) == expected


@pytest.mark.parametrize(("language", "document", "reply", "expected"), STAND_APART.values(), ids=STAND_APART.keys())
def test_lines_that_may_stand_at_the_margin_are_not_moved(
    language: str, document: str, reply: str, expected: str
) -> None:
    """What leaves the block stays outside of it."""
    assert filled(document, reply, language) == expected
