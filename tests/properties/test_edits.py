"""Edits give the text that they were made for."""

from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.positions import LineIndex, PositionEncoding
from aurelis.core.text_edits import apply_edits, minimal_edits

LINES = st.lists(st.sampled_from(["", "a", "b", "    c", "é😀", "same", "\x0c"]), max_size=12)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
TEXTS = st.builds(lambda lines, eol: eol.join(lines), LINES, ENDS) | st.text(
    st.sampled_from("ab\r\n😀\u0301 "), max_size=30
)


@given(TEXTS, TEXTS)
def test_minimal_edits_give_the_new_text(old: str, new: str) -> None:
    """Applied, the edits turn one text into the other, whatever the two are."""
    assert apply_edits(old, minimal_edits(old, new)) == new


@given(TEXTS, TEXTS, st.sampled_from(PositionEncoding))
def test_every_edit_can_be_said_in_positions(old: str, new: str, encoding: PositionEncoding) -> None:
    """No edit starts or ends where no position is: inside CR LF or inside a character."""
    index = LineIndex(old)
    for edit in minimal_edits(old, new):
        for offset in (edit.start, edit.end):
            position = index.position_at(offset, encoding)
            assert index.offset_at(position.line, position.character, encoding) == offset


@given(TEXTS, TEXTS)
def test_equal_ends_are_left_alone(old: str, new: str) -> None:
    """Lines that are equal at the start and the end of both texts belong to no edit."""
    shared = "head 1\nhead 2\n"
    tail = "\ntail 1\ntail 2\n"
    edits = minimal_edits(shared + old + tail, shared + new + tail)
    assert all(edit.start >= len(shared) - 1 for edit in edits)
    assert all(edit.end <= len(shared + old) + 1 for edit in edits)
