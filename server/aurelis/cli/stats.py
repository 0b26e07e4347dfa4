"""`aurelis stats`: requests, latency, tokens, cost and hit rates, as tables and a plot."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.text import Text

from aurelis.cli.command_line import DONE
from aurelis.cli.outcomes import print_json
from aurelis.cli.services import opened_services
from aurelis.cli.tables import console, dollars, number, percent, table

_BARS: Final = " ▁▂▃▄▅▆▇█"
_COLUMNS: Final = ("", "Requests", "Errors", "Cached", "Median", "95th", "Tokens", "Cost")


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print JSON")


async def run(arguments: argparse.Namespace) -> int:
    """Show the statistics."""
    async with opened_services(tell_status=False) as services:
        statistics = await services.stats()
    if arguments.json:
        print_json(statistics)
        return DONE
    output = console()
    totals = statistics["totals"]
    if not totals["requests"]:
        output.print("There are no requests yet. `aurelis demo` shows some; an editor or `aurelis explain` makes them.")
        return DONE
    output.print(table(f"Since {statistics['since'][:10]}", _COLUMNS, [_row("all", totals)], right=_COLUMNS[1:]))
    for title, key in (("By model", "byModel"), ("By task", "byTask")):
        rows = [_row(name, group) for name, group in statistics[key].items()]
        output.print(table(title, _COLUMNS, rows, right=_COLUMNS[1:]))
    happened = [(_spoken(name), number(count)) for name, count in totals["mechanisms"].items()]
    if happened:
        output.print(table("What went another way", ("", "Times"), happened, right=("Times",)))
    for title, key, unit in (("Last 24 hours", "hours", "hour"), ("Last 30 days", "days", "day")):
        cells = statistics["overTime"][key]
        highest = max(cell["requests"] for cell in cells)
        if highest:
            line = Text(f"{title:<14} ")
            line.append(plot([cell["requests"] for cell in cells]), style="cyan")
            line.append(f"  most in one {unit}: {number(highest)}", style="dim")
            output.print(line)
    return DONE


def plot(values: Sequence[float]) -> str:
    """The values as bars of one line; anything above zero is seen."""
    highest = max(values, default=0)
    if not highest:
        return " " * len(values)
    return "".join(_BARS[0 if not value else max(1, round(value / highest * 8))] for value in values)


def _spoken(outcome: str) -> str:
    """An attempt's outcome in words: `skipped:breaker` is "skipped: breaker"."""
    return "answered after all" if outcome == "rescued" else outcome.replace(":", ": ").replace("_", " ")


def _row(name: str, group: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        name,
        number(group["requests"]),
        number(group["errors"]),
        percent(group["hitRate"]["all"]),
        number(group["durationMs"]["p50"], " ms"),
        number(group["durationMs"]["p95"], " ms"),
        number(group["tokens"]["prompt"] + group["tokens"]["completion"]),
        dollars(group["costUsd"]),
    )
