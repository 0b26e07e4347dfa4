"""Lines of code, and fitting those that a model wrote to their place: indentation, blank lines around, line endings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import gcd
from typing import Final

from aurelis.core.positions import content_length, split_lines
from aurelis.core.text_edits import Hunk, line_hunks

_INDENT: Final = re.compile(r"[ \t]*")
_SAMPLED_LINES: Final = 2_000


def bare_lines(text: str) -> list[str]:
    """Lines without their breaks; no empty one after a final break."""
    lines = [line[: content_length(line)] for line in split_lines(text)]
    if not lines[-1]:
        lines.pop()
    return lines


def blank_count(lines: Sequence[str]) -> int:
    """How many blank lines there are before the first that is not."""
    return next((index for index, line in enumerate(lines) if line.strip()), len(lines))


def first_line(text: str) -> str:
    """The first line that is not blank; nothing where there is none."""
    return next((line for line in text.split("\n") if line.strip()), "")


def stripped(lines: list[str]) -> list[str]:
    """The lines without the blank ones at either end."""
    first = blank_count(lines)
    last = len(lines) - blank_count(lines[::-1])
    return lines[first:last]


def indent_of(line: str) -> str:
    """The blanks that a line starts with."""
    match = _INDENT.match(line)
    return match.group() if match else ""


def first_indent(lines: Sequence[str]) -> str:
    """The indentation of the first line that is not blank."""
    return next((indent_of(line) for line in lines if line.strip()), "")


def uses_tabs(text: str) -> bool | None:
    """Whether a text indents by tabs alone or by spaces alone; None where it mixes them or does not indent."""
    tabs = text.startswith("\t") or "\n\t" in text
    spaces = text.startswith("  ") or "\n  " in text
    return tabs if tabs != spaces else None


def indent_width(lines: Sequence[str]) -> int:
    """The number of spaces of one level, as far as the lines tell; 4 where they do not."""
    steps = [len(indent_of(line)) for line in lines[:_SAMPLED_LINES] if line.startswith("  ") and line.strip()]
    width = gcd(*steps) if steps else 4
    return width if width > 1 else 4


def reindented(lines: Sequence[str], wanted: str, document: str, old: Sequence[str] = ()) -> list[str]:
    """The lines (without breaks) moved so that the first one that is not blank is indented as wanted.

    Spaces become tabs where the document indents by tabs, and the other way round; in one that does both, the lines
    that are replaced decide, or the place. Lines of `old` that are still exactly as they were stay (`#ifdef` at the
    margin, lines of text).
    """
    tabs = _uses_tabs_here(document, old, wanted)
    if tabs is not None and uses_tabs("\n".join(lines)) is not tabs:
        lines = [
            _converted(line, tabs=tabs, width=indent_width(lines if tabs else document.split("\n"))) for line in lines
        ]
    present = first_indent(lines)
    if present == wanted:
        return list(lines)
    kept = _kept_lines(old, lines)
    moved = []
    for number, line in enumerate(lines):
        if number in kept:
            moved.append(line)
        elif not line.strip():
            moved.append("" if not line.strip(" \t") else line)
        elif line.startswith(present):
            moved.append(wanted + line[len(present) :])
        else:
            missing = len(present) - len(indent_of(line))
            moved.append(wanted[: max(0, len(wanted) - missing)] + line.lstrip(" \t"))
    return moved


def _uses_tabs_here(document: str, old: Sequence[str], wanted: str) -> bool | None:
    """What the document does, else the old lines, or without any the place; None where that does not tell."""
    tabs = uses_tabs(document)
    return tabs if tabs is not None else uses_tabs("\n".join(old) if old else wanted)


def keep_endings(old: str, new_lines: Sequence[str], eol: str) -> str:
    """The new lines with line breaks: a line that stood in `old`, or takes the place of one, keeps its break.

    Further lines get `eol`, and the last one ends as the old text's last line does.
    """
    old_lines = split_lines(old)
    if not old_lines[-1]:
        old_lines.pop()
    contents = [line[: content_length(line)] for line in old_lines]
    endings = [eol] * len(new_lines)
    old_at = new_at = 0
    hunks = line_hunks(contents, new_lines)
    for hunk in hunks:
        while new_at < hunk.new_end and old_at < hunk.old_end:
            endings[new_at] = old_lines[old_at][len(contents[old_at]) :] or eol
            old_at, new_at = old_at + 1, new_at + 1
        old_at, new_at = hunk.old_end, hunk.new_end
    while new_at < len(new_lines) and old_at < len(old_lines):
        endings[new_at] = old_lines[old_at][len(contents[old_at]) :] or eol
        old_at, new_at = old_at + 1, new_at + 1
    if endings and old_lines and not old_lines[-1].endswith(("\n", "\r")):
        endings[-1] = ""
    return "".join(line + ending for line, ending in zip(new_lines, endings, strict=True))


def shared_lines(first: Sequence[str], second: Sequence[str]) -> float:
    """The share of the first text's lines that are not blank and stand in the second; 0..1."""
    wanted = [line.strip() for line in first if line.strip()]
    given = [line.strip() for line in second if line.strip()]
    if not wanted or not given:
        return 0.0
    return (Counter(wanted) & Counter(given)).total() / len(wanted)


def _kept_lines(old: Sequence[str], lines: Sequence[str]) -> frozenset[int]:
    """The numbers of lines that, aligned without regard to indentation, are the old ones to the letter."""
    kept = []
    old_at = new_at = 0
    hunks = line_hunks([line.strip() for line in old], [line.strip() for line in lines])
    for hunk in [*hunks, Hunk(len(old), len(old), len(lines), len(lines))]:
        while new_at < hunk.new_start and old_at < len(old):
            if old[old_at] == lines[new_at]:
                kept.append(new_at)
            old_at, new_at = old_at + 1, new_at + 1
        old_at, new_at = hunk.old_end, hunk.new_end
    return frozenset(kept)


def _converted(line: str, *, tabs: bool, width: int) -> str:
    indent = indent_of(line)
    if tabs and " " in indent:
        columns = len(indent.expandtabs(width))
        return "\t" * (columns // width) + " " * (columns % width) + line[len(indent) :]
    if not tabs and "\t" in indent:
        return indent.expandtabs(width) + line[len(indent) :]
    return line
