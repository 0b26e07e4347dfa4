"""Edits made against one version of a document, moved onto a later one.

An edit follows its lines as long as nobody touched them; as soon as one of them changed, the whole set is refused,
because half an answer is not an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from aurelis.core.positions import LineIndex, split_lines
from aurelis.core.text_edits import TextEdit, line_hunks


def rebase(edits: Sequence[TextEdit], base: str, current: str) -> tuple[TextEdit, ...] | None:
    """The edits for `current`, or None where it changed in a line that an edit touches (a conflict).

    A line is touched when an edit starts or ends in it or replaces it; inserting at a line's start touches that line.
    Line breaks belong to the line that they end.
    """
    if base == current:
        return tuple(edits)
    base_lines = split_lines(base)
    current_lines = split_lines(current)
    base_starts = [0, *accumulate(len(line) for line in base_lines)]
    current_starts = [0, *accumulate(len(line) for line in current_lines)]
    unchanged: list[tuple[int, int, int]] = []
    base_from = current_from = 0
    for hunk in line_hunks(base_lines, current_lines):
        unchanged.append((base_from, hunk.old_start, current_starts[current_from] - base_starts[base_from]))
        base_from, current_from = hunk.old_end, hunk.new_end
    unchanged.append((base_from, len(base_lines), current_starts[current_from] - base_starts[base_from]))
    index = LineIndex(base)
    moved = []
    for edit in edits:
        first = index.line_at(edit.start)
        last = index.line_at(edit.end)
        shift = next((shift for start, end, shift in unchanged if start <= first and last < end), None)
        if shift is None:
            return None
        moved.append(TextEdit(edit.start + shift, edit.end + shift, edit.new_text))
    return tuple(moved)
