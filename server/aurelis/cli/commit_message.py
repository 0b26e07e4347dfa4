"""`aurelis commit-message`: a message for the changes that are staged in the repository here."""

from __future__ import annotations

import argparse
from pathlib import Path

from aurelis.cli.asking import ask, exit_code
from aurelis.cli.invocations import prompts_folder
from aurelis.cli.outcomes import add_output_options, print_json
from aurelis.cli.request_options import add_request_options, request_options
from aurelis.cli.services import opened_services
from aurelis.lsp.staged_changes import staged_changes
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.result import result_of


def configure(parser: argparse.ArgumentParser, word: str) -> None:
    """Add the options."""
    parser.set_defaults(verb=word)
    parser.add_argument("--instruction", default="", metavar="TEXT", help="what you want in particular")
    add_request_options(parser)
    add_output_options(parser, edits=False)


async def run(arguments: argparse.Namespace) -> int:
    """Ask and show the message."""
    async with opened_services() as services:
        changes = await staged_changes((Path.cwd(),), services.egress)
        invocation = Invocation(
            verb=arguments.verb,
            context=(changes,),
            instruction=arguments.instruction,
            streams=not arguments.json,
            prompts_folder=await prompts_folder(),
            **request_options(arguments),
        )
        outcome = await ask(services, invocation, show=not arguments.json)
    if arguments.json:
        print_json(result_of(outcome))
    return exit_code(outcome)
