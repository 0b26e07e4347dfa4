"""`aurelis doctor`: who answers and why, what works, what does not, and the one step that makes it better."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from rich.text import Text

from aurelis.cli.outcomes import print_json
from aurelis.cli.services import opened_services
from aurelis.cli.tables import console
from aurelis.cli.waiting import waiting

_EXIT_CODES: Final = MappingProxyType({"healthy": 0, "degraded": 1, "unhealthy": 2})
_STYLES: Final = MappingProxyType({"healthy": "green", "degraded": "yellow", "unhealthy": "red"})


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the options."""
    parser.add_argument("--deep", action="store_true", help="ask a model too (this may cost something)")
    parser.add_argument("--json", action="store_true", help="print JSON")


async def run(arguments: argparse.Namespace) -> int:
    """Show the health record; the exit code is 0 healthy, 1 degraded, 2 unhealthy."""
    async with opened_services(tell_status=False) as services:
        with waiting("Checking ..."):
            record = await services.health(deep=arguments.deep)
    if arguments.json:
        print_json(record)
        return _EXIT_CODES.get(record["overall"], 2)
    output = console()
    chosen = record.get("chosen")
    if chosen is not None:
        who = chosen["model"] or chosen["provider"]
        where = f" at {chosen['host']}" if chosen["host"] else ""
        output.print(Text(f"Answers come from {who}{where}: {chosen['why']}.\n"))
    for name, component in record["components"].items():
        status = component["status"]
        line = Text(f"{name:<15}")
        line.append(f"{status:<10}", style=_STYLES.get(status, ""))
        if component.get("responseMs") is not None and status == "healthy":
            line.append(f"{component['responseMs']:.0f} ms", style="dim")
        line.append(component.get("error") or "")
        if status != "healthy" and (since := _since(record, name, status)) is not None:
            line.append(f" (since {since})", style="dim")
        output.print(line)
    for sentence in record.get("mentioned", ()):
        if sentence != record.get("next"):
            output.print(Text(sentence))
    if record.get("next"):
        output.print(Text(f"\nNext step: {record['next']}"))
    output.print(Text(f"\nOverall: {record['overall']}", style=_STYLES.get(record["overall"], "")))
    return _EXIT_CODES.get(record["overall"], 2)


def _since(record: Mapping[str, Any], component: str, status: str) -> str | None:
    """When a component came into the state that it is in, in the person's own time; None when that is now."""
    changes = [change for change in record["history"] if change["component"] == component]
    if not changes or changes[0]["status"] != status:
        return None
    began, now = (datetime.fromisoformat(text) for text in (changes[0]["timestamp"], record["timestamp"]))
    return f"{began.astimezone():%Y-%m-%d %H:%M}" if now - began > timedelta(minutes=1) else None
