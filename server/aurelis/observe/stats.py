"""Statistics from rows of finished requests: totals, by model, by task, over time. Pure arithmetic on plain data.

A row is a mapping with the names of a `CallRecord` flattened, as the store keeps them. Tokens and cost count only what
was paid for: an answer from a cache costs nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Row = Mapping[str, Any]

HOURS: Final = 24
DAYS: Final = 30
LAYERS: Final = ("memory", "redis", "disk")


def usage_statistics(rows: Sequence[Row], now: float) -> dict[str, Any]:
    """The statistics as JSON data; `now` is seconds since the epoch. Costs about 5 us a row: call it off the loop."""
    return {
        "since": _iso(min((row["at"] for row in rows), default=now)),
        "until": _iso(now),
        "totals": summary(rows),
        "byModel": _grouped(rows, lambda row: row["model"] or "none"),
        "byLanguage": _grouped(
            [row for row in rows if row["task"] == "completion"], lambda row: row["language"] or "none"
        ),
        "byTask": _grouped(rows, lambda row: row["task"]),
        "overTime": {"hours": _over_time(rows, now, HOURS, "hour"), "days": _over_time(rows, now, DAYS, "day")},
    }


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """What a group of rows adds up to; durations in milliseconds, shares from 0 to 1, None where nothing is known."""
    paid = [row for row in rows if row["cached"] is None]
    hits = {layer: sum(row["cached"] == layer for row in rows) for layer in LAYERS}
    answered = [row for row in rows if row["outcome"] in {"ok", "cached"}]
    shown = [row for row in answered if row["task"] == "completion" and (row["offered"] or _taken(row))]
    accepted = [row for row in shown if row["accepted_characters"] is not None]
    typed = [row for row in shown if row["accepted_characters"] is None and row["typed_characters"] is not None]
    priced = [row["cost_usd"] for row in paid if row["cost_usd"] is not None]
    return {
        "requests": len(rows),
        "ok": len(answered),
        "errors": sum(row["outcome"].startswith("error:") for row in rows),
        "cancelled": sum(row["outcome"] == "cancelled" for row in rows),
        "durationMs": quantiles(row["duration_ms"] for row in answered),
        "timeToFirstTokenMs": quantiles(
            row["time_to_first_token_ms"] for row in answered if row["time_to_first_token_ms"] is not None
        ),
        "tokens": {
            "prompt": sum(row["prompt_tokens"] for row in paid),
            "completion": sum(row["completion_tokens"] for row in paid),
        },
        "costUsd": sum(priced) if priced else None,
        "cacheHits": hits,
        "hitRate": {
            **{layer: _share(count, len(answered)) for layer, count in hits.items()},
            "all": _share(sum(hits.values()), len(answered)),
        },
        "mechanisms": _mechanisms(rows),
        "acceptance": {
            "shown": len(shown),
            "accepted": len(accepted),
            "characters": sum(row["accepted_characters"] for row in accepted),
            "rate": _share(len(accepted), len(shown)),
            "inferred": len(typed),
            "inferredCharacters": sum(row["typed_characters"] for row in typed),
        },
    }


def _taken(row: Row) -> bool:
    """Whether a completion was taken, by its command or, as is inferred, by typing what it said."""
    return row["accepted_characters"] is not None or row["typed_characters"] is not None


def _mechanisms(rows: Iterable[Row]) -> dict[str, int]:
    """How often an attempt ended otherwise than with an answer, by outcome (`skipped:breaker`, `error:timeout`, ...).

    `rescued` counts the requests that a retry, a fallback or a hedge answered all the same.
    """
    counts: Counter[str] = Counter()
    for row in rows:
        outcomes = [outcome for outcome in (row.get("outcomes") or "").split(",") if outcome]
        counts.update(outcome for outcome in outcomes if outcome not in {"ok", "cached"})
        if len(outcomes) > 1 and outcomes[-1] == "ok":
            counts["rescued"] += 1
    return dict(sorted(counts.items()))


def quantiles(values: Iterable[float]) -> dict[str, float | None]:
    """Median, 95th percentile (nearest rank) and mean."""
    ordered = sorted(values)
    if not ordered:
        return {"p50": None, "p95": None, "mean": None}
    return {"p50": _rank(ordered, 50), "p95": _rank(ordered, 95), "mean": sum(ordered) / len(ordered)}


def _rank(ordered: Sequence[float], percent: int) -> float:
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _grouped(rows: Sequence[Row], name: Callable[[Row], str]) -> dict[str, Any]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[name(row)].append(row)
    return {group: summary(members) for group, members in sorted(groups.items(), key=lambda item: -len(item[1]))}


def _over_time(rows: Sequence[Row], now: float, count: int, unit: str) -> list[dict[str, Any]]:
    """So many hours or days (UTC) up to now, oldest first, empty ones included."""
    step = timedelta(hours=1) if unit == "hour" else timedelta(days=1)
    last = _floor(datetime.fromtimestamp(now, UTC), unit)
    starts = [last - step * back for back in range(count - 1, -1, -1)]
    cells: dict[datetime, list[Row]] = {start: [] for start in starts}
    for row in rows:
        cell = cells.get(_floor(datetime.fromtimestamp(row["at"], UTC), unit))
        if cell is not None:
            cell.append(row)
    return [
        {
            "start": start.isoformat(),
            "requests": len(members),
            "errors": sum(row["outcome"].startswith("error:") for row in members),
            "cached": sum(row["cached"] is not None for row in members),
            "tokens": sum(row["prompt_tokens"] + row["completion_tokens"] for row in members if row["cached"] is None),
            "costUsd": sum(row["cost_usd"] or 0.0 for row in members if row["cached"] is None),
            "durationMs": quantiles(row["duration_ms"] for row in members)["p50"],
        }
        for start, members in cells.items()
    ]


def _floor(moment: datetime, unit: str) -> datetime:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour if unit == "hour" else hour.replace(hour=0)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
