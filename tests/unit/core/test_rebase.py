"""Moving edits onto a later version of the document."""

import pytest

from aurelis.core.rebase import rebase
from aurelis.core.text_edits import TextEdit, apply_edits

BASE = "one\ntwo\nthree\nfour\n"
TWO = TextEdit(4, 7, "TWO")


@pytest.mark.parametrize(
    ("current", "result"),
    [
        (BASE, "one\nTWO\nthree\nfour\n"),
        ("zero\none\ntwo\nthree\nfour\n", "zero\none\nTWO\nthree\nfour\n"),
        ("two\nthree\nfour\n", "TWO\nthree\nfour\n"),
        ("one!\ntwo\nthree?\nfour\n", "one!\nTWO\nthree?\nfour\n"),
        ("one\ntwo\n", "one\nTWO\n"),
    ],
)
def test_an_edit_follows_its_line(current: str, result: str) -> None:
    """Changes above and below move the edit, or leave it where it is."""
    edits = rebase([TWO], BASE, current)
    assert edits is not None
    assert apply_edits(current, edits) == result


@pytest.mark.parametrize(
    "current", ["one\ntwo!\nthree\nfour\n", "one\nthree\nfour\n", "", "one\r\ntwo\r\nthree\r\nfour\r\n"]
)
def test_a_touched_line_that_changed_is_a_conflict(current: str) -> None:
    """An edit whose line changed, went away or got another ending is refused."""
    assert rebase([TWO], BASE, current) is None


def test_one_conflict_refuses_the_whole_set() -> None:
    """Half an answer is not an answer."""
    assert rebase([TWO, TextEdit(14, 18, "4")], BASE, "zero\none\ntwo\nthree\nFOUR\n") is None


def test_a_line_typed_into_replaced_lines_is_a_conflict() -> None:
    """An edit that spans lines needs all of them as they were, and nothing new between them."""
    assert rebase([TextEdit(4, 13, "2 3")], BASE, "one\ntwo\nnew\nthree\nfour\n") is None


def test_an_insertion_at_the_end_follows_the_end() -> None:
    """The empty line behind the last break is a line too."""
    edits = rebase([TextEdit(len(BASE), len(BASE), "five\n")], BASE, "zero\n" + BASE)
    assert edits is not None
    assert apply_edits("zero\n" + BASE, edits) == "zero\n" + BASE + "five\n"
