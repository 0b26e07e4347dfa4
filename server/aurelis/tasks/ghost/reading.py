"""Ghost text: from what a model said to the text that belongs at the cursor, or nothing.

Models asked for a completion fence it, introduce it, repeat what stands before the cursor, run on into what stands
behind it, lose the indentation and close brackets that are closed already. Which of it is noise cannot always be seen
from the words alone, so each step gives its readings, the likeliest first, and a later one is taken only where the
document is the better for it. Text that only looks like noise stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import itemgetter
from typing import Final

from aurelis.core.text_edits import with_line_ending
from aurelis.tasks.ghost import echo, first_blank, indentation, wrapping
from aurelis.tasks.ghost.block_layout import closes_block
from aurelis.tasks.ghost.damage import NO_DAMAGE, Damage, damage
from aurelis.tasks.ghost.ending import before_next_lines, before_repetition, bounded, closes_its_own
from aurelis.tasks.ghost.fitting import fits
from aurelis.tasks.ghost.hole import PROSE_LANGUAGES, GhostText, Hole
from aurelis.tasks.ghost.line_break import goes_on, says_what_is_below, with_line_break, without_line_break
from aurelis.tasks.ghost.overrun import before_definition
from aurelis.tasks.ghost.sentences import introduces
from aurelis.tasks.ghost.word_places import sentences_are_no_text
from aurelis.tasks.replies.fences import fenced_blocks, without_thinking
from aurelis.tasks.replies.layout import first_line

LONGEST_REPLY: Final = 20_000
"""Characters of a reply that are looked at, reasoning apart; no completion is as long."""
MOST_READINGS: Final = 12
"""Readings that are tried in the document."""
_THINKING: Final = frozenset({"<think>", "<thinki", "<reason"})
_WRAPPERS: Final = ("```markdown", "```md", "```text", "````")
"""Fences that are around a piece of prose, not in it."""
MOST_INTRODUCTION: Final = 4
"""Lines that have come before a line that may introduce the completion is taken for part of it."""


def ghost_text(reply: str, hole: Hole) -> GhostText | None:
    """The item for a finished reply, or None where nothing is left of it."""
    readings = islice(_readings(without_thinking(reply)[:LONGEST_REPLY], hole), MOST_READINGS)
    first = next(readings, None)
    if first is None:
        return None
    second = next(readings, None)
    text, covered = first if second is None else _least_damaging(chain((first, second), readings), hole)
    if not text.strip() or text == hole.line_after[:covered]:
        return None
    cursor = len(hole.prefix)
    return GhostText(cursor, cursor + covered, with_line_ending(text, hole.eol))


def _least_damaging(tried: Iterable[tuple[str, int]], hole: Hole) -> tuple[str, int]:
    """The first of the readings that do the least damage; the first that does none ends the search."""
    found: list[tuple[Damage, tuple[str, int]]] = []
    for one in tried:
        found.append((damage(with_line_ending(one[0], hole.eol), one[1], hole), one))
        if found[-1][0] == NO_DAMAGE:
            break
    return min(found, key=itemgetter(0))[1]


def _readings(reply: str, hole: Hole) -> Iterator[tuple[str, int]]:
    """The texts that the reply may mean, and how many characters behind the cursor each replaces."""
    seen = set()
    for unwrapped in wrapping.readings(reply, hole):
        if says_what_is_below(unwrapped, hole):
            return
        for number, rest in enumerate(echo.readings(unwrapped, hole)):
            if not rest.strip() and not number:
                return
            for ended in (ended for spaced in first_blank.readings(rest, hole) for ended in _placed(spaced, hole)):
                for fitted, covered in fits(ended, hole):
                    one = fitted if hole.line_after[covered:].strip() else fitted.rstrip(" \t\n"), covered
                    if one not in seen:
                        seen.add(one)
                        yield one


def _placed(rest: str, hole: Hole) -> Iterator[str]:
    """The text up to its end, with the line break before it and without."""
    broken = with_line_break(rest, hole)
    joined = without_line_break(broken, hole)
    if joined is None:
        yield from _ended(broken, hole)
        return
    if goes_on(broken, hole):
        yield from _ended(joined, hole)
        yield from _ended(broken, hole)
        return
    # Where the line break leads out of the block there is nothing to say, unless the document is better for it.
    yield from list(_ended(broken, hole)) or [""]
    yield from _ended(joined, hole)


def _ended(text: str, hole: Hole) -> Iterator[str]:
    """The text up to its end: the document's next lines, a definition that nobody asked for, the end of the block."""
    whole = text.split("\n")
    lines = before_next_lines(whole, hole) if hole.multiline else whole[:1]
    drifting = before_next_lines(lines, hole, drifting=hole.multiline)
    texts = dict.fromkeys(("\n".join(lines), "\n".join(drifting)))
    possible: list[str] = []
    for one in texts:
        placed = indentation.readings(one, hole)[0]
        stops, certain = before_definition(one.split("\n"), placed.split("\n"), hole)
        shorter = ["\n".join(stop).rstrip() for stop in stops]
        for ended in [*shorter, one] if certain else [one]:
            yield from _indented(ended, hole)
        possible += [] if certain else shorter
    for ended in possible:
        yield from _indented(ended, hole)


def _indented(text: str, hole: Hole) -> Iterator[str]:
    """The text up to its end in each way in which its lines may be indented."""
    for placed in indentation.readings(text, hole):
        found = list(_bounded(placed, hole))
        yield from found
        if not found:
            break  # The likeliest indentation says that the block is over: no other one brings it back.


def _bounded(placed: str, hole: Hole) -> Iterator[str]:
    """The indented text up to its end, with and without what may be the document's next line or half of it."""
    ended = "\n".join(bounded(placed.split("\n"), hole)).rstrip(" \t\n")
    if not ended.strip():
        return
    own = _without_next_lines(ended, hole)
    if _closes_again(ended[len(own) :], hole):
        yield own
        return
    yield from (own, ended) if hole.language_id in PROSE_LANGUAGES else (ended, own)
    above, _, last = ended.rpartition("\n")
    below = hole.lines_below[0] if hole.multiline and hole.lines_below else ""
    if above.strip() and below != last.strip() and below.startswith(last.strip()):
        yield above.rstrip()


def _closes_again(lines: str, hole: Hole) -> bool:
    """Whether lines begin with what closes the block that the document's next line closes; none is closed twice."""
    first = first_line(lines)
    below = hole.next_line
    return closes_block(first) and first == below.rstrip()


def _without_next_lines(text: str, hole: Hole) -> str:
    """The text without last lines that stand below, though they tell so little that they may be its own."""
    lines = text.split("\n")
    for count in range(min(len(lines) - 1, len(hole.lines_below)), 0, -1):
        said = [line.strip() for line in lines[-count:]]
        if said == hole.lines_below[:count] and hole.multiline and not closes_its_own(lines[-count], said, hole):
            return "\n".join(lines[:-count]).rstrip() or text
    return text


def enough(so_far: str, hole: Hole) -> bool:
    """Whether the rest of a reply that is still streaming could not be used."""
    if len(so_far) > LONGEST_REPLY:
        return True
    text = without_thinking(so_far)
    if text.lstrip()[:7].lower() in _THINKING:
        return False
    if text.lstrip().startswith(_wrappers(hole)):
        blocks = fenced_blocks(text)
        if not blocks or not blocks[0].closed:
            return False
        # Among words what is behind a fence tells whether it is part of the text.
        if not (hole.in_words and hole.multiline):
            return True
        behind = text[blocks[0].end :].rpartition("\n")[0].strip()
        # A bold word may begin an explanation or a text's next paragraph: the line below it tells.
        return bool(behind) and (not behind.startswith("**") or "\n" in behind)
    complete = text.rpartition("\n")[0]
    if not complete.strip() or wrapping.is_unfinished(complete):
        return False
    lines = complete.split("\n")
    if len(lines) < MOST_INTRODUCTION and any(introduces(line) for line in lines):
        return False
    if sentences_are_no_text(hole) and all(not line.strip() or introduces(line) for line in lines):
        return False
    unwrapped_readings = wrapping.readings(complete, hole)
    if any("".join(unwrapped.split()) in hole.squeezed_before for unwrapped in unwrapped_readings):
        return False
    return all(
        _is_over(with_line_break(rest, hole), hole)
        for unwrapped in unwrapped_readings
        for rest in echo.readings(unwrapped, hole)
    )


def _wrappers(hole: Hole) -> tuple[str, ...]:
    """The beginnings of fences that are around a completion, not part of it."""
    within = hole.language_id not in PROSE_LANGUAGES or bool(hole.line_before.strip()) or not hole.multiline
    return ("```", "~~~") if within else _WRAPPERS


def _is_over(text: str, hole: Hole) -> bool:
    """Whether a reading of the lines that have come whole has its end in them."""
    text = text.lstrip("\n") if not hole.line_before.strip() or not hole.multiline else text
    if not text.strip():
        return False
    lines = text.split("\n")
    if not hole.multiline or len(lines) > hole.max_lines:
        return True
    kept = before_repetition(before_next_lines(lines, hole, more_may_come=True), hole)
    if len(kept) < len(lines):
        return True
    return all(
        len(bounded(placed.split("\n"), hole, more_may_come=True)) < len(lines)
        for placed in indentation.readings(text, hole)
    )
