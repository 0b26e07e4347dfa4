"""`aurelis explain|fix|refactor|optimize|document|test PATH[:A[-B]]`: one task on one file."""

from __future__ import annotations

import argparse
from typing import Final

from aurelis.cli.asking import ask, exit_code
from aurelis.cli.documents import open_target, read_target
from aurelis.cli.invocations import invocation_for
from aurelis.cli.outcomes import add_output_options, finish, print_json
from aurelis.cli.request_options import add_request_options
from aurelis.cli.services import opened_services
from aurelis.workflow.result import result_of

_READ_ONLY: Final = frozenset({"explain"})


def configure(parser: argparse.ArgumentParser, word: str) -> None:
    """Add the options of a task."""
    parser.set_defaults(verb=word)
    parser.add_argument(
        "target", metavar="PATH[:A[-B]]", help="a file; with A the definition around that line, with A-B those lines"
    )
    parser.add_argument("--instruction", default="", metavar="TEXT", help="what you want in particular")
    add_request_options(parser)
    add_output_options(parser, edits=word not in _READ_ONLY)


async def run(arguments: argparse.Namespace) -> int:
    """Ask and show, or apply, the answer."""
    chosen = await open_target(read_target(arguments.target))
    read_only = arguments.verb in _READ_ONLY
    show = not arguments.json and (read_only or not arguments.diff)
    async with opened_services() as services:
        invocation = await invocation_for(services, arguments.verb, chosen, arguments, streams=show)
        outcome = await ask(services, invocation, show=show)
        if not read_only:
            await finish(outcome, chosen.folder, arguments)
        elif arguments.json:
            print_json(result_of(outcome))
    return exit_code(outcome)
