"""Replies that say what to change instead of giving the new text: search/replace blocks and unified diffs.

Both are a list of changes "these lines become those"; where the old lines stand is found by their content, because
models count lines badly. What cannot be found, or could be meant in two places, makes the whole reply unusable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import attrs

from aurelis.core.positions import content_length, split_lines

_SEARCH: Final = re.compile(r"^\s*+<{5,9}\s*+(?:SEARCH|ORIGINAL|HEAD)?\s*+$")
_MIDDLE: Final = re.compile(r"^\s*+={5,9}\s*+$")
_REPLACE: Final = re.compile(r"^\s*+>{5,9}\s*+(?:(?:REPLACE|UPDATED)\b.*)?$")
_HUNK: Final = re.compile(r"^@@(?: -(\d+)(?:,\d+)? \+\d+(?:,\d+)?)? ?@?@?")
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


def search_replace_blocks(reply: str) -> tuple[Change, ...] | None:
    """The reply's search/replace blocks, or None if it has none; an unfinished block makes it an empty tuple."""
    changes: list[Change] = []
    old: list[str] = []
    new: list[str] = []
    side: list[str] | None = None
    for line in _bare_lines(reply):
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


def unified_diff(text: str) -> tuple[Change, ...] | None:
    """The hunks of a unified diff, or None if the text is none."""
    changes: list[Change] = []
    old: list[str] = []
    new: list[str] = []
    line_number: int | None = None
    inside = False

    def finish() -> None:
        if inside and old != new:
            changes.append(Change(tuple(old), tuple(new), line_number))

    for line in _bare_lines(text):
        header = _HUNK.match(line)
        if header:
            finish()
            old, new, inside = [], [], True
            line_number = int(header.group(1)) - 1 if header.group(1) else None
        elif _FILE_HEADER.match(line) and not (inside and (line.startswith(("--- ", "+++ ")) and not _is_header(line))):
            finish()
            inside = False
        elif inside and not line.startswith("\\"):
            mark, rest = line[:1], line[1:]
            if mark in {" ", ""}:
                old.append(rest)
                new.append(rest)
            elif mark == "-":
                old.append(rest)
            elif mark == "+":
                new.append(rest)
            else:
                finish()
                inside = False
    finish()
    return tuple(changes[:MOST_CHANGES]) or None


def apply_changes(
    text: str, changes: Sequence[Change], first_line: int = 0, last_line: int | None = None
) -> str | None:
    """The text after all changes, each found within the given lines or else anywhere; None if one has no one place."""
    lines = split_lines(text)
    contents = [line[: content_length(line)] for line in lines]
    last = len(contents) if last_line is None else last_line
    eol = next((line[content_length(line) :] for line in lines if line[content_length(line) :]), "\n")
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
        ended = [line + eol for line in new_lines]
        if end >= len(lines) and ended and not lines[-1].endswith(("\n", "\r")):
            ended[-1] = new_lines[-1]
        lines[start:end] = ended
    return "".join(lines)


def _find(shapes: list[list[str]], change: Change, first: int, last: int) -> tuple[int, tuple[str, str]] | None:
    """Where the old lines stand, and how the change's indentation becomes the text's."""
    old, _ = _trim_blank_context(change)
    if not any(line.strip() for line in old):
        return None
    contents = shapes[0]
    for form, shaped in zip(_FORMS, shapes, strict=True):
        wanted = [form(line) for line in old]
        places = [
            at
            for at in range(len(shaped) - len(wanted) + 1)
            if shaped[at] == wanted[0] and shaped[at : at + len(wanted)] == wanted
        ]
        inside = [at for at in places if first <= at and at + len(wanted) <= last]
        touching = [at for at in places if at < last and first < at + len(wanted)]
        chosen = inside or touching or places
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


def _indented(lines: Sequence[str], indent: tuple[str, str]) -> list[str]:
    said, actual = indent
    if said == actual:
        return list(lines)
    return [actual + line[len(said) :] if line.startswith(said) and line.strip() else line for line in lines]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _is_header(line: str) -> bool:
    return bool(re.match(r"^(?:---|\+\+\+) (?:[ab]/|/dev/null|\S+$)", line))


def _bare_lines(text: str) -> list[str]:
    lines = [line[: content_length(line)] for line in split_lines(text)]
    if lines and not lines[-1]:
        lines.pop()
    return lines
