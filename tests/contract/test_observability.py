"""What the running server tells about itself: alerts, health, the audit log, metrics, OpenTelemetry."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from aurelis.orchestrator.breaker import BreakerState
from contract.gate import Upstream, desk
from fixtures.processes import free_port

CHANGE = ("component", "status", "responseMs", "error")
ONCE = {"server": {"attempts": 1}}
SOURCE = "def planted_canary(first, second):\n    return first + second\n"


async def audit_lines(place: Path) -> list[dict[str, Any]]:
    """The audit log of a home, in its order."""

    def read() -> list[dict[str, Any]]:
        files = place.glob("home/**/audit.jsonl")
        return [json.loads(line) for path in files for line in path.read_text("ascii").splitlines()]

    return await asyncio.to_thread(read)


async def test_a_refused_token_is_told_once_and_noted(tmp_path: Path) -> None:
    """One alert however often it fails, an event in the audit log, a health record that says so; then all is well."""
    async with Upstream() as upstream:
        upstream.status = 401
        settings = upstream.settings({"apiKeyEnv": "A_KEY"})
        async with desk(tmp_path, settings, env={"A_KEY": "planted-token-1"}) as place:
            uri = place.open("a.py", SOURCE)
            for _ in range(3):
                error = await place.refused("explain", textDocument={"uri": uri})
                assert error["data"]["kind"] == "auth"
            record = await place.command("health")
            assert record["overall"] == "unhealthy"
            assert record["components"]["authentication"]["status"] == "unhealthy"
            assert record["components"]["network"]["status"] == "healthy"
            (alert,) = [
                shown for shown in place.editor.all("window/showMessage") if "uthentication" in shown["message"]
            ]
            assert alert["type"] == 2
            assert "aurelis login custom" in alert["message"]
            upstream.status = 200
            token = {"provider": "custom", "token": "planted-token-2"}
            await place.editor.request("aurelis/auth/setToken", token)
            await place.editor.message("window/logMessage", lambda told: told["message"] == "Authentication: healthy.")
            await place.command("explain", textDocument={"uri": uri})
            history = (await place.command("health"))["history"]
            states = [change["status"] for change in history if change["component"] == "authentication"]
            assert states[:2] == ["healthy", "unhealthy"]
            assert {name for change in history for name in change} == {"timestamp", *CHANGE}
            assert "planted-token" not in place.told()
    rejected = [line for line in await audit_lines(tmp_path) if line["event"] == "token_rejected"]
    assert {line["severity"] for line in rejected} == {"warning"}
    assert rejected[0]["detail"].startswith("custom at 127.0.0.1:")


async def test_a_redirect_to_another_origin_is_noted(tmp_path: Path) -> None:
    """The event is in the audit log with the gravest severity, and nothing was sent on."""
    async with Upstream() as upstream, Upstream() as other:
        upstream.redirect = f"{other.url}/v1/chat/completions"
        async with desk(tmp_path, upstream.settings()) as place:
            await place.refused("explain", textDocument={"uri": place.open("a.py", SOURCE)})
        assert other.requests == []
    events = {(line["event"], line["severity"]) for line in await audit_lines(tmp_path)}
    assert ("redirect_blocked", "high") in events


async def test_a_model_that_keeps_failing_is_told_once(tmp_path: Path) -> None:
    """When its breaker opens there is one alert, a warning in the status and a degraded component."""
    async with Upstream() as upstream:
        upstream.status = 500
        settings = upstream.settings(breaker={"failureThreshold": 2}, retry={"server": {"attempts": 1}})
        async with desk(tmp_path, settings, capabilities={"experimental": {"aurelis": True}}) as place:
            uri = place.open("a.py", SOURCE)
            for _ in range(4):
                await place.refused("explain", textDocument={"uri": uri})
            record = await place.command("health")
            assert record["overall"] == "degraded"
            assert record["components"]["models"]["status"] == "degraded"
            assert "custom/m" in record["components"]["models"]["error"]
            assert len([told for told in place.editor.all("window/showMessage") if "Models" in told["message"]]) == 1
            assert place.editor.all("aurelis/status")[-1]["health"] == "warning"


@pytest.mark.parametrize("required", [True, False])
async def test_an_audit_log_that_cannot_be_written(tmp_path: Path, *, required: bool) -> None:
    """It refuses requests where it is required, saying what to do, until that is done; else it only warns."""
    (tmp_path / "in the way").write_text("a file")
    audit = {"path": str(tmp_path / "in the way" / "audit"), "required": required}
    async with Upstream() as upstream:
        async with desk(tmp_path, upstream.settings(privacy={"audit": audit})) as place:
            uri = place.open("a.py", SOURCE)
            if required:
                error = await place.refused("explain", textDocument={"uri": uri})
                assert error["data"]["kind"] == "configuration"
                assert "privacy.audit.required" in error["message"]
                assert upstream.asked == []
                (tmp_path / "in the way").unlink()
            await place.command("explain", textDocument={"uri": uri})
        assert "The audit log cannot be written" in place.errors.read_text("utf-8")


class Collector:
    """What OpenTelemetry's exporters were told to send to."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[bytes]] = {"/v1/traces": [], "/v1/metrics": []}
        self.url = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Take what comes."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
        self.bodies[head.split(" ")[1]].append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()


async def test_spans_and_metrics_go_to_the_collector_that_the_user_named(tmp_path: Path) -> None:
    """With metrics.otel on, a request is a client span and figures by the conventions, and holds no text of it."""
    collector = Collector()
    async with Upstream() as upstream, collector.listening():
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
        async with desk(tmp_path, upstream.settings(metrics={"otel": True}), env=env) as place:
            await place.command("explain", textDocument={"uri": place.open("a.py", SOURCE)})
    spans = [
        span
        for body in collector.bodies["/v1/traces"]
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert [span.name for span in spans] == ["chat m"]
    names = {
        metric.name
        for body in collector.bodies["/v1/metrics"]
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert {"gen_ai.client.operation.duration", "gen_ai.client.token.usage"} <= names
    assert b"planted_canary" not in b"".join(part for bodies in collector.bodies.values() for part in bodies)


async def test_a_collector_that_does_not_answer_holds_nobody_up(tmp_path: Path) -> None:
    """Requests are answered and the server leaves, whatever becomes of the telemetry."""
    async with Upstream() as upstream:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
        async with desk(tmp_path, upstream.settings(metrics={"otel": True}), env=env) as place:
            await place.command("explain", textDocument={"uri": place.open("a.py", SOURCE)})


async def scraped(port: int) -> dict[str, list[tuple[dict[str, str], float]]]:
    """The page for Prometheus: labels and value by the name of the sample."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert b"200 OK" in head
    assert b"# HELP aurelis_requests_total " in body
    assert b"# TYPE aurelis_requests_total counter\n" in body
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


async def test_statistics_and_metrics_tell_the_same(tmp_path: Path) -> None:
    """What `aurelis.stats` adds up from the store is what a scraper reads, over two processes of one person."""
    port = free_port()
    async with Upstream() as upstream:
        models = {"m": {"price": {"input": 3.0, "output": 15.0}}}
        settings = upstream.settings({"models": models}, metrics={"prometheusPort": port}, retry=ONCE)
        async with desk(tmp_path, settings) as first, desk(tmp_path, settings) as second:
            for place in (first, second):
                uri = place.open("a.py", SOURCE)
                await place.command("explain", textDocument={"uri": uri})
                await place.command("explain", textDocument={"uri": uri})
                await place.command("ask", question=f"why, {place.process.pid}?")
            upstream.status = 500
            await first.refused("ask", question="what?")
        # Whoever comes next reads what both have left.
        async with desk(tmp_path, settings) as third:
            totals = (await third.command("stats"))["totals"]
            page = await scraped(port)

    def total(name: str, **labels: str) -> float:
        return sum(value for found, value in page[name] if labels.items() <= found.items())

    assert totals["requests"] == total("aurelis_requests_total") == 7
    assert sum(totals["cacheHits"].values()) == total("aurelis_requests_total", cached="true") == 3
    assert totals["tokens"]["prompt"] == total("aurelis_tokens_total", usage_type="prompt") == 3000
    assert totals["tokens"]["completion"] == total("aurelis_tokens_total", usage_type="completion") == 300
    assert totals["costUsd"] == pytest.approx(total("aurelis_cost_usd_total"))
    assert totals["errors"] == total("aurelis_errors_total", error_category="model_error") == 1
    assert total("aurelis_request_duration_seconds_count") == 7


async def test_a_provider_that_is_out_has_no_health(tmp_path: Path) -> None:
    """An alarm on a model's health sees the refused token too, though no failure of the model's was measured."""
    port = free_port()
    async with Upstream() as upstream:
        upstream.status = 401
        async with desk(tmp_path, upstream.settings({}, metrics={"prometheusPort": port})) as place:
            assert (await place.refused("ask", question="what?"))["data"]["kind"] == "auth"
            page = await scraped(port)
    assert [value for _, value in page["aurelis_model_health"]] == [0.0]
    assert [value for _, value in page["aurelis_breaker_state"]] == [0.0]


async def test_a_breaker_whose_rest_is_over_is_half_open_on_the_page(tmp_path: Path) -> None:
    """Nobody need ask the model again for a scraper to see that it may be asked."""
    port = free_port()
    async with Upstream() as upstream:
        upstream.status = 500
        settings = upstream.settings({}, metrics={"prometheusPort": port}, retry=ONCE)
        async with desk(tmp_path, settings | {"breaker": {"failureThreshold": 1, "recoverySeconds": 1}}) as place:
            await place.refused("ask", question="what?")
            async with asyncio.timeout(20):
                while (page := await scraped(port))["aurelis_breaker_state"][0][1] == BreakerState.OPEN:
                    pass
    assert page["aurelis_breaker_state"][0][1] == BreakerState.HALF_OPEN


@pytest.mark.parametrize("level", ["warning", "debug"])
async def test_no_level_of_the_log_tells_a_secret(tmp_path: Path, level: str) -> None:
    """Tokens, prompts, questions and source text are in no log and no file, at any level, whatever fails."""
    planted = ("planted-token-of-the-environment", "planted_token_of_the_editor", "planted_canary", "planted question")
    async with Upstream() as upstream:
        settings = upstream.settings({"apiKeyEnv": "A_KEY"}, log={"level": level}, retry=ONCE)
        async with desk(tmp_path, settings, env={"A_KEY": planted[0], "AURELIS_LOG": level}) as place:
            uri = place.open("a.py", SOURCE)
            place.editor.edit(uri, 2, "x", (0, 0, 0, 0))
            await place.command("explain", textDocument={"uri": uri})
            await place.ghost(uri, 1, 10)
            await place.hover(uri, 0, 6)
            await place.command("ask", question="planted question")
            upstream.says = "planted_canary"
            await place.refused("refactor", textDocument={"uri": uri}, instruction="planted question")
            for status in (500, 401):
                upstream.status = status
                await place.refused("ask", question=f"planted question {status}")
            await place.editor.request("aurelis/auth/setToken", {"provider": "custom", "token": planted[1]})
            await place.refused("explain", textDocument={"uri": "file:///planted_canary.py"})
            place.editor.notify("textDocument/didOpen", {"textDocument": {"text": "planted_canary"}})
            place.editor.send(b'{"planted_canary": ')
            await place.editor.failure("textDocument/hover", {"textDocument": "planted_canary"})
            place.editor.received.clear()
        told = place.told()
        assert "custom" in told
        assert [word for word in planted if word in told] == []
        assert "Traceback" not in told
        assert ("DEBUG" in place.errors.read_text("utf-8")) is (level == "debug")
