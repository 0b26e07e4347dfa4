"""A reply that is still streaming is looked at where it may be over, and no oftener than its length pays for."""

import random

import pytest

from aurelis.tasks.ghost import growing
from aurelis.tasks.ghost.growing import GROWTH, LOOKS_AT_LINES, GrowingReply
from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.ghost.reading import LONGEST_REPLY, enough
from unit.tasks.ghost_holes import filled, hole_at_mark

METHOD = "class Cart:\n    def total(self, items):\n        ¦\n\n    def clear(self):\n        self.items = []\n"
REPLIES = (
    "return sum(items)\n\n    def clear(self):\n        self.items = []\n\n    def more(self):\n",
    "```python\nreturn sum(items)\n```\nThis adds them up.\n",
    "Sure:\n\n~~~\nreturn sum(items)\n  ~~~",
    "<think>\nWhat is it?\n</think>\nreturn sum(items)\n\ndef other():\n    pass\n",
    "    def total(self, items):\n        return sum(items)\n\n    def clear(self):\n        self.items = []\n    x\n",
    "return 1\rreturn 2\r\nreturn 3\r\n\r\ndef other():\r\n    pass\r\n",
    "x = 1\n" * 30,
)
PIECES = ("(", "]", "{", '"', "'", "`", '"""', "```", "#", "<", "--[[", "\n", "\n", "\n    ", "x = 1", "\r", "def f(")


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("text", [METHOD, METHOD.replace("¦", "x = [¦]")])
def test_a_completion_is_over_where_its_line_is(text: str, reply: str) -> None:
    """Character by character: as if it was looked at after each."""
    hole = hole_at_mark(text)
    growing_reply = GrowingReply(hole)
    ends = range(1, len(reply) + 1)
    first = next((end for end in ends if enough(reply[:end], hole)), None)
    assert next((end for end in ends if growing_reply.is_enough(reply[:end])), None) == first


@pytest.mark.parametrize("seed", range(20))
def test_nonsense_is_over_where_its_line_is(seed: int) -> None:
    """What is as short as completions are is looked at in each line, whatever it is."""
    choose = random.Random(seed)  # noqa: S311 - nothing secret
    reply = "".join(choose.choice(PIECES) for _ in range(LOOKS_AT_LINES))
    hole = hole_at_mark(METHOD)
    growing_reply = GrowingReply(hole)
    for end in range(1, len(reply) + 1):
        over = enough(reply[:end], hole)
        assert growing_reply.is_enough(reply[:end]) is over
        if over:
            break


def test_a_reply_without_end_is_looked_at_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look costs as much as the text is long; all of them together must not cost the square of it."""
    looked_at: list[int] = []

    def never(so_far: str, _hole: Hole) -> bool:
        looked_at.append(len(so_far))
        return False

    monkeypatch.setattr(growing, "enough", never)
    reply = "(\n" * (LONGEST_REPLY // 2)
    growing_reply = GrowingReply(hole_at_mark(METHOD))
    assert not any(growing_reply.is_enough(reply[:end]) for end in range(1, len(reply) + 1))
    assert looked_at[:LOOKS_AT_LINES] == list(range(2, 2 * LOOKS_AT_LINES + 1, 2))
    assert sum(looked_at) < 2 * GROWTH * len(reply)


def test_another_models_reply_is_looked_at_anew() -> None:
    """Where the first model's answer was of no use the second may say the same, and is over at the same place."""
    hole = hole_at_mark(METHOD)
    growing_reply = GrowingReply(hole)
    reply = "```python\nreturn sum(items)\n```"
    for _ in range(2):
        assert not growing_reply.is_enough("x = 1\ny = 2")
        assert growing_reply.is_enough(reply)


def test_lines_above_the_cursor_again_and_again_are_no_completion() -> None:
    """The model has lost its place; nothing is shown."""
    above = "import os\n\n\nclass Cart:\n    def work(self, value):\n        '''Work.'''\n"
    text = f"{above}        x = sum(¦)\n"
    assert filled(text, "        x = sum(" + above * 4) in {text.replace("¦", ""), text.replace("¦", "import os")}
