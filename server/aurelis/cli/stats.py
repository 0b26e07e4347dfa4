"""`aurelis stats`: requests, latency, tokens, cost, hit rates and acceptance, as tables and plots over time."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.text import Text

from aurelis.cli.command_line import DONE
from aurelis.cli.outcomes import print_json
from aurelis.cli.services import opened_services
from aurelis.cli.tables import console, dollars, duration, many, number, percent, table

_BARS: Final = " ▁▂▃▄▅▆▇█"
_PERIODS: Final = (("Last 24 hours", "hours", "an hour"), ("Last 30 days", "days", "a day"))
_NAME_WIDTH: Final = 9
"""Columns for the name of a figure before its bars."""

_SERIES: Final[tuple[tuple[str, str, Callable[[float | None], str]], ...]] = (
    ("Requests", "requests", number),
    ("Errors", "errors", number),
    ("Cached", "cached", number),
    ("Tokens", "tokens", many),
    ("Cost", "costUsd", dollars),
    ("Median", "durationMs", duration),
)
_COLUMNS: Final = ("", "Requests", "Errors", "Cached", "Median", "95th", "Tokens", "Cost")
_TAKEN_COLUMNS: Final = ("", "Shown", "Taken", "Typed out (inferred)", "Rate", "Characters")


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
    taken = [
        _taken(name, group["acceptance"])
        for key in ("byModel", "byLanguage")
        for name, group in statistics[key].items()
        if group["acceptance"]["shown"]
    ]
    if taken:
        output.print(table("Ghost text", _TAKEN_COLUMNS, taken, right=_TAKEN_COLUMNS[1:]))
    happened = [(_spoken(name), number(count)) for name, count in totals["mechanisms"].items()]
    if happened:
        output.print(table("What went another way", ("", "Times"), happened, right=("Times",)))
    for title, key, unit in _PERIODS:
        for line in _plots(title, statistics["overTime"][key], unit, output.width):
            output.print(line)
    return DONE


def _plots(title: str, cells: Sequence[Mapping[str, Any]], unit: str, width: int) -> Iterator[Text]:
    """A line for each figure that is anywhere above zero, under a heading; nothing where there were no requests.

    On a narrow screen the highest value stands below its bars.
    """
    if not any(cell["requests"] for cell in cells):
        return
    yield Text(f"{title}, {unit} a bar", style="bold")
    for name, key, spoken in _SERIES:
        values = [cell[key] or 0 for cell in cells]
        if highest := max(values):
            indent = "  " if _NAME_WIDTH + 2 + len(values) <= width else ""
            line = Text(f"{indent}{name:<{_NAME_WIDTH}}")
            line.append(plot(values), style="cyan")
            most = f"at most {spoken(highest)}"
            if cell_len(line.plain) + len(most) + 2 > width:
                yield line
                line, most = Text(), f"{'':<{_NAME_WIDTH}}{most}"
            line.append(f"  {most}", style="dim")
            yield line
    yield Text()


def plot(values: Sequence[float]) -> str:
    """The values as bars of one line; anything above zero is seen."""
    highest = max(values, default=0)
    if not highest:
        return " " * len(values)
    return "".join(_BARS[0 if not value else max(1, round(value / highest * 8))] for value in values)


def _spoken(outcome: str) -> str:
    """An attempt's outcome in words: `skipped:breaker` is "skipped: breaker"."""
    return "answered after all" if outcome == "rescued" else outcome.replace(":", ": ").replace("_", " ")


def _taken(name: str, acceptance: Mapping[str, Any]) -> tuple[str, ...]:
    shown = acceptance["shown"]
    return (
        name,
        number(shown),
        number(acceptance["accepted"]),
        number(acceptance["inferred"]),
        percent((acceptance["accepted"] + acceptance["inferred"]) / shown),
        number(acceptance["characters"] + acceptance["inferredCharacters"]),
    )


def _row(name: str, group: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        name,
        number(group["requests"]),
        number(group["errors"]),
        percent(group["hitRate"]["all"]),
        duration(group["durationMs"]["p50"]),
        duration(group["durationMs"]["p95"]),
        many(group["tokens"]["prompt"] + group["tokens"]["completion"]),
        dollars(group["costUsd"]),
    )
