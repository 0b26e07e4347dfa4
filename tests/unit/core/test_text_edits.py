"""Applying edits and finding the smallest ones."""

import pytest

from aurelis.core.text_edits import TextEdit, apply_edits, common_prefix_length, minimal_edits, with_line_ending


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ("same\n", "same\n", []),
        ("a = 1\nb = 2\n", "a = 1\nb = 3\n", [(10, 11, "3")]),
        ("a\nb\nc\n", "a\nc\n", [(2, 4, "")]),
        ("a\nc\n", "a\nb\nc\n", [(2, 2, "b\n")]),
        ("a\r\nb\r\n", "a\r\nx\r\n", [(3, 4, "x")]),
        ("a\r\n", "a\n", [(1, 3, "\n")]),
        ("a\n", "a\r\n", [(1, 2, "\r\n")]),
        ("one two\nthree\n", "one 2\n3\n", [(4, 7, "2"), (8, 13, "3")]),
        ("", "x", [(0, 0, "x")]),
        ("x", "", [(0, 1, "")]),
    ],
)
def test_the_smallest_edits(old: str, new: str, edits: list[tuple[int, int, str]]) -> None:
    """Lines that stay are not touched, and a changed line only where it differs, never inside CR LF."""
    assert [(edit.start, edit.end, edit.new_text) for edit in minimal_edits(old, new)] == edits


def test_a_few_changes_in_a_long_file_are_a_few_small_edits() -> None:
    """Changes far apart, a moved block among them, do not make the lines between them part of an edit."""
    lines = [f"line {number}\n" for number in range(10_000)]
    changed = [*lines]
    changed[17] = "seventeen\n"
    changed[9_000] = "nine thousand\n"
    moved = changed[:100] + changed[300:5_000] + changed[100:300] + changed[5_000:]
    edits = minimal_edits("".join(lines), "".join(moved))
    assert apply_edits("".join(lines), edits) == "".join(moved)
    assert len(edits) <= 6
    assert sum(edit.end - edit.start + len(edit.new_text) for edit in edits) < 6_000


def test_a_long_file_of_equal_lines_is_compared_in_bounded_time() -> None:
    """Where no line is unique and the block is large, it is replaced as one."""
    old = "x\n" * 10_000
    new = "y\n" + "x\n" * 5_000 + "z\n" + "x\n" * 4_000 + "w\n"
    edits = minimal_edits(old, new)
    assert apply_edits(old, edits) == new
    assert len(edits) == 1


@pytest.mark.parametrize(
    "edits", [[TextEdit(0, 2, ""), TextEdit(1, 3, "")], [TextEdit(2, 9, "")], [TextEdit(2, 1, "")]]
)
def test_edits_that_overlap_or_leave_the_text_are_refused(edits: list[TextEdit]) -> None:
    """Nothing is applied that was not made for the text."""
    with pytest.raises(ValueError, match="overlap or lie outside"):
        apply_edits("abc", edits)


def test_insertions_at_one_place_keep_their_order() -> None:
    """Two insertions at the same offset follow each other as given."""
    assert apply_edits("ab", [TextEdit(1, 1, "x"), TextEdit(1, 1, "y")]) == "axyb"


@pytest.mark.parametrize(
    ("text", "eol", "result"),
    [
        ("a\r\nb\rc\n", "\n", "a\nb\nc\n"),
        ("a\nb", "\r\n", "a\r\nb"),
        ("a\r\nb", "\r\n", "a\r\nb"),
        ("a\x0cb", "\r", "a\x0cb"),
    ],
)
def test_line_endings_are_spelled_alike(text: str, eol: str, result: str) -> None:
    """Every line break takes the wanted form and nothing else changes."""
    assert with_line_ending(text, eol) == result


@pytest.mark.parametrize(("first", "second", "length"), [("", "", 0), ("ab", "ac", 1), ("ab", "ab", 2), ("b", "ab", 0)])
def test_the_common_prefix(first: str, second: str, length: int) -> None:
    """The shared start is found by halving."""
    assert common_prefix_length(first, second) == length
