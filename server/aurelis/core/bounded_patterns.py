"""Regular expressions that a person typed, and that must not stall a server: `re` knows no time limit.

In comes a pattern; out comes what keeps it from being used, before it has met any text.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from re import _parser as parser  # type: ignore[attr-defined] # the parse tree of `re` has no public name
from typing import Final

from aurelis.core.pattern_ways import LONGEST_TEXT, places_to_begin, ways_to_match

LONGEST_PATTERN: Final = 500
"""The most characters of one pattern."""

MOST_TRIES: Final = LONGEST_TEXT**3 // 6
"""The most ways of matching one text, from all places in it: those of `.*x.*y`. At worst they take some seconds."""


class PatternFault(Enum):
    """Why a pattern is not used: what matches no text at all would match everywhere, many ways can take for ever."""

    LONG = auto()
    NO_PATTERN = auto()
    MATCHES_NOTHING = auto()
    MANY_WAYS = auto()


def pattern_fault(pattern: str) -> PatternFault | None:
    """What keeps a pattern from being used; None when nothing does."""
    if len(pattern) > LONGEST_PATTERN:
        return PatternFault.LONG
    try:
        compiled = re.compile(pattern)
        tree = parser.parse(pattern)
        tries = places_to_begin(tree) * ways_to_match(tree)
    except (re.error, OverflowError, RecursionError):
        return PatternFault.NO_PATTERN
    if compiled.match("") is not None:
        return PatternFault.MATCHES_NOTHING
    return PatternFault.MANY_WAYS if tries > MOST_TRIES else None
