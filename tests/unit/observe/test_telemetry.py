from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from aurelis.core.record import CallRecord, SentPrompt
from aurelis.observe.telemetry import Telemetry

MakeRecord = Callable[..., CallRecord]
MakeSent = Callable[..., SentPrompt]


@attrs.frozen
class Collected:
    """Telemetry and what it has reported so far."""

    telemetry: Telemetry
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def spans(self) -> tuple[ReadableSpan, ...]:
        return tuple(self.exporter.get_finished_spans())

    def points(self) -> dict[str, list[Any]]:
        data = self.reader.get_metrics_data()
        scopes = [] if data is None else [scope for part in data.resource_metrics for scope in part.scope_metrics]
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}


@pytest.fixture
def collected() -> Iterator[Collected]:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    meters = MeterProvider([reader], shutdown_on_exit=False)
    telemetry = Telemetry(tracers, meters, (tracers, meters))
    yield Collected(telemetry, exporter, reader)
    telemetry.close()


def test_a_request_is_a_client_span(collected: Collected, make_record: MakeRecord) -> None:
    """A span has the conventions' names, the request's own times, and no text of the prompt."""
    collected.telemetry.record(make_record(started_at=1_000.5, duration_ms=250), None)
    (span,) = collected.spans()
    assert (span.name, span.kind) == ("chat default", SpanKind.CLIENT)
    assert (span.start_time, span.end_time) == (1_000_500_000_000, 1_000_750_000_000)
    assert span.attributes is not None
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "sandbox",
        "gen_ai.request.model": "default",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.response.time_to_first_chunk": 0.04,
        "server.address": "127.0.0.1",
        "server.port": 1,
        "aurelis.request_id": "r1",
        "aurelis.task": "completion",
        "aurelis.attempts": 1,
        "aurelis.incomplete": False,
    }


@pytest.mark.parametrize(("outcome", "kind"), [("error:timeout", "timeout"), ("cancelled", "cancelled")])
def test_a_failure_has_a_kind(collected: Collected, make_record: MakeRecord, outcome: str, kind: str) -> None:
    """A request that failed or was cancelled is an error of that kind."""
    collected.telemetry.record(make_record(outcome=outcome), None)
    (span,) = collected.spans()
    assert span.attributes is not None
    assert (span.attributes["error.type"], span.status.status_code) == (kind, StatusCode.ERROR)


def test_a_filled_hole_is_a_text_completion(collected: Collected, make_sent: MakeSent) -> None:
    """A request that was sent as prefix and suffix is named so, and neither is reported."""
    sent = attrs.evolve(make_sent(), prefix="def planted(", suffix=")")
    collected.telemetry.record(sent.record, sent)
    (span,) = collected.spans()
    assert span.name == "text_completion default"
    assert "planted" not in span.to_json()


def test_metrics_are_the_conventions(collected: Collected, make_record: MakeRecord) -> None:
    """Durations and tokens are histograms with the conventions' names, in seconds and tokens."""
    for _ in range(2):
        collected.telemetry.record(make_record(), None)
    points = collected.points()
    assert points["gen_ai.client.operation.duration"][0].sum == pytest.approx(0.24)
    assert points["gen_ai.client.operation.time_to_first_chunk"][0].count == 2
    tokens = {point.attributes["gen_ai.token.type"]: point.sum for point in points["gen_ai.client.token.usage"]}
    assert tokens == {"input": 20, "output": 10}


@pytest.mark.parametrize("changes", [{"cached": "disk", "outcome": "cached"}, {"model": None}, {"host": None}])
def test_without_a_model_asked_nothing_is_reported(
    collected: Collected, make_record: MakeRecord, changes: dict[str, object]
) -> None:
    """An answer from a cache and a request that was refused here are no model calls."""
    collected.telemetry.record(make_record(**changes), None)
    assert collected.spans() == ()
    assert collected.points() == {}
