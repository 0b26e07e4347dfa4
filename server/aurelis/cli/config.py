"""`aurelis config show|schema|path`: the settings in force, their JSON schema, and where the user's file is."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from aurelis.app import Application
from aurelis.cli.command_line import DONE, WRONG_USAGE, say, wrong
from aurelis.cli.outcomes import print_json
from aurelis.config.folders import user_file
from aurelis.config.schema import json_schema, shown


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="show|schema|path")
    actions.add_parser("show", help="the settings in force here, as JSON; exit 2 if a value was not taken")
    actions.add_parser("schema", help="the JSON schema of the settings")
    actions.add_parser("path", help="where the user's settings file is, or would be")


async def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for."""
    if arguments.action == "schema":
        print_json(json_schema())
        return DONE
    if arguments.action == "path":
        file, _named = user_file(os.environ)
        if file is None:
            raise wrong("There is no home folder; name a settings file in AURELIS_CONFIG.")
        print(file)
        return DONE
    application = Application()
    problems = await application.configure(folders=[Path.cwd()])
    for problem in problems:
        say(f"{problem.path}: {problem.message}")
    print_json(shown(application.settings))
    return WRONG_USAGE if problems else DONE
