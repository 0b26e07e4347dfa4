"""Blank lines that a reply begins with, at a cursor in an empty line."""

import pytest
from tests.unit.tasks.ghost_holes import filled

SPACED = "import a\n\nA = 1\n\n\ndef f():\n    import b\n\n    return b\n\n\nimport c\n¦\n\n\nC = 3\n"
TOGETHER = "".join(f"a{number} = {number}\n" for number in range(22))
MEANT = {
    "between an import and what is none": ("import a\nfrom b import c\n¦\n", "\nT = c()", "import c\n\nT = c()\n"),
    "in a fence": ("import a\nfrom b import c\n¦\n", "```python\n\nT = c()\n```", "import c\n\nT = c()\n"),
    "as many as between others": (SPACED, "\n\n\nB = 2", "import c\n\nB = 2\n"),
    "behind the line above, said again": (SPACED, "import c\n\n\nB = 2", "import c\n\n\nB = 2\n"),
    "between methods": (
        "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n¦\n",
        "\n    def h(self):\n        return 3",
        "        return 2\n\n    def h(self):\n        return 3\n",
    ),
    "a second one between definitions": (
        "def f():\n    return 1\n\n\ndef g():\n    return 2\n\n¦\n",
        "\ndef h():\n    return 3",
        "    return 2\n\n\ndef h():\n    return 3\n",
    ),
    "between paragraphs of a text": (
        'def f():\n    """Do it.\n\n    One.\n\n    Two goes\n    on.\n¦\n    """\n',
        "\n    Three.",
        "    on.\n\n    Three.\n",
    ),
    "below the head of a class": (
        "class A:\n¦\n",
        "\n    def f(self):\n        return 1",
        "class A:\n\n    def f(self):\n        return 1\n",
    ),
    "before a text that begins": (
        "# What it is.\n# Whose it is.\n¦\nimport a\n",
        '\n"""What it does."""\n',
        '# Whose it is.\n\n"""What it does."""\n',
    ),
    "between words and an example": (
        'def f():\n    """Do it::\n¦\n    """\n',
        "\n        f()",
        "Do it::\n\n        f()\n",
    ),
    "behind a sentence and an empty line": (SPACED, "Here is the code:\n\n\nB = 2", "import c\n\nB = 2\n"),
    "behind reasoning and an empty line": (SPACED, "<think>\nSo.\n</think>\n\n\nB = 2", "import c\n\nB = 2\n"),
}
NOISE = {
    "in a block that has just begun": ("def f():\n¦\n", "\n    return 1", "def f():\n    return 1\n"),
    "before what closes a block": ("a = [\n    1,\n¦\n", "\n]", "    1,\n]\n"),
    "below a decorator": ("@a\n¦\n    return 1\n", "\ndef f():", "@a\ndef f():\n"),
    "below a line that goes on": ("a = b + \\\n¦\n", "\n    c", "a = b + \\\n    c\n"),
    "before the end of a text": ('def f():\n    """Do it.\n¦\n', '\n    """', 'Do it.\n    """\n'),
    "before another branch": ("if a:\n    b()\n¦\n    c()\n", "\nelse:", "    b()\nelse:\n"),
    "among lines of which none is set apart": (TOGETHER + "¦\n", "\na = 0", TOGETHER + "a = 0\n"),
    "more than the document has anywhere": (
        "def f():\n    a()\n\n    b()\n¦\n",
        "\n\n    return 1",
        "    b()\n\n    return 1\n",
    ),
    "more than there are between definitions": (
        "def f():\n    return 1\n\n\ndef g():\n    return 2\n\n\n¦\n",
        "\ndef h():\n    return 3",
        "    return 2\n\n\ndef h():\n    return 3\n",
    ),
    "within a sentence of a text": ('def f():\n    """Do it\n¦\n    """\n', "\n    so.", "Do it\n    so.\n"),
}


@pytest.mark.parametrize(("text", "reply", "part"), MEANT.values(), ids=MEANT.keys())
def test_what_a_document_sets_apart_stays_apart(text: str, reply: str, part: str) -> None:
    """Somebody who presses return once behind a paragraph is told the blank line as well."""
    assert part in filled(text, reply)


@pytest.mark.parametrize(("text", "reply", "part"), NOISE.values(), ids=NOISE.keys())
def test_nothing_is_set_apart_that_the_document_has_together(text: str, reply: str, part: str) -> None:
    """A line break that a model begins with out of habit makes no blank line."""
    assert part in filled(text, reply)


def test_a_diff_may_begin_with_an_empty_line() -> None:
    """What it adds is taken, the blank line as well."""
    assert "import a\n\nT = 1\n" in filled("import a\n¦\n", "```diff\n+\n+T = 1\n```")
    assert "import a\n\nT = 1\n" in filled("import a\n¦\n", "+\n+T = 1")


def test_the_end_of_a_fence_tells_nothing_about_its_beginning() -> None:
    """Below a line of prose a fence is set apart, however often one ends right below code."""
    code = "Like this:\n\n```sh\nrun\n```\n\n"
    assert "Or this:\n\n```sh\n" in filled(4 * code + "Or this:\n¦\n", "\n```sh\nmore\n```", "markdown")
