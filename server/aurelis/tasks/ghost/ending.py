"""Where a completion ends: at the end of the block, before the document's next lines, before it repeats itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.block_end import within_block
from aurelis.tasks.ghost.directives import ends_own_directive
from aurelis.tasks.ghost.hole import Hole, telling
from aurelis.tasks.ghost.level_width import step_of
from aurelis.tasks.replies.brackets import BRACKETS, CLOSERS, LONG_QUOTES
from aurelis.tasks.replies.layout import indent_of

_LAST_WORD: Final = re.compile(r"\w+$")
_TEMPLATE_END: Final = re.compile(r"\{[{%]-?\s*end\w*\s*-?[%}]\}")
_QUOTATION_MARKS: Final = ("'", '"')
_QUOTES: Final = frozenset({*LONG_QUOTES, "```"})
SAME_LINES: Final = 5
"""One line so often in a row is a model that runs away; real code has three, and tables of data have four."""
SAME_NUMBERS: Final = 10
"""And one line of numbers alone."""
SAME_GROUPS: Final = 3
"""A group of several lines so often in a row is one, too."""
LARGEST_GROUP: Final = 6
LONGEST_REPETITION: Final = 20
"""Lines that tell whether one repeats itself without end."""
_COMMENT_MARKS: Final = frozenset("*/# ")
"""What may stand beside the one mark that a rule is made of."""
SHORTEST_RULE: Final = 8
"""Characters of a line of dashes."""
SURE_LINES: Final = 3
"""Lines in a row that stand below and are no accident even while more may come."""
DISTINCT_LINES: Final = 3
"""So many different lines in a row are no accident even if none of them has a word."""
HALF_A_LINE: Final = 4
"""Letters and digits of the beginning of the document's next line that show where a reply was cut off."""
TWO_WORDS: Final = 2
"""And of one that ends where a word does: `(1, 4)`."""


def bounded(lines: Sequence[str], hole: Hole, *, more_may_come: bool = False) -> list[str]:
    """The lines up to the end of the block, the document's next lines, a repetition without end or the limit."""
    if not hole.multiline:
        return list(lines[:1])
    own = before_next_lines(lines, hole, more_may_come=more_may_come)
    shown = before_repetition(own[: hole.max_lines + LONGEST_REPETITION], hole)[: hole.max_lines]
    return within_block(shown, hole, more_may_come=more_may_come) if shown else []


def before_next_lines(
    lines: Sequence[str], hole: Hole, *, more_may_come: bool = False, drifting: bool = False
) -> list[str]:
    """The lines up to where they go on as the document does below the cursor.

    With `drifting` also where they do so for a few lines only and then go on in another way.
    """
    below = hole.lines_below
    blank = not hole.line_before.strip()
    filled = [(number, stripped) for number, line in enumerate(lines) if (stripped := line.strip())] if below else []
    for at, (number, first) in enumerate(filled):
        if not (number or blank) or (first != below[0] and at + 1 < len(filled)):
            continue  # Neither the next line nor, at the end, half of it.
        line, said = lines[number], [stripped for _, stripped in filled[at : at + len(below) + 2]]
        same = 0
        while same < min(len(said), len(below)) and said[same] == below[same]:
            same += 1
        if same > 1 and _stands_shallower(lines, number, hole):
            continue
        tells = any(telling(line) for line in said[:same]) or len(set(said[:same])) >= DISTINCT_LINES
        ends = same == len(said) or (
            # All that was said is hardly ever half of what stands below already.
            bool(number or same)
            and same == len(said) - 1
            and _is_half(said[same], below, same, hole, tells=tells)
            and not (len(said) == 1 and _stands_deeper(lines, number, hole))
        )
        if more_may_come:
            ends = same >= SURE_LINES
        elif (
            (number and same and closes_its_own(line, said[:same], hole))
            or (len(said) == 1 and ends_own_directive(line, lines[:number], hole))
            or (
                same == len(said) == 1
                and (_repeats_itself(said[0], lines[:number], hole) or _stands_deeper(lines, number, hole))
            )
        ):
            continue
        if (tells or (ends and same < len(said))) and (ends or same > SURE_LINES or (drifting and same > 1)):
            return list(lines[:number])
    return list(lines)


def _stands_deeper(lines: Sequence[str], number: int, hole: Hole) -> bool:
    """Whether a line is indented more than the document's next one, so that it is another line."""
    indent = indent_of(lines[number])
    if not number and len(hole.line_before) > len(indent):
        indent = hole.line_before
    below = indent_of(hole.next_line)
    return len(indent) > len(below) and "\t" not in indent + below


def _stands_shallower(lines: Sequence[str], number: int, hole: Hole) -> bool:
    """Whether lines are indented less than those that the document goes on with, so that they belong to another block.

    Those of a reply that counts from the margin, or in levels of another width, are less indented all the same.
    """
    base, below = indent_of(hole.line_before), indent_of(hole.next_line)
    indent = indent_of(lines[number]) if number else base
    if "\t" in base + indent + below or len(indent) >= len(below):
        return False
    if not number:
        return True
    steps = {step_of(lines, hole.language_id), hole.level_width}
    return len(below) - len(indent) != len(base) and (len(steps) == 1 or None in steps)


def closes_its_own(line: str, said: Sequence[str], hole: Hole) -> bool:
    """Whether lines of a word each (`end`, `{{ end }}`) stand below at another depth, and so close another block."""
    if any(" " in word and _TEMPLATE_END.fullmatch(word) is None for word in said):
        return False
    below = hole.next_line
    return indent_of(line) != indent_of(below)


def _repeats_itself(line: str, above: Sequence[str], hole: Hole) -> bool:
    """Whether a line that stands below stands elsewhere too, so that once more is as likely as an echo."""
    if above and telling(line):
        return False  # Where more was said before it, it is the next line far more often.
    own = [other.strip() for other in (*above, *hole.before.split("\n"))]
    return line in own or hole.lines_below.count(line) > 1


def _is_half(half: str, below: Sequence[str], at: int, hole: Hole, *, tells: bool) -> bool:
    """Whether a last line is the beginning of the one that stands there."""
    if at >= len(below) or not below[at].startswith(half):
        return False
    if len(half) >= HALF_A_LINE and len(set(half)) == 1 and half[0] not in BRACKETS:
        return True  # Half a rule of dashes.
    letters = sum(character.isalnum() for character in half)
    if letters >= HALF_A_LINE or tells:
        return True
    broken, behind = _LAST_WORD.search(half), below[at][len(half) : len(half) + 1]
    if broken is None or not (behind.isalnum() or behind == "_"):
        return letters >= TWO_WORDS and (" " in half or half[0] in _QUOTATION_MARKS)
    # It ends within a word: is what it has of it a word, too?
    return re.search(rf"\b{re.escape(broken.group())}\b", hole.before + hole.after) is None


def before_repetition(lines: Sequence[str], hole: Hole) -> list[str]:
    """The lines up to the first that comes again and again; it stays once."""
    said = [line.strip() for line in lines]
    for at in range(len(said)):
        rule = len(said[at]) >= SHORTEST_RULE and len(set(said[at]) - _COMMENT_MARKS) <= 1
        quotes = said[at] in _QUOTES
        if not rule and not quotes and not any(character.isalnum() for character in said[at]):
            if _closes_on_and_on(lines[at : at + SAME_GROUPS]):
                return list(lines[: at + 1])
            continue
        has_words = quotes or any(character.isalpha() for character in said[at])
        same_lines = SAME_GROUPS if rule else SAME_LINES if has_words else SAME_NUMBERS
        for size in range(1, min(LARGEST_GROUP, (len(said) - at) // SAME_GROUPS) + 1):
            group = said[at : at + size]
            if size > 1 and len(set(group)) == 1:
                break
            times = 1
            while said[at + times * size : at + (times + 1) * size] == group:
                times += 1
            if times >= (same_lines if size == 1 else SAME_GROUPS):
                above = hole.before.split("\n")[-1 - size : -1]
                begun = not at and [line.strip() for line in above] == group
                return list(lines[: at if begun else at + size])
    return list(lines)


def _closes_on_and_on(lines: Sequence[str]) -> bool:
    """Whether so many lines are the same closers at the same depth, where no block can end that often."""
    first = lines[0]
    return bool(indent_of(first)) and first.strip()[:1] in CLOSERS and list(lines) == [first] * SAME_GROUPS
