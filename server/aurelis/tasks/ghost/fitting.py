"""A completion's last line against what stands behind the cursor: repetitions cut, closers not doubled."""

from __future__ import annotations

from typing import Final

from aurelis.tasks.ghost.hole import HAVE_MACROS, TELLING, Hole, telling
from aurelis.tasks.replies.brackets import CLOSERS, unmatched_closers, unmatched_count, unmatched_openers
from aurelis.tasks.replies.layout import indent_of

_GOES_ON: Final = ("(", "[", "{", ",", "&&", "||")
"""A line that ends so is closed by another one."""
TYPED_BY_EDITORS: Final = CLOSERS | {'"', "'", "`"}
"""What an editor may have put behind the cursor by itself."""
_GO_WITH_CLOSERS: Final = TYPED_BY_EDITORS | {",", ";", ">"}
"""Behind a line that ends in these, more lines may follow at the cursor."""

_QUOTES: Final = ({'"'}, {"'"})
_SAID_ONCE: Final = frozenset(".,;:!?&|>#")
"""Marks that end a line of words once."""


def fits(text: str, hole: Hole) -> list[tuple[str, int]]:
    """The ways in which a text may meet the rest of the line, the likeliest first.

    Each is the text and how many characters behind the cursor it replaces: as many as the text says again itself.
    """
    after = hole.line_after.rstrip()
    if not after:
        return [(text, 0)]
    if "\n" in text and after.strip()[:1] not in _GO_WITH_CLOSERS:
        text = text.split("\n", 1)[0].rstrip()
    if text.endswith("\\") and not set(after) - CLOSERS and unmatched_openers(hole.line_before + text):
        # Nothing stands behind what says that the line goes on; what the editor has closed is closed further below.
        return [(text, len(after))]
    repeated = [length for length in range(min(len(after), len(text)), 0, -1) if _repeats(text, after, length)]
    laid_out = "\n" in text and text.rpartition("\n")[2].strip()[:1] in CLOSERS
    found = [(text, length) if laid_out else (text[:-length], 0) for length in repeated]
    if (
        repeated
        and repeated[0] == len(after)
        and (telling(after) or _runs_together(text, after) or (hole.in_words and _is_said_once(after, text, hole)))
    ):
        return found[:1]
    found += [(text, covered) for covered in _covered(text, after)]
    if text.startswith("\n") and not unmatched_closers(text) and after[0] in CLOSERS:
        closer = "\n" + indent_of(hole.line_before) + after[0]
        found.append((text.rstrip() + closer, 1))
    if not hole.in_words:
        return _balanced([*found, (text, 0)], after, hole)
    # Among words nothing but the line itself tells; where it does not, the text is meant as it is.
    return sorted([(text, 0), *found], key=lambda one: unmatched_count(_line(one[0], one[1], hole)))


def _balanced(found: list[tuple[str, int]], after: str, hole: Hole) -> list[tuple[str, int]]:
    """Of the ways those that leave the fewest brackets of the line open, where an editor has closed one, beside macros.

    Their grammars do not know what a macro makes of its arguments; the brackets of a line tell more.
    """
    text = found[-1][0]
    if hole.language_id not in HAVE_MACROS or set(after) - CLOSERS or "\n" in text or text.endswith(_GOES_ON):
        return found
    counts = [unmatched_count(_line(one, covered, hole)) for one, covered in found]
    return [one for one, count in zip(found, counts, strict=True) if count == min(counts)]


def _runs_together(text: str, after: str) -> bool:
    """Whether one word would become of the end of a text and the rest of the line, with which it ends."""
    end = after.strip()
    return len(text) > len(end) > 1 and not text[-len(end) - 1].isalnum() and text[-1].isalnum() and after[0].isalnum()


def _is_said_once(after: str, text: str, hole: Hole) -> bool:
    """Whether the end of a line of words, with which a text ends too, is hardly ever written twice."""
    end = after.strip()
    if set(end) in _QUOTES:
        return text.endswith(3 * end[0])
    literal = hole.language_id == "restructuredtext" and indent_of(hole.next_line)
    if end == ":" and (literal or _line(text, 0, hole).lstrip().startswith(".. ")):
        return False  # Two of them introduce a literal block, or end a directive's name.
    if text.strip() in {end, *(end[0] * count for count in range(1, TELLING + 1))}:
        return False
    return any(map(str.isalpha, end)) or len(set(end)) > 1 or not set(end) - _SAID_ONCE


def _line(text: str, covered: int, hole: Hole) -> str:
    return hole.line_before + text + hole.line_after[covered:]


def _covered(text: str, after: str) -> list[int]:
    """How many of the characters behind the cursor may be the text's own, put there by the editor; most first."""
    found = []
    at = 0
    for count, character in enumerate(after, start=1):
        at = text.find(character, at) + 1
        if character not in TYPED_BY_EDITORS or not at:
            break
        found.append(count)
    return found[::-1]


def _repeats(text: str, after: str, length: int) -> bool:
    """Whether the text ends with the first characters behind the cursor, all of them or telling ones.

    A rule of dashes goes on as a rule of dashes; that is no repetition.
    """
    end = after[:length]
    if not text.endswith(end):
        return False
    if length < len(after):
        return telling(end) and not after.startswith(2 * end)
    rule = len(end.strip()) >= TELLING and len(set(end.strip())) == 1 and end.strip() != "..."
    return not rule
