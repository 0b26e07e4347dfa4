"""From what a person selected to the whole lines that a task works on."""

from __future__ import annotations

import attrs

from aurelis.core.positions import LineIndex
from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import SyntaxTree
from aurelis.syntax.scopes import enclosing_definition


@attrs.frozen
class Region:
    """Whole lines of a document by offsets: `end` lies behind the last line's break, or at the document's end."""

    start: int
    end: int

    def text(self, document: str) -> str:
        """The region's lines."""
        return document[self.start : self.end]


def whole_lines(index: LineIndex, start: int, end: int) -> Region:
    """The lines that a range means; an end at the start of a line excludes that line, unless the range is empty."""
    start, end = sorted((max(0, min(start, len(index.text))), max(0, min(end, len(index.text)))))
    first = index.line_at(start)
    last = index.line_at(end)
    if last > first and end == index.line_start(last):
        last -= 1
    return Region(index.line_start(first), index.next_line_start(last))


def whole_document(snapshot: Snapshot) -> Region:
    """All lines."""
    return Region(0, len(snapshot.text))


def region_of(
    snapshot: Snapshot, tree: SyntaxTree | None, selection: tuple[int, int] | None, position: int | None
) -> Region:
    """What a task works on: the selected lines, else the definition around the position, else the whole document.

    A selection that lies within one line and selects no more than a word of a definition's first line still means
    that line; widening it is the caller's affair.
    """
    if selection is not None:
        return whole_lines(snapshot.lines, *selection)
    if position is not None and tree is not None:
        around = enclosing_definition(tree, position)
        if around is not None:
            return whole_lines(snapshot.lines, around.start, around.end)
    return whole_document(snapshot)


def line_range(index: LineIndex, region: Region) -> tuple[int, int]:
    """First and last line of a region, counted from 1 as people do."""
    last = index.line_at(max(region.start, region.end - 1))
    return index.line_at(region.start) + 1, last + 1
