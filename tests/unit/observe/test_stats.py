from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.model import ModelReference
from aurelis.core.record import CallRecord
from aurelis.core.reply import Attempt, Usage
from aurelis.core.request import Task
from aurelis.observe.numbers import Numbers
from aurelis.observe.stats import quantiles, summary, usage_statistics
from aurelis.store.database import Database
from aurelis.store.usage import UsageStore

MakeRecord = Callable[..., CallRecord]
NOW = 1_800_000_000.0


async def kept(records: list[CallRecord]) -> tuple[Mapping[str, Any], ...]:
    """The rows as the store keeps them."""
    database = Database(None)
    usage = UsageStore(database)
    for record in records:
        usage.record(record, None)
    for request_id in ("accepted", "typed", "r1"):
        usage.offered(request_id)
    usage.accepted("accepted", 12)
    usage.typed("typed", 4)
    usage.typed("typed", 9)
    usage.typed("accepted", 5)
    rows = await usage.rows()
    await database.aclose()
    return rows


@pytest.fixture
def session(make_record: MakeRecord) -> list[CallRecord]:
    """A few requests of every outcome, by two models and two tasks."""
    other = ModelReference("other", "model")
    return [
        make_record(request_id="accepted"),
        make_record(request_id="typed", started_at=NOW - 7_200),
        make_record(cached="memory", outcome="cached", duration_ms=1, time_to_first_token_ms=1),
        make_record(cached="disk", outcome="cached", duration_ms=2, time_to_first_token_ms=2),
        make_record(outcome="error:timeout", cost_usd=None, usage=Usage(), time_to_first_token_ms=None),
        make_record(outcome="cancelled", cost_usd=None, usage=Usage(4, 0, 4), time_to_first_token_ms=None),
        make_record(model=other, task=Task.FIX, cost_usd=None, duration_ms=1_000, time_to_first_token_ms=500),
    ]


async def test_what_went_another_way_is_counted(make_record: MakeRecord) -> None:
    """Each attempt that ended without an answer counts by its outcome, and so does a request that was rescued."""
    failed = Attempt("a/m", "error:unavailable", 503)
    skipped = Attempt("b/m", "skipped:breaker")
    rows = await kept(
        [
            make_record(attempts=(failed, failed, skipped, Attempt("c/m", "ok"))),
            make_record(attempts=(Attempt("a/m", "ok"),)),
            make_record(attempts=(failed,), outcome="error:unavailable"),
            make_record(attempts=(), outcome="cancelled"),
        ]
    )
    assert summary(rows)["mechanisms"] == {"error:unavailable": 3, "rescued": 1, "skipped:breaker": 1}
    assert summary([{**row, "outcomes": ""} for row in rows])["mechanisms"] == {}


async def test_totals_add_up(session: list[CallRecord]) -> None:
    """Requests, tokens, cost, hits and acceptance are what happened."""
    totals = usage_statistics(await kept(session), NOW)["totals"]
    assert (totals["requests"], totals["ok"], totals["errors"], totals["cancelled"]) == (7, 5, 1, 1)
    assert totals["tokens"] == {"prompt": 34, "completion": 15}
    assert totals["costUsd"] == 0.5
    assert totals["cacheHits"] == {"memory": 1, "redis": 0, "disk": 1}
    assert totals["hitRate"] == {"memory": 0.2, "redis": 0.0, "disk": 0.2, "all": 0.4}
    acceptance = totals["acceptance"]
    assert (acceptance["shown"], acceptance["accepted"], acceptance["characters"]) == (4, 1, 12)
    assert (acceptance["inferred"], acceptance["inferredCharacters"], acceptance["rate"]) == (1, 9, 0.25)
    assert totals["timeToFirstTokenMs"]["p95"] == 500


async def test_groups_and_hours(session: list[CallRecord]) -> None:
    """Models and tasks are apart, and every hour and day up to now is there, empty ones too."""
    stats = usage_statistics(await kept(session), NOW)
    assert {name: group["requests"] for name, group in stats["byModel"].items()} == {
        "sandbox/default": 6,
        "other/model": 1,
    }
    assert stats["byTask"]["fix"]["durationMs"]["p50"] == 1_000
    hours, days = stats["overTime"]["hours"], stats["overTime"]["days"]
    assert (len(hours), len(days)) == (24, 30)
    assert sum(cell["requests"] for cell in hours) == sum(cell["requests"] for cell in days) == 7
    assert hours[-1]["requests"] == 6
    assert hours[-3]["requests"] == 1


def test_nothing_is_nothing() -> None:
    """Without requests every share and cost is unknown, not zero."""
    totals = usage_statistics((), NOW)["totals"]
    assert (totals["requests"], totals["costUsd"], totals["hitRate"]["all"]) == (0, None, None)
    assert totals["durationMs"] == {"p50": None, "p95": None, "mean": None}


async def test_the_numbers_are_those_of_the_metrics(session: list[CallRecord]) -> None:
    """Statistics and metrics of the same requests agree."""
    numbers = Numbers()
    for record in session:
        numbers.add(record)
    rows = await kept(session)

    def counted(name: str, *labels: str) -> float:
        return sum(
            value for (found, values), value in numbers.counters.items() if found == name and set(labels) <= set(values)
        )

    totals = summary(rows)
    assert counted("aurelis_requests") == totals["requests"]
    assert counted("aurelis_requests", "true") == sum(totals["cacheHits"].values())
    assert counted("aurelis_tokens", "prompt") == totals["tokens"]["prompt"]
    assert counted("aurelis_tokens", "completion") == totals["tokens"]["completion"]
    assert counted("aurelis_cost_usd") == totals["costUsd"]
    assert counted("aurelis_errors") == totals["errors"]
    for layer, hits in totals["cacheHits"].items():
        assert counted("aurelis_cache_hits", layer) == hits


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_quantiles_are_values_that_occurred(values: list[float]) -> None:
    """Median and 95th percentile are among the values and in order."""
    found = quantiles(values)
    assert found["p50"] in values
    assert found["p95"] in values
    assert min(values) <= found["p50"] <= found["p95"] <= max(values)
    assert sum(value <= found["p95"] for value in values) >= 0.95 * len(values)
