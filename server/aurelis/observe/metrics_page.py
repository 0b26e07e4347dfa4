"""The page that a scraper reads: the numbers in Prometheus' text format.

It stands by itself because only who serves the page needs the library that writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from aurelis.observe.numbers import BUCKETS, LABELS, Numbers, Series

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_HELP: Final = {
    "aurelis_requests": "Requests that ended, by model, task and whether a cache answered.",
    "aurelis_tokens": "Tokens that were paid for, prompt and completion.",
    "aurelis_errors": "Failed candidates and requests, by kind and category of error.",
    "aurelis_cache_hits": "Requests that a cache layer answered.",
    "aurelis_cost_usd": "US dollars spent where the price is known.",
    "aurelis_request_duration_seconds": "Seconds from request to the end of the answer.",
    "aurelis_time_to_first_token_seconds": "Seconds from request to the first token.",
    "aurelis_model_health": "Health of a model from 0 to 1, the worst of all processes.",
    "aurelis_breaker_state": "Circuit breaker: 0 closed, 1 half open, 2 open, the worst of all processes.",
}

Value = TypeVar("Value")


def page(numbers: Numbers) -> bytes:
    """The numbers in Prometheus' text format, of type `CONTENT_TYPE`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(numbers))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterable[Metric]:
        """One family for each name, without series while nothing was counted."""
        for name, labels in LABELS.items():
            if name.endswith("_seconds"):
                histogram = HistogramMetricFamily(name, _HELP[name], labels=labels)
                for values, cells in _of(name, self._numbers.histograms):
                    histogram.add_metric(values, list(_cumulative(cells)), sum_value=cells[-1])
                yield histogram
            elif name in {"aurelis_model_health", "aurelis_breaker_state"}:
                gauge = GaugeMetricFamily(name, _HELP[name], labels=labels)
                for values, value in _of(name, self._numbers.gauges):
                    gauge.add_metric(values, value)
                yield gauge
            else:
                counter = CounterMetricFamily(name, _HELP[name], labels=labels)
                for values, value in _of(name, self._numbers.counters):
                    counter.add_metric(values, value)
                yield counter


def _of(name: str, series: dict[Series, Value]) -> Iterator[tuple[tuple[str, ...], Value]]:
    return ((found[1], series[found]) for found in sorted(series) if found[0] == name)


def _cumulative(cells: list[float]) -> Iterator[tuple[str, float]]:
    total = 0.0
    for bound, count in zip([*map(str, BUCKETS), "+Inf"], cells, strict=False):
        total += count
        yield bound, total
