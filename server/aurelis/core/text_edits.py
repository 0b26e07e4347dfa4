"""Replacements in a text: applying them, and finding the smallest ones that turn one text into another.

Everything is in offsets of code points of the Python string. Edits of one set do not overlap and all speak of the same
original text, as LSP's `TextEdit`s do.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

import attrs

from aurelis.core.positions import split_lines

_LINE_END: Final = re.compile(r"\r\n|\n|\r")

COMPARED_PAIRS: Final = 40_000
"""The bound on old lines times new lines that difflib is given at once (about 200 by 200); beyond it, and where no line
occurs just once on both sides, the whole block is replaced."""

NESTED_ANCHORS: Final = 6
"""How often a gap between anchors is searched for anchors again."""


@attrs.frozen(order=True)
class TextEdit:
    """Put `new_text` in place of the characters from `start` up to `end`."""

    start: int
    end: int
    new_text: str = attrs.field(repr=False)


@attrs.frozen
class Hunk:
    """Lines `old_start` up to `old_end` of one text stand where `new_start` up to `new_end` stand in another."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def with_line_ending(text: str, eol: str) -> str:
    """The text with every line break spelled as `eol`."""
    if eol == "\n" and "\r" not in text:
        return text
    return _LINE_END.sub(lambda _: eol, text)


def common_prefix_length(first: str, second: str) -> int:
    """How many characters two texts have in common at their start, found by halving."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """The text after all edits; those at one place are inserted in the order given.

    Raises:
        ValueError: when edits overlap or lie outside the text.
    """
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if not at <= edit.start <= edit.end <= len(text):
            raise ValueError("The edits overlap or lie outside the text.")
        parts += (text[at : edit.start], edit.new_text)
        at = edit.end
    return "".join((*parts, text[at:]))


def minimal_edits(old: str, new: str) -> tuple[TextEdit, ...]:
    """Edits that turn `old` into `new`: whole lines compared first, then each changed block trimmed to characters.

    No edit starts or ends between CR and LF, as no editor's position can say that.
    """
    if old == new:
        return ()
    old_lines = split_lines(old)
    new_lines = split_lines(new)
    starts = [0, *accumulate(len(line) for line in old_lines)]
    edits: list[TextEdit] = []
    for hunk in line_hunks(old_lines, new_lines):
        before = old_lines[hunk.old_start : hunk.old_end]
        after = new_lines[hunk.new_start : hunk.new_end]
        start = starts[hunk.old_start]
        if len(before) == len(after):
            for old_line, new_line in zip(before, after, strict=True):
                edits += _trimmed(start, old_line, new_line)
                start += len(old_line)
        else:
            edits += _trimmed(start, "".join(before), "".join(after))
    return tuple(edits)


def line_hunks(old: Sequence[str], new: Sequence[str]) -> list[Hunk]:
    """Where two lists of lines differ, in order; everything between two hunks is the same in both."""
    return _hunks(old, new, 0, 0, NESTED_ANCHORS)


def _hunks(old: Sequence[str], new: Sequence[str], old_at: int, new_at: int, depth: int) -> list[Hunk]:
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old = old[head : len(old) - tail]
    new = new[head : len(new) - tail]
    old_at += head
    new_at += head
    if not old and not new:
        return []
    whole = Hunk(old_at, old_at + len(old), new_at, new_at + len(new))
    if not old or not new:
        return [whole]
    if len(old) * len(new) <= COMPARED_PAIRS:
        from difflib import SequenceMatcher  # noqa: PLC0415 - not at the start, which needs nothing compared

        return [
            Hunk(old_at + a, old_at + b, new_at + c, new_at + d)
            for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
            if tag != "equal"
        ]
    anchors = _anchors(old, new) if depth else []
    if not anchors:
        return [whole]
    found: list[Hunk] = []
    old_from = new_from = 0
    for old_to, new_to in [*anchors, (len(old), len(new))]:
        found += _hunks(old[old_from:old_to], new[new_from:new_to], old_at + old_from, new_at + new_from, depth - 1)
        old_from, new_from = old_to + 1, new_to + 1
    return found


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Lines that occur once on either side, as the longest run that keeps their order (patience sorting)."""
    old_counts = Counter(old)
    new_counts = Counter(new)
    new_index = {line: index for index, line in enumerate(new) if new_counts[line] == 1}
    pairs = [(index, new_index[line]) for index, line in enumerate(old) if old_counts[line] == 1 and line in new_index]
    piles: list[int] = []
    tops: list[int] = []
    previous: list[int] = []
    for number, (_, place) in enumerate(pairs):
        pile = bisect_left(piles, place)
        previous.append(tops[pile - 1] if pile else -1)
        if pile == len(piles):
            piles.append(place)
            tops.append(number)
        else:
            piles[pile] = place
            tops[pile] = number
    chain: list[tuple[int, int]] = []
    number = tops[-1] if tops else -1
    while number >= 0:
        chain.append(pairs[number])
        number = previous[number]
    return chain[::-1]


def _trimmed(start: int, old: str, new: str) -> list[TextEdit]:
    if old == new:
        return []
    head = common_prefix_length(old, new)
    while head and old[head - 1] == "\r" and (old[head : head + 1] == "\n" or new[head : head + 1] == "\n"):
        head -= 1
    tail = min(common_prefix_length(old[::-1], new[::-1]), len(old) - head, len(new) - head)
    while tail and old[-tail] == "\n" and "\r" in {old[-tail - 1 : -tail], new[-tail - 1 : -tail]}:
        tail -= 1
    return [TextEdit(start + head, start + len(old) - tail, new[head : len(new) - tail])]
