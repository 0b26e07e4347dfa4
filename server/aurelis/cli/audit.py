"""`aurelis audit show|verify`: the audit log's last lines, and whether it is whole."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from aurelis.app import Application
from aurelis.cli.command_line import DONE, FAILED, counted, say, wrong
from aurelis.cli.request_options import positive_count
from aurelis.cli.tables import console, table
from aurelis.composition.audit_key import known_key
from aurelis.composition.observing import audit_anchor, audit_folder
from aurelis.config.folders import open_folders
from aurelis.observe.audit_verify import last_lines, verify_audit

_COLUMNS: Final = ("Time", "Event", "What", "Model", "Host", "Outcome")


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="show|verify")
    show = actions.add_parser("show", help="print the last lines, oldest first")
    show.add_argument("--lines", type=positive_count, default=50, metavar="N", help="how many (50)")
    show.add_argument("--json", action="store_true", help="as they are kept, as in a pipe; not as a table")
    actions.add_parser("verify", help="check that no line was removed or altered; exit 1 on damage")


async def run(arguments: argparse.Namespace) -> int:
    """Show or check."""
    application = Application()
    await application.configure(folders=[Path.cwd()])
    settings = application.settings.privacy.audit
    folders = await asyncio.to_thread(open_folders)
    folder = audit_folder(settings, folders)
    if folder is None:
        raise wrong("There is no folder for the audit log; set privacy.audit.path.")
    if arguments.action == "show":
        lines = await asyncio.to_thread(last_lines, folder, arguments.lines)
        if sys.stdout.isatty() and not arguments.json:
            console().print(table("", _COLUMNS, [_row(line) for line in lines]))
            return DONE
        for line in lines:
            print(json.dumps(line, ensure_ascii=False))
        return DONE
    anchor = audit_anchor(settings, folders)
    report = await asyncio.to_thread(verify_audit, folder, await known_key(), anchor)
    for problem in report.problems:
        say(problem)
    for note in (*report.notes, *report.limits):
        say(note)
    print(f"{counted(report.lines, 'line')}, {'whole' if report.ok else 'damaged'}.")
    return DONE if report.ok else FAILED


def _row(line: Mapping[str, Any]) -> tuple[str, ...]:
    """A line for people: the time is their own; what is only of use to programs is left out."""
    event, task, outcome = (str(line.get(key) or "").replace("_", " ") for key in ("event", "task", "outcome"))
    what = task or line.get("detail")
    cells = (event, what, line.get("model"), line.get("host"), outcome.replace(":", ": "))
    return (_own_time(str(line.get("time"))), *(str(cell or "-") for cell in cells))


def _own_time(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return text  # Of a line that was altered.
