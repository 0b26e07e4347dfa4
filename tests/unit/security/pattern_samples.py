"""Draws random texts that match a regular expression; knows nothing of the product.

Written against the parse tree of `re`, because a whole line of context comes with many of the expressions and every
alternative of theirs should be drawn.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator, Sequence
from re import _constants as op  # type: ignore[attr-defined] # the parse tree has no public name
from re import _parser as parser  # type: ignore[attr-defined] # the parse tree has no public name
from typing import Any

_ALPHABET = string.ascii_letters + string.digits
_WIDE = _ALPHABET * 3 + "-_.+=!#%^&*"
_SPREAD = 24
"""How far beyond its least count a repetition is drawn."""

_SWAPPED = 0.3
"""The share of letters written the other way where an expression ignores case."""


class _Sampler:
    def __init__(self, chooser: random.Random, *, either_case: bool) -> None:
        self._chooser = chooser
        self._either_case = either_case
        self._groups: dict[int, str] = {}

    def draw(self, tree: Any) -> str:
        return "".join(self._node(code, argument) for code, argument in tree)

    def _node(self, code: Any, argument: Any) -> str:
        if code is op.LITERAL:
            character = chr(argument)
            return character.swapcase() if self._either_case and self._chooser.random() < _SWAPPED else character
        if code is op.NOT_LITERAL:
            return self._outside({chr(argument)})
        if code is op.ANY:
            return self._chooser.choice(_WIDE)
        if code is op.IN:
            return self._one_of(argument)
        if code is op.BRANCH:
            return self.draw(self._chooser.choice(argument[1]))
        if code is op.SUBPATTERN:
            text = self.draw(argument[3])
            if argument[0] is not None:
                self._groups[argument[0]] = text
            return text
        if code in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
            least, most, part = argument
            most = min(most, least + _SPREAD)
            return "".join(self.draw(part) for _ in range(self._chooser.randint(least, most)))
        if code is op.GROUPREF:
            return self._groups.get(argument, "")
        return ""  # Positions and looks around are checked afterwards, on the whole.

    def _one_of(self, items: Sequence[Any]) -> str:
        negated = items[0][0] is op.NEGATE
        characters: set[str] = set()
        for code, argument in items[negated:]:
            characters |= set(_characters(code, argument))
        if negated:
            return self._outside(characters)
        return self._chooser.choice(sorted(characters))

    def _outside(self, characters: set[str]) -> str:
        return self._chooser.choice([c for c in _WIDE if c not in characters])


def _characters(code: Any, argument: Any) -> Iterator[str]:
    if code is op.LITERAL:
        yield chr(argument)
    elif code is op.RANGE:
        yield from map(chr, range(argument[0], argument[1] + 1))
    elif code is op.CATEGORY:
        yield from {op.CATEGORY_DIGIT: string.digits, op.CATEGORY_WORD: _ALPHABET + "_", op.CATEGORY_SPACE: " "}[
            argument
        ]


def samples(pattern: re.Pattern[str], count: int, seed: int) -> Iterator[re.Match[str]]:
    """So many random matches of a pattern, the same for the same seed."""
    chooser = random.Random(seed)  # noqa: S311 - repeatable on purpose
    tree = parser.parse(pattern.pattern, pattern.flags)
    either_case = bool(pattern.flags & re.IGNORECASE)
    drawn = 0
    for _ in range(count * 50):
        text = _Sampler(chooser, either_case=either_case).draw(tree)
        match = pattern.search(text)
        if match is not None and match[0]:
            yield match
            drawn += 1
            if drawn == count:
                return
