"""How often what a model suggested while somebody typed was taken: for performance routing, and for the delay.

Counted per model and language, the latest weighing most. Time does not change it, so it is carried from one session to
the next: the judgements of earlier ones come out of the store.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import attrs

from aurelis.core.model import ModelReference
from aurelis.core.record import Judgement

KEPT: Final = 1_000
"""Pairs of model and language; the one judged longest ago goes first."""

UNKNOWN: Final = 0.5
"""How often a model is taken to be right of which nothing is known."""

WEIGHT: Final = 0.2
"""How much one judgement counts in how often a model was right lately."""

MOST_SHOWN: Final = 20.0
"""Completions that were shown count as no more than so many, so that a model that became better is seen to be."""


@attrs.define
class _Judged:
    right: float = UNKNOWN
    wrong: float = 0.0
    shown: float = 0.0


@attrs.frozen
class Wrong:
    """The share of completions shown that nobody took, out of so many (at most `MOST_SHOWN`)."""

    rate: float = 0.0
    shown: float = 0.0


class Judgements:
    """What is known of each model in each language."""

    def __init__(self) -> None:
        self._judged: OrderedDict[tuple[ModelReference, str], _Judged] = OrderedDict()

    def judged(self, judgement: Judgement) -> None:
        """Learn what became of a request."""
        key = (judgement.model, judgement.language_id)
        known = self._judged.setdefault(key, _Judged())
        self._judged.move_to_end(key)
        self._keep_the_latest()
        known.right += WEIGHT * (float(judgement.right) - known.right)
        if judgement.shown:
            known.wrong = (known.wrong * known.shown + float(not judgement.right)) / (known.shown + 1)
            known.shown = min(MOST_SHOWN, known.shown + 1)

    def remember(self, earlier: Iterable[Judgement]) -> None:
        """Learn from earlier sessions, the latest last; what this one has judged already stands."""
        known = set(self._judged)
        fresh = [one for one in earlier if (one.model, one.language_id) not in known]
        present, self._judged = self._judged, OrderedDict()
        for judgement in fresh:
            self.judged(judgement)
        self._judged.update(present)
        self._keep_the_latest()

    def often_right(self, model: ModelReference | None, language_id: str) -> float:
        """The share of requests, 0 to 1, that lately were of use; None is the model judged last in this language."""
        if model is None:
            model = next((one for one, language in reversed(self._judged) if language == language_id), None)
        known = None if model is None else self._judged.get((model, language_id))
        return UNKNOWN if known is None else known.right

    def _keep_the_latest(self) -> None:
        while len(self._judged) > KEPT:
            self._judged.popitem(last=False)

    def wrong(self, model: ModelReference, language_id: str) -> Wrong:
        """How often a model was wrong."""
        known = self._judged.get((model, language_id))
        return Wrong() if known is None else Wrong(known.wrong, known.shown)
