from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from aurelis.core.model import ModelReference
from aurelis.core.record import CallRecord
from aurelis.core.reply import Attempt
from aurelis.core.request import Task
from aurelis.observe.metrics import Metrics
from aurelis.observe.metrics_page import page
from aurelis.observe.metrics_server import MetricsServer
from aurelis.observe.metrics_share import SharedNumbers
from aurelis.observe.numbers import MAX_SERIES, Numbers, from_plain, merge, to_plain
from fixtures.hand_clock import HandClock
from fixtures.records import PLAIN

MakeRecord = Callable[..., CallRecord]
CONTRACT = {
    "aurelis_requests_total": {"model", "task_type", "cached"},
    "aurelis_request_duration_seconds_bucket": {"model", "le"},
    "aurelis_time_to_first_token_seconds_bucket": {"model", "le"},
    "aurelis_tokens_total": {"model", "usage_type"},
    "aurelis_errors_total": {"model", "error_type", "error_category"},
    "aurelis_model_health": {"model"},
    "aurelis_breaker_state": {"model"},
}


def samples(content: bytes) -> dict[str, list[tuple[dict[str, str], float]]]:
    """What a scraper reads: labels and value by the sample's name."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_names_and_labels_are_the_contracts(make_record: MakeRecord) -> None:
    """Every metric of the contract is there under its name, with exactly its labels."""
    metrics = Metrics()
    metrics.record(make_record(outcome="error:auth", attempts=()), None)
    metrics.model_health("sandbox/default", 1.5)
    metrics.breaker_state("sandbox/default", 2)
    found = samples(page(metrics.numbers))
    for name, labels in CONTRACT.items():
        assert {frozenset(sample[0]) for sample in found[name]} == {frozenset(labels)}, name
    assert found["aurelis_model_health"][0][1] == 1.0
    assert found["aurelis_breaker_state"][0][1] == 2.0


def test_an_empty_page_can_be_read() -> None:
    """Before the first request the page is well formed and holds no series."""
    assert samples(page(Numbers())) == {}


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("rate_limit", "rate_limit"),
        ("auth", "authentication"),
        ("network", "connection"),
        ("timeout", "connection"),
        ("unavailable", "model_error"),
        ("invalid_response", "model_error"),
        ("consent", "unknown"),
    ],
)
def test_errors_have_a_category(make_record: MakeRecord, kind: str, category: str) -> None:
    """Each candidate that failed counts under its own model, kind and category."""
    attempts = (Attempt("a/b", f"error:{kind}", None, 1), Attempt("c/d", "ok", 200, 1), Attempt("e/f", "skipped:quota"))
    metrics = Metrics()
    metrics.record(make_record(attempts=attempts), None)
    assert metrics.numbers.counters["aurelis_errors", ("a/b", kind, category)] == 1.0
    assert sum(name == "aurelis_errors" for name, _ in metrics.numbers.counters) == 1


def test_a_hit_costs_nothing(make_record: MakeRecord) -> None:
    """An answer from a cache counts as a request and a hit, not as tokens or money."""
    metrics = Metrics()
    metrics.record(make_record(cached="disk", outcome="cached"), None)
    assert metrics.numbers.counters == {
        ("aurelis_requests", ("sandbox/default", "completion", "true")): 1.0,
        ("aurelis_cache_hits", ("disk",)): 1.0,
    }


def test_series_are_bounded(make_record: MakeRecord) -> None:
    """However many models somebody names, the number of series stays within its bound."""
    metrics = Metrics()
    for number in range(MAX_SERIES + 500):
        metrics.record(make_record(model=ModelReference("p", str(number)), task=Task.FIX), None)
    assert len(metrics.numbers.counters) <= MAX_SERIES + 20
    requests = [value for (name, _), value in metrics.numbers.counters.items() if name == "aurelis_requests"]
    assert sum(requests) == MAX_SERIES + 500


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 700_000), st.booleans(), st.sampled_from(["a", "b"])), max_size=20), st.data())
def test_numbers_of_parts_add_up_to_the_whole(requests: list[tuple[int, bool, str]], data: st.DataObject) -> None:
    """However requests are spread over processes, the sum is what one process would have counted."""
    whole, parts = Numbers(), [Numbers(), Numbers(), Numbers()]
    for duration, cached, name in requests:
        fields = {field: getattr(PLAIN, field) for field in PLAIN.__slots__ if not field.startswith("__")}
        fields |= {"duration_ms": duration, "cached": "disk" if cached else None, "model": ModelReference("p", name)}
        record = CallRecord(**fields)
        whole.add(record)
        parts[data.draw(st.integers(0, 2))].add(record)
    total = merge([from_plain(to_plain(part)) for part in parts])
    assert total.counters == pytest.approx(whole.counters)
    assert {key: cells[:-1] for key, cells in total.histograms.items()} == {
        key: cells[:-1] for key, cells in whole.histograms.items()
    }


@settings(deadline=None, max_examples=50)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_anything_else_is_no_numbers(data: object) -> None:
    """A file that holds something else raises ValueError and nothing else."""
    with pytest.raises(ValueError):  # noqa: PT011  # ValueError is the promise
        from_plain(data)


@pytest.mark.parametrize(("cost", "counted"), [(0.5, 1.0), (0.0, None), (None, None)])
def test_money_is_counted_where_its_price_is_known(
    make_record: MakeRecord, cost: float | None, counted: float | None
) -> None:
    """What costs nothing, or nobody knows how much, makes no series."""
    numbers = Numbers()
    for _ in range(2):
        numbers.add(make_record(cost_usd=cost))
    costs = {name: value for (name, _), value in numbers.counters.items()}
    assert costs.get("aurelis_cost_usd") == counted


def test_gauges_of_several_processes_are_the_worst() -> None:
    """One process that finds a model unhealthy, or its breaker open, is what an alarm is for."""
    parts = []
    for health, breaker in ((1.0, 0.0), (0.25, 2.0), (0.5, 1.0)):
        part = Numbers()
        part.gauge("aurelis_model_health", ("p/m",), health)
        part.gauge("aurelis_breaker_state", ("p/m",), breaker)
        parts.append(part)
    assert set(merge(parts).gauges.values()) == {0.25, 2.0}


def test_a_number_too_large_is_none() -> None:
    """JSON knows whole numbers that no float can hold."""
    with pytest.raises(ValueError):  # noqa: PT011  # ValueError is the promise
        from_plain({"counters": [["aurelis_cache_hits", "disk", 10**400]], "histograms": [], "gauges": []})


def test_the_numbers_of_ended_processes_stay(make_record: MakeRecord, tmp_path: Path) -> None:
    """Counters never fall when a process ends, its gauges go, and its files are cleared away."""
    one, two = SharedNumbers(tmp_path), SharedNumbers(tmp_path)
    numbers = Numbers()
    numbers.add(make_record())
    numbers.gauge("aurelis_model_health", ("m",), 0.5)
    one.publish(numbers)
    two.publish(numbers)
    series = ("aurelis_requests", ("sandbox/default", "completion", "false"))
    assert two.total(numbers).counters[series] == 2.0
    one.leave()
    for _ in range(3):
        total = two.total(Numbers())
        assert total.counters[series] == 1.0
        assert total.gauges == {}
    assert len(list(tmp_path.glob("*.alive"))) == 1
    (tmp_path / "past.json").write_text("damaged")
    (tmp_path / "1-x.json").write_text("damaged")
    assert two.total(numbers).counters[series] == 1.0
    two.leave()


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def get(path: str = "/metrics", host: str = "127.0.0.1", method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


class QuietClock(HandClock):
    """A clock whose sleep lasts until the test ends."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_the_page_is_served_on_loopback(make_record: MakeRecord, tmp_path: Path) -> None:
    """A scraper on this machine gets the numbers."""
    metrics = Metrics()
    server = MetricsServer(QuietClock(), metrics, tmp_path, 0)
    await server.start()
    metrics.record(make_record(), None)
    assert server.port
    head, _, body = (await ask(server.port, get(host=f"localhost:{server.port}"))).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert f"Content-Length: {len(body)}".encode() in head
    assert samples(body)["aurelis_requests_total"][0][1] == 1.0
    await server.aclose()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (get(host="evil.example"), b"403"),
        (get(host="127.0.0.1.evil.example:80"), b"403"),
        (b"GET /metrics HTTP/1.1\r\n\r\n", b"403"),
        (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", b"403"),
        (get(method="POST"), b"405"),
        (get("/other"), b"404"),
        (get("/metrics?x=1"), b"200"),
        (get(method="HEAD"), b"200"),
        (b"\xff\xff\r\n\r\n", b"403"),
    ],
)
async def test_other_requests_are_refused(tmp_path: Path, request_bytes: bytes, status: bytes) -> None:
    """A page of another site cannot read the numbers, and nonsense gets an answer too."""
    server = MetricsServer(QuietClock(), Metrics(), tmp_path, 0)
    await server.start()
    assert server.port
    assert (await ask(server.port, request_bytes)).split()[1] == status
    await server.aclose()


async def test_a_flood_is_cut_off(tmp_path: Path) -> None:
    """A head without end is not read for ever."""
    server = MetricsServer(QuietClock(), Metrics(), tmp_path, 0)
    await server.start()
    assert server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"x" * 100_000)
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        pass
    finally:
        writer.close()
    await server.aclose()


async def test_the_port_passes_on(make_record: MakeRecord, tmp_path: Path) -> None:
    """Two processes share one port: the second takes it when the first has gone, and nothing counted is lost."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    servers = []
    for _ in range(2):
        metrics = Metrics()
        metrics.record(make_record(), None)
        servers.append(MetricsServer(QuietClock(), metrics, tmp_path, port))
        await servers[-1].start()
    first, second = servers
    assert (first.port, second.port) == (port, None)
    body = (await ask(port, get())).partition(b"\r\n\r\n")[2]
    assert samples(body)["aurelis_requests_total"][0][1] == 2.0
    await first.aclose()
    await second._step()
    assert second.port == port
    body = (await ask(port, get())).partition(b"\r\n\r\n")[2]
    assert samples(body)["aurelis_requests_total"][0][1] == 2.0
    await second.aclose()


async def test_a_port_that_another_program_has_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever chose the port of another service reads that, once; a process of ours that has it is no news."""

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", 0) as stranger:
        port = stranger.sockets[0].getsockname()[1]
        server = MetricsServer(QuietClock(), Metrics(), tmp_path, port)
        await server.start()
        await server._step()
        assert server.port is None
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == [
        f"Metrics cannot be read at port {port} (Address already in use); choose another metrics.prometheusPort."
    ]
    await server._step()
    assert server.port == port
    caplog.clear()
    second = MetricsServer(QuietClock(), Metrics(), tmp_path, port)
    await second.start()
    assert (second.port, caplog.records) == (None, [])
    for one in (second, server):
        await one.aclose()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


WORKER = """
import pathlib, sys
from aurelis.observe.metrics_share import SharedNumbers
from aurelis.observe.numbers import Numbers

numbers = Numbers()
numbers.count("aurelis_cache_hits", ("disk",), 5)
shared = SharedNumbers(pathlib.Path(sys.argv[1]))
shared.publish(numbers)
print("published", flush=True)
sys.stdin.read()
"""


async def test_a_killed_process_counts_once(tmp_path: Path) -> None:
    """The numbers of a process that was killed are kept, once."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WORKER,
        str(tmp_path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    await process.stdout.readline()
    shared = SharedNumbers(tmp_path)
    hits = ("aurelis_cache_hits", ("disk",))
    assert shared.total(Numbers()).counters[hits] == 5.0
    process.kill()
    await process.wait()
    for _ in range(3):
        assert shared.total(Numbers()).counters[hits] == 5.0
    assert names(tmp_path) <= {"lock", "past.json"}
