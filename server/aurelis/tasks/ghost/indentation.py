"""A completion's lower lines indented as the document is: where they begin, tabs or spaces, how wide a level is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.block_layout import (
    closes_block,
    counts_from_margin,
    is_aligned_at_margin,
    leaves_the_block,
    opens_block,
    wants_deeper,
)
from aurelis.tasks.ghost.directives import is_ended_at_margin
from aurelis.tasks.ghost.hole import COMPARED_LINES, MARKDOWN_LANGUAGES, NEAR_LINES, Hole
from aurelis.tasks.ghost.level_width import WIDTH, level_width, step_counts, step_instead, step_of
from aurelis.tasks.ghost.word_places import leaves_text_open
from aurelis.tasks.replies.brackets import unmatched_closers, unmatched_openers
from aurelis.tasks.replies.layout import indent_of, uses_tabs

LEAST_STEPS: Final = 3
"""Indented blocks near the cursor that must agree on the width of a level before a reply's own is changed."""
_FAR: Final = 2
"""Levels deeper than a line belongs, which no line that goes on is indented by."""
_GOES_ON: Final = ("=", "+", "-", "*", "/", "&", "|", ".", "?", "\\")
_WIDTHS: Final = frozenset({2, 3, 4, 8})
"""Spaces of a level that people use."""


def readings(text: str, hole: Hole) -> list[str]:
    """The text with its lower lines indented as the document is, the likeliest reading first.

    Lower lines may count their indentation from the margin although they belong deeper.
    """
    lines = text.split("\n")
    current = hole.line_before
    base = indent_of(current)
    below = [line for line in lines[1:] if line.strip()]
    # Only a document that mixes them, eight spaces being a tab, is completed so.
    mixed = any(line.startswith("\t") for line in below) and any(line.startswith("  ") for line in below)
    if hole.language_id not in MARKDOWN_LANGUAGES and not mixed:
        if not current and lines[0][:1].isspace():
            lines = _in_the_documents_unit(["", *lines], hole)[1:]
        elif below:
            lines = _in_the_documents_unit(lines, hole)
    if not current.strip() and current:
        first = indent_of(lines[0])
        kept = _missing_indent(first, hole)
        lines[0] = kept + lines[0][len(first) :]
        if first:
            moved = base if not kept else first
            return ["\n".join([lines[0], *(_moved(line, first, moved) for line in lines[1:])])]
    as_it_is = "\n".join(lines)
    if not below or not base or mixed:
        return [as_it_is]
    from_margin = "\n".join([lines[0], *(base + line if line.strip() else line for line in lines[1:])])
    if is_aligned_at_margin(lines, hole) or is_ended_at_margin(lines, hole):
        return [from_margin, as_it_is]
    if min(len(indent_of(line)) for line in lines[1:] if line.strip()) > len(base):
        return [as_it_is]
    if counts_from_margin(lines, hole):
        return [from_margin, as_it_is]
    goes_on = len(indent_of(hole.next_line)) > len(base)
    outside = leaves_the_block(lines, len(base)) and not goes_on
    certain = min(len(indent_of(line)) for line in below) >= len(base) or outside
    return [as_it_is] if certain else [as_it_is, from_margin]


def _missing_indent(first: str, hole: Hole) -> str:
    """What of a first line's indentation belongs behind the blanks that stand before the cursor already.

    Nothing where those are a whole indentation; the rest of one where somebody is still typing it.
    """
    base, said = len(hole.line_before), len(first)
    above = [line for line in hole.before.split("\n")[-NEAR_LINES:-1] if line.strip()]
    around = [*above, *(line for line in hole.after.split("\n")[1:NEAR_LINES] if line.strip())]
    levels = {len(indent_of(line)) for line in around}
    opened = bool(above) and opens_block(above[-1], hole)
    floor = _depth_of_head(above) + 1 if opened else 0
    told = step_of(above, hole.language_id)
    if opened:
        levels.add(floor - 1 + (told or WIDTH))
    whole = base in levels or (told is None and said == base)
    if (whole and base >= floor) or not first:
        return ""
    if base + said in levels and base + said >= floor:
        return first
    return first[base:] if said > base and said in levels and said >= floor else ""


def _depth_of_head(lines: Sequence[str]) -> int:
    """How deep the statement begins whose head ends in the last line, behind brackets that lines above have opened."""
    first = len(lines) - 1
    while first > max(0, len(lines) - COMPARED_LINES) and unmatched_closers("\n".join(lines[first:])):
        first -= 1
    return len(indent_of(lines[first]))


def _moved(line: str, first: str, base: str) -> str:
    """A line whose block's first line is indented by `first`, moved to where that one belongs."""
    if first == base or not line.strip():
        return line
    if line.startswith(first):
        return base + line[len(first) :]
    missing = len(first) - len(indent_of(line))
    return base[: max(0, len(base) - missing)] + line.lstrip(" \t")


def _in_the_documents_unit(lines: Sequence[str], hole: Hole) -> list[str]:
    """The lines with tabs where the document has tabs, spaces where it has spaces, in levels as wide as its own."""
    document = hole.lines_around
    tabs = uses_tabs("\n".join(document))
    said_tabs = any(line.startswith("\t") for line in lines[1:])
    if tabs is False and said_tabs:
        # What looks narrower than the document's levels is a line that goes on, which many styles indent twice.
        told = _width_of_a_tab(lines, hole)
        width = max(told, level_width(hole.steps_around, LEAST_STEPS) or 0) if told else _width_of_a_level(hole)
        return [lines[0], *(_as_spaces(line, width) for line in lines[1:])]
    first = _first_depth(lines[0], hole)
    opened = "" if tabs or lines[0].strip() else hole.line_before.strip()
    said = _outside_texts([" " * first + (opened or lines[0].lstrip(" \t")), *lines[1:NEAR_LINES]])
    if tabs and not said_tabs:
        width = step_of(said, hole.language_id) or WIDTH
        return [lines[0], *(_as_tabs(line, width) for line in lines[1:])]
    if tabs is False and _is_twice_as_deep(lines, hole):
        return [lines[0], *(line[len(indent_of(line)) // 2 :] for line in lines[1:])]
    if tabs is False and not hole.in_words:
        counts = step_counts(said, hole.language_id)
        step = step_instead(counts, hole.steps_around, hole.steps_nearest, LEAST_STEPS)
        if step is not None:
            return _rescaled(lines, len(indent_of(hole.line_before)), *step)
    return list(lines)


def _is_twice_as_deep(lines: Sequence[str], hole: Hole) -> bool:
    """Whether lower lines count from the margin in levels twice as wide, several levels deeper than they can belong."""
    base, level = len(indent_of(hole.line_before)), hole.level_width
    if level is None or hole.in_words or not hole.line_before:
        return False
    depths = [len(indent_of(line)) for line in lines[1:] if line.strip()]
    below = next(line for line in lines[1:] if line.strip())
    above = (hole.line_before + lines[0]).rstrip()
    if above.endswith(_GOES_ON) or (unmatched_openers(above) and not opens_block(above, hole)):
        return False  # What goes on may be aligned.
    belongs = base + level * (wants_deeper(above, hole) - closes_block(below))
    far = depths[0] == 2 * belongs and belongs >= _FAR * level and below.lstrip()[0].isalnum()
    return far and not any(depth % (2 * level) for depth in depths)


def _width_of_a_level(hole: Hole) -> int:
    """How wide a level is in the document, as its shallowest line tells where no block does."""
    depths = {len(indent_of(line)) for line in hole.lines_around if line.strip()}
    return hole.level_width or min(depths & _WIDTHS, default=WIDTH)


def _first_depth(line: str, hole: Hole) -> int:
    """How deep a text's first line stands in the document."""
    typed, said = indent_of(hole.line_before), indent_of(line)
    if hole.line_before.strip():
        return len(typed)
    return len(typed) + len(_missing_indent(said, hole)) if typed else len(said)


def _width_of_a_tab(lines: Sequence[str], hole: Hole) -> int | None:
    """How many spaces a tab stands for, as far as the first lower line tells that no bracket holds, if there is one.

    It is of the cursor's level, of the one below where the line above opens a block, or of the one around if it closes.
    """
    base = len(indent_of(hole.line_before))
    typed = [hole.line_before + lines[0], *(line for line in lines[1:NEAR_LINES] if line.strip())]
    if len(typed) == 1:
        return None
    free = next((at for at in range(1, len(typed)) if not unmatched_openers("\n".join(typed[:at]))), 1)
    level = typed[free].count("\t") - wants_deeper(typed[free - 1], hole) + closes_block(typed[free])
    return base // level if level > 0 and base % level == 0 and base // level in _WIDTHS else None


def _outside_texts(lines: Sequence[str]) -> list[str]:
    """The lines that do not begin within a string or comment of several lines, whose layout is its own."""
    if not any(leaves_text_open(line) for line in lines):
        return list(lines)
    return [line for number, line in enumerate(lines) if not leaves_text_open("\n".join(lines[:number]))]


def _rescaled(lines: Sequence[str], base: int, theirs: int, ours: int) -> list[str]:
    depths = [len(indent_of(line)) for line in lines[1:] if line.strip()]
    start = base if min(depths) >= base else 0
    if any((depth - start) % theirs or depth < start for depth in depths):
        return list(lines)
    return [
        lines[0],
        *(
            " " * (start + (len(indent_of(line)) - start) // theirs * ours) + line.lstrip(" ") if line.strip() else line
            for line in lines[1:]
        ),
    ]


def _as_tabs(line: str, width: int) -> str:
    indent = indent_of(line)
    return "\t" * (len(indent) // width) + " " * (len(indent) % width) + line[len(indent) :]


def _as_spaces(line: str, width: int) -> str:
    indent = indent_of(line)
    return indent.replace("\t", " " * width) + line[len(indent) :]
