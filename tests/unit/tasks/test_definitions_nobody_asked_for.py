"""A completion within a block ends with its block: the next definition of a talkative model is left out."""

import pytest
from tests.unit.tasks.ghost_holes import filled

MORE = "\n\n\ndef another(first):\n    return first\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(x):\n    if x:\n        y = 1\n    else:\n¦\n\n    return y\n", "        y = 2"),
        ("class A:\n    B = 1\n    C = 2\n¦\n\n\nclass D:\n    pass\n", "    E = 3"),
        ("class A:¦\n", '\n    """Text."""\n\n    def b(self):\n        pass'),
        (
            "class A:\n    def b(self):\n        self.c()\n¦\n        self.d = 1\n",
            "\n\nclass E:\n    def f(self):\n        self.g = 2",
        ),
    ],
)
def test_a_definition_behind_the_cursors_block_is_left_out(text: str, said: str) -> None:
    """What begins indented belongs to the block that it stands in, and so does nothing at the margin."""
    assert filled(text, said + MORE) == text.replace("¦", said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os\n\n¦\n\n\nclass D:\n    pass\n", "def one():\n    return 1\n\n\ndef two():\n    return 2"),
        ("class A:\n    ¦\n", "def one(self):\n        return 1\n\n    def two(self):\n        return 2"),
        ("def f():\n¦\n\n    return 2\n", "    return 1\n\n\ndef g(x):"),
    ],
)
def test_a_definition_that_stands_where_the_completion_does_is_kept(text: str, said: str) -> None:
    """Definitions side by side are one text, and so is one whose body the document holds."""
    made = filled(text, said)
    assert made == text.replace("¦", said)
