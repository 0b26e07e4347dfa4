"""Find secrets in text: literals first, rules only where a literal stands.

In comes any text (hostile lines included), out come spans, in order and without overlap. The cost is that of finding
the anchors of all rules, plus a bounded look at each hit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from aurelis.security.rules.row import Rule

_REACH: Final = 20_000
"""Characters behind an anchor that a rule may look at (a private key of 16,384 bits has about 13,000)."""


@attrs.frozen(order=True)
class Finding:
    """A secret from `start` to `end` (offsets in characters) and the rule that knows it."""

    start: int
    end: int
    rule: str


def entropy(text: str) -> float:
    """Bits per character (Shannon), by the frequencies within the text itself."""
    length = len(text)
    return -sum(count / length * math.log2(count / length) for count in Counter(text).values()) if length else 0.0


def find_secrets(text: str, rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """All secrets in a text, in order; where two rules overlap the longer span wins, then the earlier rule."""
    folded = text.lower() if text.isascii() else "".join(map(_lower, text))
    found: list[tuple[int, int, int, str]] = []
    for order, rule in enumerate(rules):
        for start, end in _matches(rule, text, folded):
            found.append((start, -end, order, rule.name))
    return tuple(_without_overlap(found))


def _lower(character: str) -> str:
    # Keeps offsets: some characters become two in lower case.
    return character.lower() if character.isascii() else character


def _matches(rule: Rule, text: str, folded: str) -> Iterator[tuple[int, int]]:
    haystack = folded if rule.fold else text
    for anchor in rule.anchors:
        position = haystack.find(anchor)
        while position >= 0:
            match = rule.compiled.match(text, position, min(len(text), position + _REACH))
            after = position + 1
            if match is not None:
                span = match.span("secret") if "secret" in rule.compiled.groupindex else match.span()
                secret = text[slice(*span)]
                plausible = rule.accept is None or rule.accept(secret)
                if span[0] < span[1] and plausible and (not rule.entropy or entropy(secret) >= rule.entropy):
                    yield span
                    after = max(after, span[1])
            position = haystack.find(anchor, after)


def _without_overlap(found: list[tuple[int, int, int, str]]) -> Iterator[Finding]:
    covered = 0
    for start, minus_end, _order, name in sorted(found):
        if start >= covered:
            covered = -minus_end
            yield Finding(start, covered, name)
