"""`aurelis ask "question" [PATH[:A-B]]...`: a question, with files to answer it from, or what is piped in."""

from __future__ import annotations

import argparse

from aurelis.cli.asking import ask, exit_code
from aurelis.cli.command_line import wrong
from aurelis.cli.documents import STANDARD_INPUT, open_context, read_standard_input
from aurelis.cli.invocations import prompts_folder
from aurelis.cli.outcomes import add_output_options, print_json
from aurelis.cli.request_options import add_request_options, request_options
from aurelis.cli.services import opened_services
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.result import result_of


def configure(parser: argparse.ArgumentParser, word: str) -> None:
    """Add the options."""
    parser.set_defaults(verb=word)
    parser.add_argument("question", help="what you want to know")
    parser.add_argument(
        "targets",
        nargs="*",
        default=[],
        metavar="PATH[:A-B]",
        help="files, or lines of them, to answer from; - for what is piped in",
    )
    add_request_options(parser)
    add_output_options(parser, edits=False)


def prepare(arguments: argparse.Namespace) -> None:
    """Read what is piped in before the event loop runs, so that Ctrl-C ends the program meanwhile."""
    arguments.piped = read_standard_input() if STANDARD_INPUT in arguments.targets else None


async def run(arguments: argparse.Namespace) -> int:
    """Ask and show the answer."""
    if not arguments.question.strip():
        raise wrong("There is no question; give one.")
    documents = await open_context(dict.fromkeys(arguments.targets), arguments.piped)
    async with opened_services() as services:
        invocation = Invocation(
            verb=arguments.verb,
            snapshot=documents[0] if documents else None,
            context=documents[1:],
            question=arguments.question,
            streams=not arguments.json,
            prompts_folder=await prompts_folder(),
            **request_options(arguments),
        )
        outcome = await ask(services, invocation, show=not arguments.json)
    if arguments.json:
        print_json(result_of(outcome))
    return exit_code(outcome)
