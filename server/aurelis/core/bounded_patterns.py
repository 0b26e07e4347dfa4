"""Regular expressions that a person typed, and that must not stall a server: `re` knows no time limit.

In comes a pattern; out comes what keeps it from being used, before it has met any text.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from re import _parser as parser  # type: ignore[attr-defined] # the parse tree of `re` has no public name
from typing import Final

from aurelis.core.pattern_ways import LONGEST_TEXT, ways_to_match

LONGEST_PATTERN: Final = 500
"""The most characters of one pattern."""

MOST_WAYS: Final = (LONGEST_TEXT + 1) ** 2
"""The most ways of matching one text: those of two repetitions whose ends nothing tells, as in `a.*b.*c`."""


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
        ways = ways_to_match(parser.parse(pattern))
    except (re.error, OverflowError, RecursionError):
        return PatternFault.NO_PATTERN
    if compiled.match("") is not None:
        return PatternFault.MATCHES_NOTHING
    return PatternFault.MANY_WAYS if ways > MOST_WAYS else None
