"""`aurelis generate "instruction" PATH:LINE`: new code at a line."""

from __future__ import annotations

import argparse

from aurelis.cli.asking import ask
from aurelis.cli.command_line import DONE, wrong
from aurelis.cli.documents import open_target, read_target
from aurelis.cli.invocations import invocation_for
from aurelis.cli.outcomes import add_output_options, finish
from aurelis.cli.request_options import add_request_options
from aurelis.cli.services import opened_services


def configure(parser: argparse.ArgumentParser, word: str) -> None:
    """Add the options."""
    parser.set_defaults(verb=word)
    parser.add_argument("instruction", help="what to write")
    parser.add_argument("target", metavar="PATH:LINE", help="the file and the line where the new code goes")
    add_request_options(parser)
    add_output_options(parser, edits=True)


async def run(arguments: argparse.Namespace) -> int:
    """Ask and show, or apply, the answer."""
    target = read_target(arguments.target)
    if target.first is None or target.last is not None:
        raise wrong(f"'{arguments.target}' names no line; write it as PATH:LINE.")
    if not arguments.instruction.strip():
        raise wrong("There is no instruction; say what to write.")
    chosen = await open_target(target)
    show = not arguments.json and not arguments.diff
    async with opened_services() as services:
        invocation = await invocation_for(services, arguments.verb, chosen, arguments, streams=show)
        outcome = await ask(services, invocation, show=show)
        await finish(outcome, chosen.folder, arguments)
    return DONE
