"""What all commands share: options, exit codes, and that a failure is one plain sentence."""

from __future__ import annotations

import argparse
import asyncio
import errno
import shutil
import sys
import textwrap
import traceback
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

from aurelis.cli.streams import give_up_output, tell, use_utf8
from aurelis.cli.waiting import end_waiting
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.leaving import on_leaving
from aurelis.observe.logs import set_up_logging
from aurelis.security.process import disable_core_dumps

DONE: Final = 0
FAILED: Final = 1
WRONG_USAGE: Final = 2
SERVER: Final = "serve"
LEAST_WIDTH: Final = 20
"""Columns; a terminal that claims fewer is not believed."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)})
"""What standard output fails with that leads to a file; files of our own are answered for where they are written."""


class OutputClosedError(BrokenPipeError):
    """Whoever reads our output has enough."""


class CommandModule(Protocol):
    """What a module of `cli/` offers; `prepare(arguments)`, if there is one, runs before the event loop."""

    def configure(self, parser: argparse.ArgumentParser, word: str) -> None:
        """Add the options of the command of that word."""

    async def run(self, arguments: argparse.Namespace) -> int:
        """Do it and give the exit code."""


class CommandParser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read more."""
        say(f"{message[:1].upper()}{message[1:]}. See `{self.prog} --help`.")
        self.exit(WRONG_USAGE)


def run_command(word: str, summary: str, module: CommandModule, given: Sequence[str]) -> int:
    """Parse the options of a command, run it, and turn whatever happens but Ctrl-C into an exit code."""
    disable_core_dumps()
    use_utf8()
    set_up_logging(plain=word != SERVER)
    parser = CommandParser(
        prog=f"aurelis {word}", description=f"{summary[:1].upper()}{summary[1:]}.", allow_abbrev=False
    )
    module.configure(parser, word)
    parser.add_argument("--debug", action="store_true", help="show where in the program an error arose")
    try:
        arguments = parser.parse_args(_debug_first(given))
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else WRONG_USAGE
    try:
        prepare = getattr(module, "prepare", None)
        if prepare is not None:
            prepare(arguments)
        code = asyncio.run(_run_unless_told_to_leave(module.run(arguments)))
        sys.stdout.flush()
    except BrokenPipeError as error:
        return give_up_output(error)
    except RequestError as error:
        _show_traceback(arguments)
        say(error.message)
        return WRONG_USAGE if error.kind is ErrorKind.CONFIGURATION else FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: a person gets a sentence, not a traceback
        _show_traceback(arguments)
        if isinstance(error, OSError) and error.errno in _FULL:
            return give_up_output(error)
        if isinstance(error, FileNotFoundError) and not _is_somewhere():
            say("The folder that this terminal is in is not there any more; change to another one.")
            return WRONG_USAGE
        say(f"Something went wrong that should not ({type(error).__name__}); run it again with --debug to see where.")
        return FAILED
    return code


def _is_somewhere() -> bool:
    """Whether there is a working folder; it may have been removed since the terminal went there."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _debug_first(given: Sequence[str]) -> list[str]:
    """The option that every command has, where it is understood, as it may be written behind a sub-command too."""
    end = given.index("--") if "--" in given else len(given)
    options = [word for word in given[:end] if word != "--debug"]
    return [*("--debug",) * (len(options) < end), *options, *given[end:]]


async def _run_unless_told_to_leave(work: Coroutine[Any, Any, int]) -> int:
    """Run it to its end; a signal to leave ends it as Ctrl-C does, with everything closed and written."""
    working = asyncio.ensure_future(work)
    told: list[int] = []  # At most one.

    def leave(code: int) -> None:
        told[:] = [code]
        working.cancel()

    on_leaving(asyncio.get_running_loop(), leave)
    try:
        return await working
    except (asyncio.CancelledError, OSError):  # Of a terminal that is gone nothing can be written.
        if not told:
            raise
        return told[0]


def say(sentence: str) -> None:
    """Tell the person something that is not the output; on a terminal no word is broken at its edge."""
    if sys.stderr.isatty():
        end_waiting()
        width = max(LEAST_WIDTH, shutil.get_terminal_size().columns)
        sentence = "\n".join(_filled(line, width) for line in sentence.split("\n"))
    tell(f"{sentence}\n")


def _filled(line: str, width: int) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def counted(count: int, thing: str) -> str:
    """So many of a thing: "1 line", "1,204 lines"."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def wrong(sentence: str) -> RequestError:
    """An error of usage or configuration: exit code 2."""
    return RequestError(ErrorKind.CONFIGURATION, sentence)


def _show_traceback(arguments: argparse.Namespace) -> None:
    if arguments.debug:
        traceback.print_exc()
