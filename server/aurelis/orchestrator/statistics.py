"""What this process has measured of each model: speed and failures, for routing, hedging and the live statistics.

Measurements fade with a half-life, so that a model that was slow or failing an hour ago is tried again.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from typing import Final

import attrs

from aurelis.core.deadline import Clock
from aurelis.core.model import ModelReference
from aurelis.core.request import Task
from aurelis.orchestrator.judgements import Judgements, Wrong

MODELS: Final = 500
"""Models measured; the one used longest ago goes first."""
SAMPLES: Final = 100
"""Times to the first token kept for each model."""
MECHANISMS: Final = 100
"""Names that are counted; they come from a fixed list, so the bound is never met."""
HALF_LIFE_SECONDS: Final = 600.0
MINIMUM_FOR_P95: Final = 20


@attrs.define
class _Measured:
    weight: float = 0.0
    first_token_ms: float = 0.0
    failures: float = 0.0
    at: float = 0.0
    samples: deque[float] = attrs.field(factory=lambda: deque(maxlen=SAMPLES))


@attrs.frozen
class ModelStatistics:
    """A model's measurements now: how many (faded) samples, mean milliseconds to the first token, share of failures.

    `wrong` is how often nobody took what it suggested, where it completes.
    """

    weight: float
    first_token_ms: float
    failure_rate: float
    wrong: Wrong = attrs.field(factory=Wrong)


@attrs.define
class _Totals:
    count: int = 0
    duration_ms: float = 0.0


class LiveStatistics:
    """Counters of this process since it started; `judgements` know of earlier ones too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._models: OrderedDict[ModelReference, _Measured] = OrderedDict()
        self._by_task: dict[Task, _Totals] = {}
        self._by_model: OrderedDict[ModelReference, _Totals] = OrderedDict()
        self.judgements = Judgements()
        self.active = 0
        self.mechanisms: Counter[str] = Counter()

    def count(self, mechanism: str) -> None:
        """Something other than a plain call happened: `shared`, `hedged`, `skipped:breaker`, `error:timeout`, ..."""
        if mechanism in self.mechanisms or len(self.mechanisms) < MECHANISMS:
            self.mechanisms[mechanism] += 1

    def answered(self, model: ModelReference, first_token_ms: float) -> None:
        """A model gave its first token after so many milliseconds."""
        measured = self._faded(model)
        measured.first_token_ms = (measured.first_token_ms * measured.weight + first_token_ms) / (measured.weight + 1)
        measured.failures = measured.failures * measured.weight / (measured.weight + 1)
        measured.weight += 1
        measured.samples.append(first_token_ms)

    def failed(self, model: ModelReference) -> None:
        """A model failed in a way that counts for performance."""
        measured = self._faded(model)
        measured.failures = (measured.failures * measured.weight + 1) / (measured.weight + 1)
        measured.weight += 1

    def of(self, model: ModelReference, *, completes: str | None = None) -> ModelStatistics:
        """What is known of a model now; whether its completions are taken counts where it `completes` a language."""
        wrong = Wrong() if completes is None else self.judgements.wrong(model, completes)
        if model not in self._models:
            return ModelStatistics(0.0, 0.0, 0.0, wrong)
        measured = self._faded(model)
        return ModelStatistics(measured.weight, measured.first_token_ms, measured.failures, wrong)

    def all(self) -> dict[ModelReference, ModelStatistics]:
        """What is known of every model that was measured or asked."""
        return {model: self.of(model) for model in [*self._models, *(self._by_model.keys() - self._models.keys())]}

    def first_token_p95_ms(self, model: ModelReference) -> float | None:
        """The 95th percentile of the last times to the first token; None while there are too few."""
        measured = self._models.get(model)
        if measured is None or len(measured.samples) < MINIMUM_FOR_P95:
            return None
        ordered = sorted(measured.samples)
        return ordered[math.ceil(0.95 * len(ordered)) - 1]

    def finished(self, task: Task, model: ModelReference | None, duration_ms: float) -> None:
        """A request ended, however it ended."""
        totals = self._by_task.setdefault(task, _Totals())
        totals.count += 1
        totals.duration_ms += duration_ms
        if model is not None:
            of_model = self._by_model.setdefault(model, _Totals())
            self._by_model.move_to_end(model)
            if len(self._by_model) > MODELS:
                self._by_model.popitem(last=False)
            of_model.count += 1
            of_model.duration_ms += duration_ms

    def asked_last(self, provider: str) -> ModelReference | None:
        """The provider's model that a request ended with last."""
        return next((model for model in reversed(self._by_model) if model.provider == provider), None)

    def snapshot(self) -> dict[str, object]:
        """The live numbers as plain data: active count, and count and mean duration by task and by model."""

        def row(totals: _Totals) -> dict[str, float]:
            return {"count": totals.count, "meanDurationMs": round(totals.duration_ms / max(1, totals.count), 1)}

        return {
            "active": self.active,
            "mechanisms": dict(sorted(self.mechanisms.items())),
            "byTask": {str(task): row(totals) for task, totals in self._by_task.items()},
            "byModel": {str(model): row(totals) for model, totals in self._by_model.items()},
        }

    def _faded(self, model: ModelReference) -> _Measured:
        now = self._clock.monotonic()
        measured = self._models.setdefault(model, _Measured(at=now))
        self._models.move_to_end(model)
        if len(self._models) > MODELS:
            self._models.popitem(last=False)
        faded = 0.5 ** ((now - measured.at) / HALF_LIFE_SECONDS)
        measured.weight *= faded
        measured.at = now
        return measured
