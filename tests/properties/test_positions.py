"""Positions and offsets agree for any text, cursor and encoding."""

from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.positions import LineBuffer, LineIndex, Position, PositionEncoding, split_lines

TEXTS = st.text(st.sampled_from("ab \t\r\n\x0c\x85\u2028é漢😀\u0301\ud83d\ude00"), max_size=40)
ENCODINGS = st.sampled_from(PositionEncoding)
PLACES = st.builds(Position, st.integers(-2, 12), st.integers(-2, 30))


def _units(text: str, encoding: PositionEncoding) -> int:
    """An independent count: the length of the encoded text in units."""
    if encoding is PositionEncoding.UTF32:
        return len(text)
    if encoding is PositionEncoding.UTF8:
        return sum(len(character.encode("utf-8", "surrogatepass")) for character in text)
    return sum(1 + (ord(character) > 0xFFFF) for character in text)


@given(TEXTS, ENCODINGS)
def test_every_offset_survives_the_way_to_a_position_and_back(text: str, encoding: PositionEncoding) -> None:
    """Only the place between CR and LF has no position of its own: it becomes the line's end."""
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        position = index.position_at(offset, encoding)
        expected = offset - 1 if text[max(0, offset - 1) : offset + 1] == "\r\n" else offset
        assert index.offset_at(position.line, position.character, encoding) == expected
        assert position.character == _units(text[index.line_start(position.line) : expected], encoding)


@given(TEXTS, ENCODINGS, PLACES)
def test_any_position_is_a_place_in_its_line(text: str, encoding: PositionEncoding, place: Position) -> None:
    """A clamped position lies within the content of the line that it names, or at the document's ends."""
    index = LineIndex(text)
    offset = index.offset_at(place.line, place.character, encoding)
    assert 0 <= offset <= len(text)
    if 0 <= place.line < index.line_count:
        assert index.line_start(place.line) <= offset <= index.line_end(place.line)


@given(TEXTS)
def test_lines_join_to_the_text(text: str) -> None:
    """Splitting loses nothing, and the index has a start for each line."""
    lines = split_lines(text)
    assert "".join(lines) == text
    assert LineIndex(text).line_count == len(lines)


@given(TEXTS, st.lists(st.tuples(PLACES, PLACES, TEXTS), max_size=5), ENCODINGS)
def test_a_buffer_equals_the_text_that_is_spliced(
    text: str, edits: list[tuple[Position, Position, str]], encoding: PositionEncoding
) -> None:
    """However edits follow each other, the buffer holds what splicing the whole text gives."""
    buffer = LineBuffer(text)
    for one, other, new_text in edits:
        index = LineIndex(text)
        start, end = sorted(
            (index.offset_at(one.line, one.character, encoding), index.offset_at(other.line, other.character, encoding))
        )
        text = text[:start] + new_text + text[end:]
        buffer.replace(one, other, new_text, encoding)
    assert buffer.text == text
