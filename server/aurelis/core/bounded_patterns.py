"""Regular expressions that a person typed, and that must not stall a server: `re` knows no time limit.

In comes a pattern; out comes what keeps it from being used, before it has met any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from re import _constants as codes  # type: ignore[attr-defined] # the parse tree of `re` has no public name
from re import _parser as parser  # type: ignore[attr-defined] # the parse tree of `re` has no public name
from typing import Any, Final

LONGEST_PATTERN: Final = 500
"""The most characters of one pattern."""

MOST_REPEATS: Final = 3
"""The most open-ended repetitions in one pattern."""

_MANY: Final = 64
"""A repetition that may go beyond this counts as open-ended."""


class PatternFault(Enum):
    """Why a pattern is not used: what matches no text at all would match everywhere, the last two can take for ever."""

    LONG = auto()
    NO_PATTERN = auto()
    MATCHES_NOTHING = auto()
    REPEATS_A_REPETITION = auto()
    MANY_REPETITIONS = auto()


def pattern_fault(pattern: str) -> PatternFault | None:
    """What keeps a pattern from being used; None when nothing does."""
    if len(pattern) > LONGEST_PATTERN:
        return PatternFault.LONG
    try:
        compiled = re.compile(pattern)
        tree = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return PatternFault.NO_PATTERN
    if compiled.match("") is not None:
        return PatternFault.MATCHES_NOTHING
    repeats = _open_repeats(tree, within=False)
    if repeats is None:
        return PatternFault.REPEATS_A_REPETITION
    return PatternFault.MANY_REPETITIONS if repeats > MOST_REPEATS else None


def _open_repeats(tree: Any, *, within: bool) -> int | None:
    """How many open-ended repetitions there are; None when one stands within another, or a group is referred to."""
    total = 0
    for code, argument in tree:
        if code is codes.GROUPREF or code is codes.GROUPREF_EXISTS:
            return None
        inside = within
        if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            open_ended = argument[1] > _MANY
            varies = argument[0] != argument[1]
            if varies and within:
                return None
            total += open_ended
            inside = within or open_ended
        for part in _parts(code, argument):
            count = _open_repeats(part, within=inside)
            if count is None:
                return None
            total += count
    return total


def _parts(code: Any, argument: Any) -> Iterator[Any]:
    if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
        yield argument[2]
    elif code is codes.BRANCH:
        yield from argument[1]
    elif code is codes.SUBPATTERN:
        yield argument[3]
    elif code is codes.ATOMIC_GROUP:
        yield argument
    elif code in {codes.ASSERT, codes.ASSERT_NOT}:
        yield argument[1]
