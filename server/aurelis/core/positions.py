"""Lines and positions: between what editors count (UTF-8, UTF-16 or UTF-32 units of a line) and Python offsets.

In comes the text of a document, out go offsets and positions. A line ends with CR LF, LF or CR and with nothing else
(LSP 3.18, "Text Documents"): form feed, vertical tab, NEL and U+2028 stand inside a line, which is why `str.splitlines`
is of no use here. Offsets count code points of the Python string; positions out of range are clamped as LSP asks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import StrEnum
from itertools import accumulate, chain
from typing import Final

import attrs

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_CONTINUATION_BYTE_MASK: Final = 0xC0
_CONTINUATION_BYTE: Final = 0x80


class PositionEncoding(StrEnum):
    """The unit in which a client counts characters within a line (LSP's `PositionEncodingKind`)."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@attrs.frozen(order=True)
class Position:
    """A place in a document: line from 0, and units of some encoding from the line's start."""

    line: int
    character: int


def split_lines(text: str) -> list[str]:
    r"""Cut a text into lines that keep their ends; the last has none, and is empty after a final line break.

    There is always at least one line, and joining them gives the text back.
    """
    if "\r" not in text:
        lines = [line + "\n" for line in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        return lines
    lines = []
    start = 0
    for match in _LINE_END.finditer(text):
        lines.append(text[start : match.end()])
        start = match.end()
    lines.append(text[start:])
    return lines


def content_length(line: str) -> int:
    """Length in code points of a line without its line break."""
    if line.endswith("\r\n"):
        return len(line) - 2
    return len(line) - 1 if line.endswith(("\n", "\r")) else len(line)


def units_to_offset(line: str, units: int, encoding: PositionEncoding) -> int:
    """The offset in a line (given without its break) of a character count; clamped, never inside a character."""
    if units <= 0:
        return 0
    if line.isascii() or encoding is PositionEncoding.UTF32:
        return min(units, len(line))
    if encoding is PositionEncoding.UTF16:
        wide = 0
        for match in _ASTRAL.finditer(line):
            at = match.start() + wide
            if at >= units:
                break
            if at + 1 == units:
                return match.start()
            wide += 1
        return min(units - wide, len(line))
    data = line.encode("utf-8", "surrogatepass")
    if units >= len(data):
        return len(line)
    while data[units] & _CONTINUATION_BYTE_MASK == _CONTINUATION_BYTE:
        units -= 1
    return len(data[:units].decode("utf-8", "surrogatepass"))


def offset_to_units(line: str, offset: int, encoding: PositionEncoding) -> int:
    """How many units of an encoding stand in a line before an offset."""
    if line.isascii() or encoding is PositionEncoding.UTF32:
        return min(offset, len(line))
    before = line[:offset]
    if encoding is PositionEncoding.UTF16:
        return len(before) + sum(1 for _ in _ASTRAL.finditer(before))
    return len(before.encode("utf-8", "surrogatepass"))


class LineIndex:
    """Where the lines of one unchanging text start."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = _line_starts(text)

    @property
    def line_count(self) -> int:
        """Number of lines, at least one; a final line break is followed by an empty line."""
        return len(self._starts)

    def line_start(self, line: int) -> int:
        """Offset of a line's first character; the document's end for a line past the last."""
        if line < 0:
            return 0
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def line_end(self, line: int) -> int:
        """Offset of the end of a line's content, before its line break."""
        start = self.line_start(line)
        end = self.next_line_start(line)
        break_at = max(start, end - 2)
        return break_at + content_length(self.text[break_at:end])

    def next_line_start(self, line: int) -> int:
        """Offset behind a line's break, or the document's end."""
        return self.line_start(line + 1)

    def line_text(self, line: int) -> str:
        """A line's content without its line break."""
        return self.text[self.line_start(line) : self.line_end(line)]

    def line_at(self, offset: int) -> int:
        """The line that an offset lies in; the place behind a line break belongs to the next line."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def offset_at(self, line: int, character: int, encoding: PositionEncoding = PositionEncoding.UTF16) -> int:
        """The offset of a position.

        A character past the line's end is its end, a line past the last is the document's end, a negative number is
        zero, and a position inside a character is that character's start.
        """
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        start = self._starts[line]
        end = self.line_end(line)
        if self.text.isascii():
            return min(start + max(character, 0), end)
        return start + units_to_offset(self.text[start:end], character, encoding)

    def position_at(self, offset: int, encoding: PositionEncoding = PositionEncoding.UTF16) -> Position:
        """The position of an offset, clamped to the document and to the content of its line."""
        offset = max(0, min(offset, len(self.text)))
        line = self.line_at(offset)
        start = self._starts[line]
        end = self.line_end(line)
        if self.text.isascii():
            return Position(line, min(offset, end) - start)
        return Position(line, offset_to_units(self.text[start:end], min(offset, end) - start, encoding))


class LineBuffer:
    """A text that is being edited, kept as lines so that one keystroke costs the same in a file of any length.

    `text` joins the lines when it is asked for and keeps the result until the next edit.
    """

    __slots__ = ("_lines", "_text")

    def __init__(self, text: str) -> None:
        self._lines = split_lines(text)
        self._text: str | None = text

    @property
    def text(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = "".join(self._lines)
        return self._text

    def lines(self, first: int, end: int) -> list[str]:
        """The lines from a number up to another one, with their breaks; fewer where the text has fewer."""
        return self._lines[max(0, first) : max(0, end)]

    def replace(self, start: Position, end: Position, new_text: str, encoding: PositionEncoding) -> None:
        """Replace a range given in a client's positions, clamped as `LineIndex.offset_at` does."""
        first, first_offset = self._clamp(min(start, end), encoding)
        last, last_offset = self._clamp(max(start, end), encoding)
        replaced = self._lines[first][:first_offset] + new_text + self._lines[last][last_offset:]
        if first and replaced[:1] == "\n" and self._lines[first - 1].endswith("\r"):
            first -= 1
            replaced = self._lines[first] + replaced
        lines = split_lines(replaced)
        if last + 1 < len(self._lines):
            lines.pop()
        self._lines[first : last + 1] = lines
        self._text = None

    def _clamp(self, position: Position, encoding: PositionEncoding) -> tuple[int, int]:
        if position.line < 0:
            return 0, 0
        if position.line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        line = self._lines[position.line]
        return position.line, units_to_offset(line[: content_length(line)], position.character, encoding)


def _line_starts(text: str) -> list[int]:
    returns = text.count("\r")
    pairs = text.count("\r\n") if returns else 0
    if not returns:
        ends = accumulate(len(line) + 1 for line in text.split("\n"))
    elif returns == pairs == text.count("\n"):
        ends = accumulate(len(line) + 2 for line in text.split("\r\n"))
    else:
        return [0, *(match.end() for match in _LINE_END.finditer(text))]
    starts = list(chain((0,), ends))
    starts.pop()
    return starts
