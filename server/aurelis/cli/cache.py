"""`aurelis cache stats|clear|invalidate EVENT`: kept answers."""

from __future__ import annotations

import argparse

from aurelis.cli.command_line import DONE, counted
from aurelis.cli.outcomes import print_json
from aurelis.cli.services import opened_services
from aurelis.cli.tables import console, number, percent, table


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="stats|clear|invalidate")
    stats = actions.add_parser("stats", help="entries, sizes and hits of each layer")
    stats.add_argument("--json", action="store_true", help="print JSON")
    actions.add_parser("clear", help="drop everything")
    invalidate = actions.add_parser("invalidate", help="drop what an event made stale")
    invalidate.add_argument("event", help="for example code_style_change or api_change")
    invalidate.add_argument("--language", help="only of this language")
    invalidate.add_argument("--path", help="only of this file, relative to its project")
    invalidate.add_argument("--project", help="only of this project")


async def run(arguments: argparse.Namespace) -> int:
    """Show or drop."""
    async with opened_services(tell_status=False) as services:
        if arguments.action == "clear":
            print(f"Dropped {counted(await services.clear_cache(), 'answer')}.")
            return DONE
        if arguments.action == "invalidate":
            dropped = await services.invalidate(
                arguments.event, language=arguments.language, path=arguments.path, project=arguments.project
            )
            print(f"Dropped {counted(dropped, 'answer')}.")
            return DONE
        report = await services.cache_stats()
    if arguments.json:
        print_json(report)
        return DONE
    rows = [
        (
            str(layer.get("name")),
            number(layer.get("entries")),
            number(layer.get("bytes")),
            number(layer.get("hits")),
            percent(layer.get("hitRate")),
            str(layer.get("error") or ""),
        )
        for layer in report["layers"]
    ]
    columns = ("Layer", "Entries", "Bytes", "Hits", "Hit rate", "Error")
    console().print(table("", columns, rows, right=columns[1:5]))
    return DONE
