"""The user's own patterns of secrets (`privacy.patterns`): checked once, applied line by line within bounds.

In come the expressions of the settings, which have told of those that cannot be used; out go the others, and what they
find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aurelis.core.bounded_patterns import pattern_fault
from aurelis.core.pattern_ways import LONGEST_TEXT

_PATTERNS: Final = 100
"""The most patterns that are used."""

_PIECE: Final = LONGEST_TEXT
"""Characters of a line that a pattern sees at a time; longer lines are looked at in pieces ..."""

_OVERLAP: Final = 250
"""... that share this many characters."""


def compile_patterns(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    """Compile the user's patterns, but for those that could stall the server."""
    return tuple(re.compile(pattern) for pattern in patterns[:_PATTERNS] if pattern_fault(pattern) is None)


def user_matches(text: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[tuple[int, int]]:
    """The spans that the patterns find, within lines; the group `secret`, else the first group, else all of it."""
    if not patterns:
        return
    offset = 0
    for line in text.splitlines(keepends=True):
        for start in range(0, max(1, len(line) - _OVERLAP), _PIECE - _OVERLAP):
            piece = line[start : start + _PIECE]
            for pattern in patterns:
                for match in pattern.finditer(piece):
                    first, last = _span(match)
                    if first < last:
                        yield offset + start + first, offset + start + last
        offset += len(line)


def _span(match: re.Match[str]) -> tuple[int, int]:
    if "secret" in match.re.groupindex:
        return match.span("secret")
    return match.span(1) if match.re.groups and match.start(1) >= 0 else match.span()
