"""The user's own patterns of secrets (`privacy.patterns`): checked once, applied line by line within bounds.

In comes text that a person typed as a regular expression; out go patterns that cannot stall the server, and a sentence
for each that cannot be used. Python's `re` knows no time limit, so what could run away is refused beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from re import _constants as codes  # type: ignore[attr-defined] # the parse tree of `re` has no public name
from re import _parser as parser  # type: ignore[attr-defined] # the parse tree of `re` has no public name
from typing import Any, Final

import attrs

_PATTERNS: Final = 100
"""The most patterns that are used."""

_LENGTH: Final = 500
"""The most characters of one pattern."""

_REPEATS: Final = 3
"""The most open-ended repetitions in one pattern."""

_MANY: Final = 64
"""A repetition that may go beyond this counts as open-ended."""

_PIECE: Final = 1_000
"""Characters of a line that a pattern sees at a time; longer lines are looked at in pieces ..."""

_OVERLAP: Final = 250
"""... that share this many characters."""


@attrs.frozen
class UserPatterns:
    """The usable patterns, and a sentence for each that is not."""

    usable: tuple[re.Pattern[str], ...]
    problems: tuple[str, ...]


def compile_patterns(patterns: Sequence[str]) -> UserPatterns:
    """Check and compile the user's patterns."""
    usable: list[re.Pattern[str]] = []
    problems = []
    for number, pattern in enumerate(patterns):
        problem = _problem(pattern) if number < _PATTERNS else f"only {_PATTERNS} patterns are used."
        if problem is None:
            usable.append(re.compile(pattern))
        else:
            problems.append(f"privacy.patterns[{number}] is not used: {problem}")
    return UserPatterns(tuple(usable), tuple(problems))


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


def _problem(pattern: str) -> str | None:
    if len(pattern) > _LENGTH:
        return f"it is longer than {_LENGTH} characters."
    try:
        compiled = re.compile(pattern)
        tree = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"it is not a regular expression ({error})."
    if compiled.match("") is not None:
        return "it matches nothing at all, too; say what must be there."
    repeats = _open_repeats(tree, within=False)
    if repeats is None:
        return "it repeats a repetition, which can take for ever; repeat a plain part instead."
    if repeats > _REPEATS:
        return f"it has more than {_REPEATS} open-ended repetitions; give them limits such as {{1,40}}."
    return None


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
