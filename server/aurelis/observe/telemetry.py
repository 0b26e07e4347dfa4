"""Spans and metrics of model calls for OpenTelemetry, an optional extra of the package.

Names follow the semantic conventions for generative AI clients
(https://opentelemetry.io/docs/specs/semconv/gen-ai/). No prompt and no answer is ever an attribute. Where to send them
is said by OpenTelemetry's own environment variables (`OTEL_EXPORTER_OTLP_ENDPOINT` and so on); exporting happens on the
library's own threads, whose queues are bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider

from aurelis.core.record import CallRecord, SecurityEvent, SentPrompt
from aurelis.core.request import Task

SCOPE: Final = "aurelis"

DURATION_BUCKETS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKEN_BUCKETS: Final = tuple(4.0**power for power in range(14))
"""Both as the conventions advise."""

_NANOSECONDS: Final = 1_000_000_000


class Closing(Protocol):
    """What is shut down at the end: OpenTelemetry's providers."""

    def shutdown(self) -> Any:
        """Send what waits and stop."""


class Telemetry:
    """The `Recorder` port over OpenTelemetry: one client span and its metrics for each request that asked a model.

    Args:
        tracers: where spans go.
        meters: where metrics go.
        closing: what `close` shuts down.
    """

    def __init__(self, tracers: TracerProvider, meters: MeterProvider, closing: tuple[Closing, ...] = ()) -> None:
        meter = meters.get_meter(SCOPE)
        self._tracer = tracers.get_tracer(SCOPE)
        self._closing = closing
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration",
            "s",
            "GenAI operation duration.",
            explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
        )
        self._first = meter.create_histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            "s",
            "Time to receive the first chunk.",
            explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=TOKEN_BUCKETS,
        )

    def record(self, record: CallRecord, sent: SentPrompt | None) -> None:
        """Report a finished request, unless no model was asked for it."""
        if record.model is None or record.host is None or record.cached is not None:
            return
        common = _attributes(record, fills=sent is not None and sent.prefix is not None)
        self._span(record, common)
        self._duration.record(record.duration_ms / 1_000, common)
        if record.time_to_first_token_ms is not None:
            self._first.record(record.time_to_first_token_ms / 1_000, common)
        for kind, count in (("input", record.usage.prompt_tokens), ("output", record.usage.completion_tokens)):
            if count:
                self._tokens.record(count, {**common, "gen_ai.token.type": kind})

    def security_event(self, event: SecurityEvent) -> None:
        """Nothing: events belong to the audit log."""

    def close(self) -> None:
        """Send what waits and stop; blocks for as long as the exporter's own time limit."""
        for part in self._closing:
            part.shutdown()

    def _span(self, record: CallRecord, common: Mapping[str, str | int]) -> None:
        start = int(record.started_at * _NANOSECONDS)
        span = self._tracer.start_span(
            f"{common['gen_ai.operation.name']} {common['gen_ai.request.model']}",
            kind=SpanKind.CLIENT,
            start_time=start,
            attributes={
                **common,
                "gen_ai.usage.input_tokens": record.usage.prompt_tokens,
                "gen_ai.usage.output_tokens": record.usage.completion_tokens,
                "aurelis.request_id": record.request_id,
                "aurelis.task": record.task.value,
                "aurelis.attempts": len(record.attempts),
                "aurelis.incomplete": record.incomplete,
            },
        )
        if record.time_to_first_token_ms is not None:
            span.set_attribute("gen_ai.response.time_to_first_chunk", record.time_to_first_token_ms / 1_000)
        if "error.type" in common:
            span.set_status(Status(StatusCode.ERROR))
        span.end(start + record.duration_ms * (_NANOSECONDS // 1_000))


def open_telemetry(version: str) -> Telemetry:
    """Telemetry as OpenTelemetry's environment variables say, sent by OTLP over HTTP.

    Blocks for up to a second, as the exporters are imported here.

    Raises:
        ImportError: when the extra is not installed.
    """
    # The exporters belong to the extra's heavier half: tests and other callers of this module do without them.
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415  # heavy and optional
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  # heavy and optional
    from opentelemetry.sdk.metrics import MeterProvider as SdkMeterProvider  # noqa: PLC0415  # heavy and optional
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415  # heavy and optional
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # heavy and optional
    from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider  # noqa: PLC0415  # heavy and optional
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  # heavy and optional

    resource = Resource.create({"service.name": "aurelis", "service.version": version})
    tracers = SdkTracerProvider(resource=resource, shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    meters = SdkMeterProvider([reader], resource=resource, shutdown_on_exit=False)
    return Telemetry(tracers, meters, (tracers, meters))


def _attributes(record: CallRecord, *, fills: bool) -> dict[str, str | int]:
    if record.model is None or record.host is None:
        raise ValueError("no model was asked")
    address, _, port = record.host.rpartition(":")
    found: dict[str, str | int] = {
        "gen_ai.operation.name": "text_completion" if fills and record.task is Task.COMPLETION else "chat",
        "gen_ai.provider.name": record.model.provider,
        "gen_ai.request.model": record.model.model,
        "server.address": address if port.isdigit() and address else record.host,
    }
    if port.isdigit() and address:
        found["server.port"] = int(port)
    if record.outcome.startswith("error:"):
        found["error.type"] = record.outcome.removeprefix("error:")
    elif record.outcome == "cancelled":
        found["error.type"] = "cancelled"
    return found
