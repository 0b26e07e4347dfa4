"""`aurelis audit show|verify`: the audit log's last lines, and whether it is whole."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from aurelis.app import Application
from aurelis.cli.command_line import DONE, FAILED, counted, say, wrong
from aurelis.composition.audit_key import known_key
from aurelis.composition.observing import audit_anchor, audit_folder
from aurelis.config.folders import open_folders
from aurelis.observe.audit_verify import last_lines, verify_audit


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="show|verify")
    show = actions.add_parser("show", help="print the last lines, oldest first")
    show.add_argument("--lines", type=int, default=50, metavar="N", help="how many (50)")
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
        for line in await asyncio.to_thread(last_lines, folder, max(0, arguments.lines)):
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
