"""Lines, positions and offsets."""

import pytest

from aurelis.core.positions import (
    LineBuffer,
    LineIndex,
    Position,
    PositionEncoding,
    content_length,
    offset_to_units,
    split_lines,
    units_to_offset,
)

UTF8, UTF16, UTF32 = PositionEncoding.UTF8, PositionEncoding.UTF16, PositionEncoding.UTF32


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a\n", ""]),
        ("a\r\nb\rc\nd", ["a\r\n", "b\r", "c\n", "d"]),
        ("\r\r\n\n", ["\r", "\r\n", "\n", ""]),
        ("a\x0cb\x0bc\x85d\u2028e\u2029f\x1cg", ["a\x0cb\x0bc\x85d\u2028e\u2029f\x1cg"]),
    ],
)
def test_only_cr_and_lf_end_a_line(text: str, lines: list[str]) -> None:
    """A line ends with CR LF, LF or CR; form feed, NEL and U+2028 stand inside one."""
    assert split_lines(text) == lines
    index = LineIndex(text)
    assert [index.line_text(number) for number in range(index.line_count)] == [
        line[: content_length(line)] for line in lines
    ]


@pytest.mark.parametrize(
    ("line", "units", "encoding", "offset"),
    [
        ("abc", 2, UTF16, 2),
        ("abc", 9, UTF16, 3),
        ("abc", -1, UTF16, 0),
        ("a😀b", 1, UTF16, 1),
        ("a😀b", 2, UTF16, 1),
        ("a😀b", 3, UTF16, 2),
        ("a😀b", 4, UTF16, 3),
        ("a😀b", 9, UTF16, 3),
        ("😀😀", 3, UTF16, 1),
        ("a😀b", 2, UTF8, 1),
        ("a😀b", 4, UTF8, 1),
        ("a😀b", 5, UTF8, 2),
        ("é", 1, UTF8, 0),
        ("é", 2, UTF8, 1),
        ("é", 99, UTF8, 1),
        ("a😀b", 2, UTF32, 2),
        ("e\u0301x", 1, UTF16, 1),
        ("\ud800x", 1, UTF16, 1),
        ("\ud800x", 3, UTF8, 1),
    ],
)
def test_a_character_count_becomes_an_offset(line: str, units: int, encoding: PositionEncoding, offset: int) -> None:
    """Counts are clamped to the line, and one inside a character means the character's start."""
    assert units_to_offset(line, units, encoding) == offset


@pytest.mark.parametrize(
    ("offset", "encoding", "units"), [(2, UTF16, 3), (2, UTF8, 5), (2, UTF32, 2), (3, UTF16, 4), (3, UTF8, 6)]
)
def test_an_offset_becomes_a_character_count(offset: int, encoding: PositionEncoding, units: int) -> None:
    """What stands before an offset is counted in the client's unit."""
    assert offset_to_units("a😀b", offset, encoding) == units


@pytest.mark.parametrize(
    ("line", "character", "offset"),
    [(0, 0, 0), (0, 99, 2), (1, 0, 4), (1, 99, 5), (2, 0, 6), (2, 5, 6), (99, 0, 6), (-1, 5, 0), (1, -3, 4)],
)
@pytest.mark.parametrize("letter", ["b", "ä"])
def test_positions_out_of_range_are_clamped(line: int, character: int, offset: int, letter: str) -> None:
    """Past a line's end is its end before the break, past the document is its end, negative is zero."""
    assert LineIndex(f"ab\r\n{letter}\n").offset_at(line, character) == offset


def test_a_place_within_a_line_break_has_the_position_of_the_line_end() -> None:
    """No position lies between CR and LF."""
    assert LineIndex("ab\r\nc").position_at(3) == Position(0, 2)
    assert LineIndex("äb\r\nc").position_at(99) == Position(1, 1)


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "result"),
    [
        ("ab\ncd", (0, 1), (1, 1), "X", "aXd"),
        ("a\r\nb", (1, 0), (1, 1), "", "a\r\n"),
        ("a\rb", (1, 0), (1, 0), "\n", "a\r\nb"),
        ("ab", (9, 9), (9, 9), "\n", "ab\n"),
        ("a\r\nb\n", (0, 0), (9, 0), "x", "x"),
        ("ab\ncd", (1, 1), (0, 1), "X", "aXd"),
    ],
)
def test_a_buffer_takes_edits_in_positions(
    text: str, start: tuple[int, int], end: tuple[int, int], new: str, result: str
) -> None:
    """Edits replace clamped ranges, and line breaks that come to stand together become one."""
    buffer = LineBuffer(text)
    buffer.replace(Position(*start), Position(*end), new, UTF16)
    assert buffer.text == result
    buffer.replace(Position(0, 0), Position(0, 0), "\n", UTF16)
    assert buffer.text == "\n" + result
