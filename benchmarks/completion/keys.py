"""How somebody types a piece of a real file: every key with the time that passes before it.

The distances are drawn as people's are: most keys of a word follow each other quickly, words and lines begin after a
moment, now and then somebody stops to think, and a few keys are wrong and taken back.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

import attrs

BACKSPACE: Final = "\b"
WITHIN_WORD: Final = 0.11
BETWEEN_WORDS: Final = 0.19
NEW_LINE: Final = 0.45
SPREAD: Final = 0.35
"""Standard deviation of the logarithm of the distances."""
THINKING: Final = 0.03
"""How often somebody stops before a word."""
THINKING_SECONDS: Final = (0.8, 2.5)
WRONG: Final = 0.02
"""How often a key is wrong, noticed after one more and taken back."""


@attrs.frozen
class Key:
    """One key and the seconds before it."""

    text: str
    after: float


def keys_of(text: str, chance: random.Random, speed: float = 1.0) -> Iterator[Key]:
    """The keys that write a text."""
    above = "\n"
    for character in text:
        if character.isalpha() and chance.random() < WRONG:
            for wrong in (chance.choice("etaoin"), BACKSPACE):
                yield Key(wrong, _seconds("x", "x", chance) * speed)
        yield Key(character, _seconds(above, character, chance) * speed)
        above = character


def _seconds(above: str, character: str, chance: random.Random) -> float:
    within = above.isalnum() and character.isalnum()
    if not within and character.isalnum() and chance.random() < THINKING:
        return chance.uniform(*THINKING_SECONDS)
    typical = NEW_LINE if above == "\n" else WITHIN_WORD if within else BETWEEN_WORDS
    return typical * chance.lognormvariate(0.0, SPREAD)
