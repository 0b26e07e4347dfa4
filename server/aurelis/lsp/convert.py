"""Between LSP's types and ours: positions and ranges of a snapshot, and plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

from lsprotocol import types

from aurelis.core.positions import PositionEncoding
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.arguments import Span

DEEPEST: Final = 40
"""How deep plain data may be nested before the rest is shown as text."""


def offset_of(snapshot: Snapshot, line: int, character: int, encoding: PositionEncoding) -> int:
    """The offset of a position, clamped to the document."""
    return snapshot.lines.offset_at(line, character, encoding)


def offsets_of(snapshot: Snapshot, span: Span, encoding: PositionEncoding) -> tuple[int, int]:
    """The offsets of a range."""
    start = offset_of(snapshot, span.start.line, span.start.character, encoding)
    return start, offset_of(snapshot, span.end.line, span.end.character, encoding)


def range_offsets(snapshot: Snapshot, span: types.Range, encoding: PositionEncoding) -> tuple[int, int]:
    """The offsets of an LSP range, put in order."""
    first = offset_of(snapshot, span.start.line, span.start.character, encoding)
    second = offset_of(snapshot, span.end.line, span.end.character, encoding)
    return min(first, second), max(first, second)


def lsp_position(snapshot: Snapshot, offset: int, encoding: PositionEncoding) -> types.Position:
    """The position of an offset."""
    place = snapshot.lines.position_at(offset, encoding)
    return types.Position(place.line, place.character)


def lsp_range(snapshot: Snapshot, start: int, end: int, encoding: PositionEncoding) -> types.Range:
    """The range between two offsets."""
    return types.Range(lsp_position(snapshot, start, encoding), lsp_position(snapshot, end, encoding))


def json_range(span: types.Range) -> dict[str, Any]:
    """A range as plain data."""
    return {
        "start": {"line": span.start.line, "character": span.start.character},
        "end": {"line": span.end.line, "character": span.end.character},
    }


def plain_json(value: Any, depth: int = 0) -> Any:
    """Data that JSON can say: mappings, sequences and numbers; anything else becomes its text."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if depth > DEEPEST:
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain_json(item, depth + 1) for name, item in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        return [plain_json(item, depth + 1) for item in value]
    return str(value)
