"""The plots of `aurelis stats`."""

from __future__ import annotations

from aurelis.cli.stats import _plots, plot
from aurelis.observe.stats import usage_statistics

NOW = 1_800_000_000.0


def row(hours_ago: int, **changes: object) -> dict[str, object]:
    """A finished request."""
    plain: dict[str, object] = {
        "at": NOW - 3_600 * hours_ago,
        "model": "a/b",
        "task": "fix",
        "outcome": "ok",
        "outcomes": "ok",
        "cached": None,
        "prompt_tokens": 1_000,
        "completion_tokens": 500,
        "cost_usd": 0.5,
        "duration_ms": 2_000,
        "time_to_first_token_ms": 100,
        "accepted_characters": None,
    }
    return {**plain, **changes}


def test_anything_above_nothing_is_seen() -> None:
    """The highest value is a full bar, the least is a bar all the same, and nothing is a blank."""
    assert plot([0, 1, 500, 1_000]) == " ▁▄█"
    assert plot([0, 0]) == "  "


def test_each_figure_has_its_plot_over_time() -> None:
    """Requests, cost and the rest are drawn by the hour with their highest value; what never happened has no line."""
    cells = usage_statistics([row(0), row(0), row(2)], NOW)["overTime"]["hours"]
    lines = [str(line) for line in _plots("Last 24 hours", cells, "an hour", 80)]
    assert lines[0] == "Last 24 hours, an hour a bar"
    assert [line.split()[0] for line in lines[1:-1]] == ["Requests", "Tokens", "Cost", "Median"]
    requests = lines[1].removeprefix("  Requests ")
    assert requests == " " * 21 + "▄ █  at most 2"
    assert lines[3].endswith("at most $1.00")
    assert lines[4].endswith("at most 2.00 s")
    assert {len(line.partition("  at most")[0]) for line in lines[1:-1]} == {35}


def test_a_period_without_requests_is_left_out() -> None:
    """There is no heading over nothing."""
    cells = usage_statistics([row(48)], NOW)["overTime"]["hours"]
    assert list(_plots("Last 24 hours", cells, "an hour", 80)) == []


def test_bars_stay_whole_on_a_narrow_screen() -> None:
    """What does not fit beside them stands below them."""
    cells = usage_statistics([row(0)], NOW)["overTime"]["days"]
    lines = [str(line) for line in _plots("Last 30 days", cells, "a day", 40)]
    assert max(map(len, lines)) <= 40
    requests = next(place for place, line in enumerate(lines) if line.startswith("Requests"))
    assert lines[requests].endswith("█")
    assert lines[requests + 1].strip() == "at most 1"
