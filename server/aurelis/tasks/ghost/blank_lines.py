"""Blank lines before a completion: what sets it apart from the line above, or nothing that anybody meant.

Somebody who presses return behind the imports is told a blank line and a constant; other models begin each answer
with a line break. More often than not it is meant, so it stays unless the document shows that nothing of that kind is
set apart.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from aurelis.tasks.ghost.block_layout import ANNOTATES, closes_block
from aurelis.tasks.ghost.distances import WORD, Pair, Turn, counts_of, pair_of
from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.replies.brackets import LONG_QUOTES

_NEVER: Final = 20
"""So many lines of a kind that stand together, for each that is set apart, show that the next one does, too."""
_NEVER_IN_WORDS: Final = 8
"""The same in a text, whose lines are told apart by little."""
_SELDOM: Final = 1 / 8
"""A distance that is this much rarer than another is an exception."""
_HOLDS_MEMBERS: Final = re.compile(r"\s*(?:[a-z]+ )*(?:class|enum|interface|namespace|record|struct|trait)\b")
"""The head of a class: most of Java's have a blank line below them, one in ten of Python's and C++'s."""
_GOES_ON: Final = re.compile(r"(?<!\\)(?:\\\\)*\\$")
"""A line that ends with a backslash; two of them are one that is escaped, or end a line of LaTeX."""
_CONTINUES: Final = re.compile(r"(?:catch|elif|else|except|finally|then)\b|(?:\"{3}|'{3})$")
"""What goes on with the block above, or ends a text."""


def blank_lines_meant(said: int, first: str, hole: Hole) -> int:
    """How many of the blank lines are meant that a reply begins with, at a cursor in an empty line.

    `first` is the reply's first line that is not blank.
    """
    above = hole.line_above
    if not above or _GOES_ON.search(above) is not None or ANNOTATES.match(above.lstrip()):
        return 0
    if closes_block(first) or _CONTINUES.match(first.lstrip()):
        return 0
    pair = pair_of(above, first, in_words=hole.in_words)
    if hole.blank_lines_above:
        return _lacking(said, pair, hole)
    said = min(said, _widest(pair, hole))
    alike = hole.distances_around.get(pair, Counter())
    never = _NEVER_IN_WORDS if hole.in_words else _NEVER
    told = next((count for count in range(said, 0, -1) if alike[count] and alike[count] * never >= alike[0]), 0)
    sentence_goes_on = hole.in_words and not alike and pair.above == pair.below == WORD
    inside = pair.turn is Turn.DEEPER and (not _sets_apart(above, hole) or first.lstrip().startswith(LONG_QUOTES))
    return said if not told and not sentence_goes_on and not inside and alike[0] < never else told


def _sets_apart(above: str, hole: Hole) -> bool:
    """Whether a line is one below which many styles begin with a blank line, though deeper."""
    return above.rstrip().endswith("::") if hole.in_words else _HOLDS_MEMBERS.match(above) is not None


def _widest(pair: Pair, hole: Hole) -> int:
    """How many blank lines the document has at most between lines at the margin, or deeper ones.

    At least one, or as many as Python has between definitions (PEP 8).
    """
    least = 2 if hole.language_id == "python" and pair.at_margin else 1
    known = hole.distances_around.items()
    return max([least, *(count for other, counts in known if other.at_margin == pair.at_margin for count in counts)])


def _lacking(said: int, pair: Pair, hole: Hole) -> int:
    """How many more blank lines belong below those that are there, as between others; none if nothing tells."""
    known, present = hole.distances_around, hole.blank_lines_above
    outside = pair.turn is not Turn.DEEPER
    alike = (
        known.get(pair)
        or counts_of(known, lambda other: outside and _begins_like(other, pair))
        or counts_of(known, lambda other: outside and (other.turn, other.at_margin) == (pair.turn, pair.at_margin))
    )
    return next((more for more in range(said, 0, -1) if alike[present + more] > _SELDOM * alike[present]), 0)


def _begins_like(other: Pair, pair: Pair) -> bool:
    """Whether lines like the lower one of a pair begin no block's inside."""
    return other.turn is not Turn.DEEPER and (other.below, other.at_margin) == (pair.below, pair.at_margin)
