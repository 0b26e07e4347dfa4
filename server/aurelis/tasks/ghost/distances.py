"""How far apart the lines of a document stand: the blank lines between lines of two kinds.

Documents are consistent in it. Imports and what follows them, or one method and the next, stand as far apart each time.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from typing import Final

import attrs

from aurelis.tasks.replies.layout import indent_of

WORD: Final = "word"
"""What a line of text is that begins with one and does not end a sentence."""
_FENCE: Final = "```"
_SENTENCE_ENDS: Final = (".", ":", "!", "?")
_KEYWORD: Final = re.compile(r"[#@]?\w+(?= +[\w\"'{<*.])")
_ASSIGNMENT: Final = re.compile(r"[\w.\[\]\", ']+ *(?::[^=]+)?[-+*/|&]?=(?!=)")
_NAME: Final = re.compile(r"(?:</?)?\w+")
_IMPORTS: Final = frozenset({"#include", "from", "import", "require", "use"})


class Turn(Enum):
    """Where a line stands, seen from the line above it."""

    DEEPER = "deeper"
    OUTER = "outer"
    SAME = "same"


@attrs.frozen
class Pair:
    """What two lines that follow each other are like, blank ones between them aside."""

    turn: Turn
    at_margin: bool
    above: str
    below: str


Distances = Mapping[Pair, Counter[int]]
"""How many blank lines are between the lines of each kind of pair, and how often."""


def distances(parts: Sequence[Sequence[str]], *, in_words: bool) -> Distances:
    """How far the lines of each part of a document stand apart."""
    found: defaultdict[Pair, Counter[int]] = defaultdict(Counter)
    for lines in parts:
        filled = [number for number, line in enumerate(lines) if line.strip()]
        for above, below in pairwise(filled):
            found[pair_of(lines[above], lines[below], in_words=in_words)][below - above - 1] += 1
    return found


def pair_of(above: str, below: str, *, in_words: bool) -> Pair:
    """What two lines are like; a line above that stands deeper may be any."""
    step = len(indent_of(below)) - len(indent_of(above))
    turn = Turn.DEEPER if step > 0 else Turn.OUTER if step < 0 else Turn.SAME
    at_margin = not indent_of(below)
    if in_words:
        return Pair(turn, at_margin, _beginning(above) + _ending(above), _beginning(below))
    return Pair(turn, at_margin, _kind(above) if turn is Turn.SAME else "", _kind(below))


def counts_of(known: Distances, alike: Callable[[Pair], bool]) -> Counter[int]:
    """The distances of all pairs that are alike in some way."""
    found: Counter[int] = Counter()
    for pair, counts in known.items():
        if alike(pair):
            found += counts
    return found


def _kind(line: str) -> str:
    """What a line of code begins with: a keyword, the name of something, or a mark."""
    line = line.strip()
    keyword = _KEYWORD.match(line)
    if keyword is not None:
        return "import" if keyword.group() in _IMPORTS else keyword.group()
    if _ASSIGNMENT.match(line):
        return "="
    name = _NAME.match(line)
    if name is None:
        return line[0]
    return name.group()


def _beginning(line: str) -> str:
    """What a line of text begins with: a word, a number or a mark, that one; a fence's end is none of its beginning."""
    if line.strip() == _FENCE:
        return _FENCE
    first = (line.lstrip(" \t\"'") or line.lstrip())[0]
    return WORD if first.isalpha() else "number" if first.isdigit() else first


def _ending(line: str) -> str:
    """Whether a line of text ends a sentence."""
    return "." if line.rstrip().endswith(_SENTENCE_ENDS) else ""
