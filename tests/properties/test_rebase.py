"""Rebasing is a three-way merge wherever the touched lines did not change."""

from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.rebase import rebase
from aurelis.core.text_edits import TextEdit, apply_edits

COUNT = 8
CHANGES = st.fixed_dictionaries(
    {}, optional={number: st.sampled_from(["", "ours\n", "two\nlines\n"]) for number in range(COUNT)}
)


def _line(number: int) -> str:
    return f"line {number}\n"


def _start(number: int) -> int:
    return sum(len(_line(before)) for before in range(number))


def _merged(theirs: dict[int, str], edited: dict[int, str]) -> str:
    """What both sides want, line by line: unique lines make this the one right answer."""
    return "".join(edited.get(number, theirs.get(number, _line(number))) for number in range(COUNT))


@given(CHANGES, st.dictionaries(st.integers(0, COUNT - 1), st.sampled_from(["", "MODEL\n", "A\nB\n"])))
def test_rebase_equals_a_merge_where_touched_lines_are_unchanged(theirs: dict[int, str], ours: dict[int, str]) -> None:
    """Either the result is the merge of both changes, or it is refused because a touched line changed or went."""
    base = "".join(map(_line, range(COUNT)))
    current = _merged(theirs, {})
    edits = [
        TextEdit(_start(number), _start(number) + len(_line(number)) - 1, text[:-1]) for number, text in ours.items()
    ]
    moved = rebase(edits, base, current)
    if theirs.keys() & ours.keys():
        assert moved is None
    else:
        assert moved is not None
        kept = {number: text or "\n" for number, text in ours.items()}
        assert apply_edits(current, moved) == _merged(theirs, kept)


@given(st.text("ab\r\n", max_size=20), st.text("ab\r\n", max_size=20), st.text("ab\r\n", max_size=20))
def test_rebasing_onto_any_text_never_fails(base: str, new: str, current: str) -> None:
    """Whatever the texts, the edits fit the current one or are refused; onto the same text nothing moves."""
    edits = [TextEdit(0, len(base), new)]
    moved = rebase(edits, base, current)
    if moved is not None:
        apply_edits(current, moved)
    assert rebase(edits, base, base) == tuple(edits)
