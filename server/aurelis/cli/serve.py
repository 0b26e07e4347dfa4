"""`aurelis serve`: the language server on standard input and output, or on a socket that the client made."""

from __future__ import annotations

import argparse

from aurelis.app import create_services
from aurelis.composition.memory import share_one_heap
from aurelis.lsp.server import run as run_server
from aurelis.observe.logs import set_log_level


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the options."""
    wire = parser.add_mutually_exclusive_group()
    wire.add_argument("--stdio", action="store_true", help="use standard input and output (the default)")
    wire.add_argument("--pipe", metavar="PATH", help="connect to this socket or named pipe")


async def run(arguments: argparse.Namespace) -> int:
    """Serve one client until it leaves."""
    share_one_heap()
    return await run_server(create_services(log_level=set_log_level), pipe=arguments.pipe)
