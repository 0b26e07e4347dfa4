"""The product's numbers as plain data that adds up: of one process, of several, of those that have ended.

Names, labels and meaning are the contract's (docs/observability.md). Counting needs no library; `metrics.py` shows the
numbers in Prometheus' form and `metrics_share.py` merges them over processes.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from aurelis.core.errors import ErrorKind
from aurelis.core.record import CallRecord

LABELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "aurelis_requests": ("model", "task_type", "cached"),
        "aurelis_tokens": ("model", "usage_type"),
        "aurelis_errors": ("model", "error_type", "error_category"),
        "aurelis_cache_hits": ("layer",),
        "aurelis_cost_usd": ("model",),
        "aurelis_request_duration_seconds": ("model",),
        "aurelis_time_to_first_token_seconds": ("model",),
        "aurelis_model_health": ("model",),
        "aurelis_breaker_state": ("model",),
    }
)

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Upper bounds in seconds, from a memory hit to the longest answer allowed."""

MAX_SERIES: Final = 2_000
"""Series in all; what comes later is counted under the model `other`."""

NO_MODEL: Final = "none"
OTHER_MODEL: Final = "other"

ERROR_CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ErrorKind.RATE_LIMIT.value: "rate_limit",
        ErrorKind.AUTH.value: "authentication",
        ErrorKind.NETWORK.value: "connection",
        ErrorKind.TIMEOUT.value: "connection",
        ErrorKind.UNAVAILABLE.value: "model_error",
        ErrorKind.GONE.value: "model_error",
        ErrorKind.TOO_LARGE.value: "model_error",
        ErrorKind.CONTENT_FILTER.value: "model_error",
        ErrorKind.INVALID_RESPONSE.value: "model_error",
        ErrorKind.REJECTED.value: "model_error",
    }
)
"""Categories by kind of error; kinds that are not named are `unknown`."""

Series = tuple[str, tuple[str, ...]]


@attrs.define
class Numbers:
    """Counters, histograms and gauges by name and label values.

    A histogram is the count of each bucket, the count above the last one, and the sum in seconds.
    """

    counters: dict[Series, float] = attrs.field(factory=dict)
    histograms: dict[Series, list[float]] = attrs.field(factory=dict)
    gauges: dict[Series, float] = attrs.field(factory=dict)

    def count(self, name: str, labels: tuple[str, ...], by: float = 1.0) -> None:
        """Add to a counter."""
        series = _bounded(self.counters, name, labels)
        self.counters[series] = self.counters.get(series, 0.0) + by

    def observe(self, name: str, labels: tuple[str, ...], seconds: float) -> None:
        """Add a duration to a histogram."""
        series = _bounded(self.histograms, name, labels)
        cells = self.histograms.setdefault(series, [0.0] * (len(BUCKETS) + 2))
        cells[bisect.bisect_left(BUCKETS, seconds)] += 1.0
        cells[-1] += seconds

    def gauge(self, name: str, labels: tuple[str, ...], value: float) -> None:
        """Set a gauge."""
        self.gauges[_bounded(self.gauges, name, labels)] = value

    def add(self, record: CallRecord) -> None:
        """Count a finished request."""
        model = NO_MODEL if record.model is None else str(record.model)
        self.count("aurelis_requests", (model, record.task.value, "false" if record.cached is None else "true"))
        self.observe("aurelis_request_duration_seconds", (model,), record.duration_ms / 1_000)
        if record.time_to_first_token_ms is not None:
            self.observe("aurelis_time_to_first_token_seconds", (model,), record.time_to_first_token_ms / 1_000)
        if record.cached is not None:
            self.count("aurelis_cache_hits", (record.cached,))
        else:
            self.count("aurelis_tokens", (model, "prompt"), record.usage.prompt_tokens)
            self.count("aurelis_tokens", (model, "completion"), record.usage.completion_tokens)
            if record.cost_usd:
                self.count("aurelis_cost_usd", (model,), record.cost_usd)
        for failed, kind in failures(record):
            self.count("aurelis_errors", (failed, kind, ERROR_CATEGORIES.get(kind, "unknown")))


def failures(record: CallRecord) -> tuple[tuple[str, str], ...]:
    """Model and kind of every failure within a request: one for each candidate that failed, or the request's own."""
    failed = tuple(
        (attempt.model, attempt.outcome.removeprefix("error:"))
        for attempt in record.attempts
        if attempt.outcome.startswith("error:")
    )
    if failed or not record.outcome.startswith("error:"):
        return failed
    return ((NO_MODEL if record.model is None else str(record.model), record.outcome.removeprefix("error:")),)


def merge(all_numbers: Iterable[Numbers]) -> Numbers:
    """The sum of counters and histograms; of gauges the worst: the lowest health, the highest breaker state."""
    total = Numbers()
    for numbers in all_numbers:
        for series, value in numbers.counters.items():
            total.counters[series] = total.counters.get(series, 0.0) + value
        for series, cells in numbers.histograms.items():
            present = total.histograms.setdefault(series, [0.0] * len(cells))
            total.histograms[series] = [left + right for left, right in zip(present, cells, strict=True)]
        for series, value in numbers.gauges.items():
            worst = min if series[0] == "aurelis_model_health" else max
            total.gauges[series] = worst(total.gauges.get(series, value), value)
    return total


def to_plain(numbers: Numbers) -> dict[str, Any]:
    """The numbers as JSON data."""
    return {
        "counters": [[name, *labels, value] for (name, labels), value in numbers.counters.items()],
        "histograms": [[name, *labels, cells] for (name, labels), cells in numbers.histograms.items()],
        "gauges": [[name, *labels, value] for (name, labels), value in numbers.gauges.items()],
    }


def from_plain(data: Any) -> Numbers:
    """The numbers that `to_plain` wrote.

    Raises:
        ValueError: when the data are not such numbers.
    """
    try:
        return Numbers(
            {_series(name, labels): float(value) for name, *labels, value in data["counters"][:MAX_SERIES]},
            {_series(name, labels): _cells(cells) for name, *labels, cells in data["histograms"][:MAX_SERIES]},
            {_series(name, labels): float(value) for name, *labels, value in data["gauges"][:MAX_SERIES]},
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError("the data are not numbers of this product") from error


def _series(name: Any, labels: list[Any]) -> Series:
    if len(labels) != len(LABELS[name]) or not all(isinstance(label, str) for label in labels):
        raise ValueError("the labels do not fit the name")
    return name, tuple(labels)


def _cells(cells: Any) -> list[float]:
    if len(cells) != len(BUCKETS) + 2:
        raise ValueError("the buckets are not those of this version")
    return [float(cell) for cell in cells]


def _bounded(known: Mapping[Series, Any], name: str, labels: tuple[str, ...]) -> Series:
    series = (name, labels)
    if series in known or len(known) < MAX_SERIES or LABELS[name][0] != "model":
        return series
    return name, (OTHER_MODEL, *labels[1:])
