"""Replies that say what to change instead of giving the new text: search/replace blocks, diffs and patch envelopes.

All are a list of changes "these lines become those"; where the old lines stand is found by their content, because
models count lines badly. What cannot be found, or could be meant in two places, makes the whole reply unusable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import attrs

from aurelis.core.positions import content_length, split_lines
from aurelis.core.snapshot import line_ending
from aurelis.tasks.replies.layout import bare_lines, keep_endings

_SEARCH: Final = re.compile(r"^\s*+<{5,9}\s*+(?:SEARCH|ORIGINAL|HEAD)?\s*+$")
_MIDDLE: Final = re.compile(r"^\s*+={5,9}\s*+$")
_REPLACE: Final = re.compile(r"^\s*+>{5,9}\s*+(?:(?:REPLACE|UPDATED)\b.*)?$")
_HUNK: Final = re.compile(r"^@@(?: -(\d+)(?:,\d+)? \+\d+(?:,\d+)?)? ?@?@?")
_ENVELOPE: Final = re.compile(r"^\*\*\* Begin Patch\s*$", re.MULTILINE)
_UPDATED_FILE: Final = re.compile(r"^\*\*\* Update File: ")
_FILE_HEADER: Final = re.compile(r"^(?:--- |\+\+\+ |diff --git |index [0-9a-f]+\.\.)")
_FORMS: Final[tuple[Callable[[str], str], ...]] = (str, str.rstrip, str.strip)
"""How strictly lines are compared: to the letter first, then without blanks at the end, then without any around."""
MOST_CHANGES: Final = 500
"""The bound on changes of one reply."""


@attrs.frozen
class Change:
    """Old lines and what they become; lines have no line breaks. `line` is where a diff says they are, from 0."""

    old: tuple[str, ...] = attrs.field(repr=False)
    new: tuple[str, ...] = attrs.field(repr=False)
    line: int | None = None


@attrs.define
class _Hunk:
    """A hunk of a diff while it is read."""

    line: int | None
    old: list[str] = attrs.field(factory=list)
    new: list[str] = attrs.field(factory=list)

    def takes(self, line: str) -> bool:
        """Add a line, unless it is none of a hunk's."""
        mark, rest = line[:1], line[1:]
        if mark in {" ", "", "-"}:
            self.old.append(rest)
        if mark in {" ", "", "+"}:
            self.new.append(rest)
        return mark in {" ", "", "-", "+", "\\"}

    def change(self) -> Change:
        """What it says."""
        return Change(tuple(self.old), tuple(self.new), self.line)


def search_replace_blocks(reply: str) -> tuple[Change, ...] | None:
    """The reply's search/replace blocks, or None if it has none; an unfinished block makes it an empty tuple."""
    changes: list[Change] = []
    old: list[str] = []
    new: list[str] = []
    side: list[str] | None = None
    for line in bare_lines(reply):
        if side is None:
            if _SEARCH.match(line):
                old, new = [], []
                side = old
        elif side is old and _MIDDLE.match(line):
            side = new
        elif side is new and _REPLACE.match(line):
            changes.append(Change(tuple(old), tuple(new)))
            side = None
        else:
            side.append(line)
    if side is not None:
        return ()
    return tuple(changes[:MOST_CHANGES]) or None


def is_patch_envelope(text: str) -> bool:
    """Whether a text is a patch between `*** Begin Patch` and `*** End Patch`, as some models are trained to write."""
    return _ENVELOPE.search(text) is not None


def unified_diff(text: str, *, headless: bool = False) -> tuple[Change, ...] | None:
    """The hunks of a unified diff or of a patch envelope, or None if the text is none.

    `headless` takes lines before the first `@@` for a hunk too, as many models leave that line out.
    """
    changes: list[Change] = []
    hunk = _Hunk(None) if headless else None
    for line in bare_lines(text):
        begun = _begun(line)
        if begun is None and not _begins_file(line, inside=hunk is not None) and (hunk is None or hunk.takes(line)):
            continue
        if hunk is not None and hunk.old != hunk.new:
            changes.append(hunk.change())
        hunk = _Hunk(None) if begun is None and headless and not changes else begun
    if hunk is not None and hunk.old != hunk.new:
        changes.append(hunk.change())
    return tuple(changes[:MOST_CHANGES]) or None


def apply_changes(
    text: str, changes: Sequence[Change], first_line: int = 0, last_line: int | None = None
) -> str | None:
    """The text after all changes, each found within the given lines or else anywhere; None if one has no one place."""
    lines = split_lines(text)
    contents = [line[: content_length(line)] for line in lines]
    last = len(contents) if last_line is None else last_line
    eol = line_ending(text)
    shapes = [[form(line) for line in contents] for form in _FORMS]
    taken: list[tuple[int, int, list[str]]] = []
    for change in changes:
        found = _find(shapes, change, first_line, last)
        if found is None:
            return None
        at, indent = found
        old, new = _trim_blank_context(change)
        taken.append((at, at + len(old), _indented(new, indent)))
    taken.sort(key=lambda item: item[:2])
    if any(second[0] < first[1] for first, second in pairwise(taken)):
        return None
    for start, end, new_lines in reversed(taken):
        lines[start:end] = [keep_endings("".join(lines[start:end]), new_lines, eol)]
    return "".join(lines)


def _find(shapes: list[list[str]], change: Change, first: int, last: int) -> tuple[int, tuple[str, str]] | None:
    """Where the old lines stand, and how the change's indentation becomes the text's."""
    old, new = _trim_blank_context(change)
    if not any(line.strip() for line in old):
        return None
    head = _shared_start(old, new)
    tail = _shared_start(old[head:][::-1], new[head:][::-1])
    contents = shapes[0]
    for form, shaped in zip(_FORMS, shapes, strict=True):
        wanted = [form(line) for line in old]
        places = [
            at
            for at in range(len(shaped) - len(wanted) + 1)
            if shaped[at] == wanted[0] and shaped[at : at + len(wanted)] == wanted
        ]
        inside = [at for at in places if first <= at and at + len(wanted) <= last]
        changing = [at for at in places if first <= at + head and at + len(wanted) - tail <= last]
        chosen = inside or changing or places
        if len(chosen) > 1 and change.line is not None:
            stated = change.line
            chosen = sorted(chosen, key=lambda at: abs(at - stated))
            if abs(chosen[0] - stated) < abs(chosen[1] - stated):
                chosen = chosen[:1]
        if len(chosen) == 1:
            at = chosen[0]
            index = next(index for index, line in enumerate(old) if line.strip())
            return at, (_indent(old[index]), _indent(contents[at + index]))
        if chosen:
            return None
    return None


def _trim_blank_context(change: Change) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The change without blank lines that both sides begin or end with: models add and lose those."""
    old, new = change.old, change.new
    while old and new and not old[0].strip() and not new[0].strip():
        old, new = old[1:], new[1:]
    while old and new and not old[-1].strip() and not new[-1].strip():
        old, new = old[:-1], new[:-1]
    return old, new


def _shared_start(one: Sequence[str], other: Sequence[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _indented(lines: Sequence[str], indent: tuple[str, str]) -> list[str]:
    said, actual = indent
    if said == actual:
        return list(lines)
    return [actual + line[len(said) :] if line.startswith(said) and line.strip() else line for line in lines]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _begun(line: str) -> _Hunk | None:
    """The hunk that a line begins; in a patch envelope the first one of a file may go without a header."""
    header = _HUNK.match(line)
    if header is not None:
        return _Hunk(int(header.group(1)) - 1 if header.group(1) else None)
    return _Hunk(None) if _UPDATED_FILE.match(line) else None


def _begins_file(line: str, *, inside: bool) -> bool:
    """Whether a line heads the diff of a file; within a hunk a removed `-- x` looks like a header and is none."""
    if not _FILE_HEADER.match(line):
        return False
    if inside and line.startswith(("--- ", "+++ ")):
        return bool(re.match(r"^(?:---|\+\+\+) (?:[ab]/|/dev/null|\S+$)", line))
    return True
