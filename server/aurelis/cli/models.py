"""`aurelis models`: what can be asked, where, at what price, and whether it works."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, Final

from aurelis.cli.command_line import DONE, FAILED, say
from aurelis.cli.outcomes import print_json
from aurelis.cli.services import opened_services
from aurelis.cli.tables import console, number, table
from aurelis.cli.waiting import waiting
from aurelis.orchestrator.route import DEFAULT_ROLES, ROLES

MOST_ROWS: Final = 500
"""More than anybody reads; those that tasks go to come first."""
COLUMNS: Final = ("Model", "Used for", "Input", "Output", "Fills holes", "$ per M in / out", "Health")


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the options."""
    parser.add_argument("--refresh", action="store_true", help="ask the providers anew")
    parser.add_argument("--json", action="store_true", help="print JSON")


async def run(arguments: argparse.Namespace) -> int:
    """List the models; a provider that cannot be listed is named on standard error, and 1 means that none can be."""
    async with opened_services() as services:
        with waiting("Asking the providers what they have ..."):
            rows = await services.models(refresh=arguments.refresh)
    listed = [row for row in rows if row.get("model")]
    code = DONE if listed or not rows else FAILED
    if arguments.json:
        print_json(rows)
        return code
    for row in rows:
        if row.get("error"):
            say(f"{row['provider']}: {row['error']}")
    shown = sorted(listed, key=lambda row: not row.get("tasks"))[:MOST_ROWS]
    for place in dict.fromkeys(_place(row) for row in listed):
        cells = [_cells(row) for row in shown if _place(row) == place]
        if cells:
            console().print(table(place, COLUMNS, cells, right=("Input", "Output")))
    if len(listed) > len(shown):
        say(f"{len(listed) - len(shown):,} more are there; `aurelis models --json` lists them all.")
    return code


def _place(row: Mapping[str, Any]) -> str:
    """Who has the model, and where."""
    here = ", on this machine" if row.get("local") else ""
    return f"{row['provider']} at {row.get('host')}{here}"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    price = row.get("price")
    costs = "-" if price is None else f"{price['input']:g} / {price['output']:g}"
    return (
        str(row["model"]),
        _purposes(frozenset(row.get("tasks", ()))),
        number(row.get("inputTokens")),
        number(row.get("outputTokens")),
        str(row.get("fim") or "-"),
        costs,
        str(row.get("health") or "-").replace(":", ": "),
    )


def _purposes(tasks: frozenset[str]) -> str:
    """The tasks that go to a model; those of one role, when all are there, by the role's name."""
    if tasks >= {str(task) for task in DEFAULT_ROLES}:
        return "everything"
    words: list[str] = []
    for role in ROLES:
        members = [str(task) for task, its_role in DEFAULT_ROLES.items() if its_role == role]
        words += [role] if tasks.issuperset(members) else [task for task in members if task in tasks]
    return ", ".join(words) or "-"
