"""Find secrets in text: literals first, rules only where a literal stands.

In comes any text (hostile lines included), out come spans, in order and without overlap. The cost is that of finding
the anchors of all rules, plus a bounded look at each hit.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from aurelis.security.rules.row import Rule

_RUN: Final = re.compile(r"[A-Za-z0-9_-]{16}[A-Za-z0-9_-]*")
_LEAD: Final = 16
"""Characters before a run that belong to its region: where a prefix ends with a dot, it stands there."""

_LONG_RUN: Final = 24
"""Where rules without anchors are asked: a run longer than words are, ..."""

_TOKEN_LIKE: Final = re.compile(r"\d[^\d]{0,9}\d|\d[A-Za-z]{1,9}_?[A-Z]|[A-Z]\d[a-z]|[a-z]{24}(?![\w-])")
"""... with digits among its letters, or of the one length at which letters alone make a key."""


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
    """All secrets in a text, in order; where two rules overlap the spans are joined and the earlier rule names it."""
    index = _Index(text)
    found: list[tuple[int, int, int, str]] = []
    regions, long_runs = index.regions, index.long_runs
    for order, rule in enumerate(rules):
        # Most rules find nothing in most texts: what says so is not worth a call.
        if rule.in_run:
            for anchor in rule.anchors:
                if anchor in regions:
                    break
            else:
                continue
        elif not (rule.anchors or long_runs):
            continue
        hits = index.hits(rule)
        if hits:
            found += [(start, -end, order, rule.name) for start, end in _matches(rule, text, hits)]
    return tuple(_without_overlap(found))


class _Index:
    """Where the anchors of rules stand in one text; each anchor is looked for once.

    `regions` are the places in and before long runs, one a line; `long_runs` those of rules without anchors.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        # Of all characters only U+0130 grows when it becomes lower case; offsets must stay those of the text.
        self._folded = text.replace("\u0130", "i").lower()
        self._known: dict[tuple[bool, str], list[int]] = {}
        self.long_runs: list[int] = []
        pieces: list[str] = []
        self._origins: list[int] = []
        self._offsets: list[int] = []
        offset = 0
        for match in _RUN.finditer(text):
            start, end = match.span()
            if end - start >= _LONG_RUN and _TOKEN_LIKE.search(text, start, end):
                self.long_runs.append(start)
            first = max(0, start - _LEAD)
            self._origins.append(first)
            self._offsets.append(offset)
            pieces.append(text[first:end])
            offset += end - first + 1
        self.regions = "\n".join(pieces)

    def hits(self, rule: Rule) -> Sequence[int]:
        """The places where a rule is to be asked, in order."""
        if not rule.anchors:
            return self.long_runs
        if rule.in_run:
            return self._places_in_runs(rule.anchors)
        if len(rule.anchors) == 1:
            return self._places(rule.anchors[0], fold=rule.fold)
        places = [place for anchor in rule.anchors for place in self._places(anchor, fold=rule.fold)]
        return sorted(places) if places else places

    def _places_in_runs(self, anchors: Sequence[str]) -> list[int]:
        places = set()
        for anchor in anchors:
            for position in _occurrences(self.regions, anchor):
                region = bisect_right(self._offsets, position) - 1
                places.add(self._origins[region] + position - self._offsets[region])
        return sorted(places)

    def _places(self, anchor: str, *, fold: bool) -> list[int]:
        places = self._known.get((fold, anchor))
        if places is None:
            haystack = self._folded if fold else self._text
            places = list(_occurrences(haystack, anchor)) if anchor in haystack else []
            self._known[fold, anchor] = places
        return places


def _occurrences(haystack: str, anchor: str) -> Iterator[int]:
    position = haystack.find(anchor)
    while position >= 0:
        yield position
        position = haystack.find(anchor, position + 1)


def _matches(rule: Rule, text: str, positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    look = rule.compiled.search if rule.behind else rule.compiled.match
    gate = rule.compiled_gate
    named = "secret" in rule.compiled.groupindex
    done = 0
    last = -1
    for position in positions:
        # A match never reaches back over an earlier anchor, or repeated anchors would make the scan quadratic.
        floor, last = max(done, last + 1), position
        if position < done or (gate is not None and gate.match(text, position) is None):
            continue
        match = look(text, max(floor, position - rule.behind), position + rule.reach)
        if match is None:
            continue
        start, end = match.span("secret") if named else match.span()
        secret = text[start:end]
        if (
            start < end
            and (not rule.entropy or entropy(secret) >= rule.entropy)
            and (rule.accept is None or rule.accept(secret))
        ):
            yield start, end
            done = end


def _without_overlap(found: list[tuple[int, int, int, str]]) -> Iterator[Finding]:
    joined: list[tuple[int, int, int, str]] = []
    for start, minus_end, order, name in sorted(found):
        end = -minus_end
        if joined and start < joined[-1][1]:
            first, last, best, known = joined[-1]
            joined[-1] = (first, max(last, end), *min((best, known), (order, name)))
        else:
            joined.append((start, end, order, name))
    for start, end, _order, name in joined:
        yield Finding(start, end, name)
