"""Where the block ends that a completion stands in: at a line that belongs to what is around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.block_layout import closes_block, leads_to_name, opens_block
from aurelis.tasks.ghost.directives import ends_own_directive
from aurelis.tasks.ghost.hole import BRACKETS_CLOSE, PROSE_LANGUAGES, Hole
from aurelis.tasks.ghost.word_places import in_one_line_string
from aurelis.tasks.replies.brackets import CLOSERS, OPENER_OF, unmatched_closers, unmatched_openers
from aurelis.tasks.replies.layout import indent_of

_BLOCK_OPENERS: Final = (":", "{")
_CALL_CLOSERS: Final = frozenset(")]")
_CALL_OPENERS: Final = frozenset("([")


def within_block(lines: Sequence[str], hole: Hole, *, more_may_come: bool = False) -> list[str]:
    """The lines up to one that belongs to what is around the block; within brackets and strings none does."""
    cursor, base = len(indent_of(hole.line_before)), hole.block_depth
    within_line = hole.line_before.endswith(":") and bool(lines[0][:1].strip())
    within_line = within_line or bool(unmatched_closers(lines[0])) or in_one_line_string(hole)
    opened = _opens(hole.line_before, hole) and not within_line
    begun = bool(hole.line_before.strip()) and (bool(lines[0].strip()) or opened)
    prose = hole.language_id in PROSE_LANGUAGES
    if _leads_to_next_line(lines, base, hole, more_may_come=more_may_come):
        return list(lines)
    for number, line in enumerate(lines):
        if not number or not line.strip():
            continue
        if ends_own_directive(line, lines[:number], hole):
            continue  # Nothing else ends what the document or the completion has begun.
        depth = len(indent_of(line))
        goes_on = line.lstrip()[0] in CLOSERS or _continues(line, hole)
        behind = _base_behind(lines, number, base, hole)
        if behind is not None:
            base = behind
            continue
        if line.lstrip()[0] in _CALL_CLOSERS and _CALL_OPENERS & set(unmatched_openers(hole.before)):
            opens = _opens(line.rstrip(), hole)
            if not opens and not unmatched_openers("\n".join(lines[:number])) and not unmatched_closers(lines[0]):
                return list(lines[: number + 1])
            continue
        apart = not lines[number - 1].strip() or opened
        another = begun and depth == cursor and not goes_on and apart
        over = not base and base < cursor and apart
        if (depth < base or another or over) and (
            prose or not unmatched_openers(hole.line_before + "\n".join(lines[:number]))
        ):
            return list(lines[:number])
    return list(lines)


def _opens(line: str, hole: Hole) -> bool:
    return line.endswith(_BLOCK_OPENERS) and not leads_to_name(line, hole)


def _base_behind(lines: Sequence[str], number: int, base: int, hole: Hole) -> int | None:
    """How deep the block is that goes on behind a line, if that closes one around the cursor's which needs it."""
    depth = len(indent_of(lines[number]))
    if depth < base and _is_wanted(lines[number], hole):
        return base if _goes_on_at(depth, hole) else depth
    closes = depth < len(indent_of(hole.line_before)) and _closes_what_is_open(lines, number, hole)
    return min(base, depth) if closes else None


def _closes_what_is_open(lines: Sequence[str], number: int, hole: Hole) -> bool:
    """Whether a line closes a block that is open above it and that nothing below the cursor closes: a namespace."""
    if hole.language_id not in BRACKETS_CLOSE or not lines[number].lstrip().startswith("}") or hole.line_after.strip():
        return False
    own = "\n".join(lines[:number])
    return unmatched_openers(hole.near_before + own + hole.near_after).endswith("{")


def _leads_to_next_line(lines: Sequence[str], base: int, hole: Hole, *, more_may_come: bool) -> bool:
    """Whether the document's next line stands in the block that the last line opens.

    While more may come, whether a line outside the cursor's block may still lead there.
    """
    depth = len(indent_of(hole.next_line))
    if more_may_come:
        outside = [line for line in lines[1:] if line.strip() and len(indent_of(line)) < base]
        return bool(outside) and depth > min(len(indent_of(line)) for line in outside)
    last = next((line for line in reversed(lines) if line.strip()), "")
    return len(lines) > 1 and depth > len(indent_of(last)) and opens_block(last, hole)


def _goes_on_at(depth: int, hole: Hole) -> bool:
    """Whether the document goes on at a depth or deeper than it."""
    return bool(hole.next_line) and len(indent_of(hole.next_line)) >= depth


def _is_wanted(line: str, hole: Hole) -> bool:
    """Whether a line closes a block around the cursor's that nothing below the cursor closes.

    The indentation tells: what stands below is less indented, or as much and closes nothing. Where it is deeper, as
    below half a statement, the brackets tell that the document leaves open.
    """
    if not closes_block(line) or hole.line_after.strip():
        return False
    below = hole.next_line
    if not below:
        return True
    depth, own = len(indent_of(below)), len(indent_of(line))
    if depth > own:
        return hole.left_open.endswith(OPENER_OF.get(line.lstrip()[0], "none"))
    return depth < own or not closes_block(below)


def _continues(line: str, hole: Hole) -> bool:
    """Whether a line goes on with the statement above it."""
    first = line.split(None, 1)[0].rstrip(":({")
    return hole.line_before.rstrip().endswith((":", "{")) and first in {"else", "elif", "except", "finally", "catch"}
