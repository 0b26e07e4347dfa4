"""The program `aurelis`: finds the command by its word and imports that command alone.

Nothing else is imported here, so that `aurelis serve` starts no slower than its own parts.
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m aurelis` looks for modules in the working folder first, and that is somebody's repository.
    del sys.path[0]

from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Final, TextIO

from aurelis.cli.streams import open_missing_streams, show, tell
from aurelis.cli.waiting import end_waiting, show_waiting
from aurelis.core.collector import be_sparing

INTERRUPTED: Final = 130
"""The exit code after Ctrl-C, as shells report it."""

COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "serve": ("serve", "run the language server (editors start this)"),
        "demo": ("demo", "see the main features work, without an account or network"),
        "explain": ("tasks", "explain code"),
        "fix": ("tasks", "correct code"),
        "refactor": ("tasks", "restructure code"),
        "optimize": ("tasks", "make code faster or leaner"),
        "document": ("tasks", "document code"),
        "test": ("tasks", "write tests for code"),
        "review": ("review", "find faults in code"),
        "generate": ("generate", "write new code at a line"),
        "batch": ("batch", "do one task on many files"),
        "ask": ("ask", "ask a question about code"),
        "commit-message": ("commit_message", "write a message for the staged changes"),
        "login": ("login", "keep a provider's token in the system's keychain"),
        "logout": ("login", "remove a provider's token"),
        "auth": ("login", "show where tokens come from"),
        "models": ("models", "list the models that can be asked"),
        "doctor": ("doctor", "check that everything works, and say what to do"),
        "stats": ("stats", "show requests, latency, tokens and cost"),
        "cache": ("cache", "look at kept answers or drop them"),
        "audit": ("audit", "show the audit log or check it"),
        "config": ("config", "show the settings, their schema or their file"),
        "local": ("local", "run a real model on this machine"),
        "sandbox": ("sandbox", "run the loopback stand-in for a model server"),
    }
)
"""Word, module in `cli/`, and what the command does."""

SLOW_TO_START: Final = frozenset(
    {
        *("explain", "fix", "refactor", "optimize", "document", "test", "review", "generate", "batch", "ask"),
        *("commit-message", "models", "doctor", "stats"),
    }
)
"""Commands that open the whole application before they have anything to say."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; the exit code is 0 for done, 1 for failed, 2 for wrong usage or configuration."""
    open_missing_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given:
        tell(_usage(sys.stderr))
        return 2
    word = given[0]
    if word in {"-h", "--help", "help"}:
        return show(_usage(sys.stdout))
    if word in {"-V", "--version"}:
        from aurelis import __version__  # noqa: PLC0415 - only when asked for

        return show(f"aurelis {__version__}\n")
    if word not in COMMANDS:
        tell(f"'{word}' is not a command of aurelis{_suggestion(word)} See `aurelis --help`.\n")
        return 2
    module, summary = COMMANDS[word]
    try:
        if word == "serve":
            be_sparing()  # The server goes on as usual once it has started.
        if word in SLOW_TO_START and sys.stderr.isatty() and not {"-h", "--help"} & {*given}:
            show_waiting("Starting ...")
        from aurelis.cli.command_line import run_command  # noqa: PLC0415 - not needed for --help and --version

        return run_command(word, summary, import_module(f"aurelis.cli.{module}"), given[1:])
    except KeyboardInterrupt:
        end_waiting()
        if sys.stderr.isatty():
            tell("\n")  # The terminal has written ^C into the line.
        return INTERRUPTED


def _usage(screen: TextIO) -> str:
    import shutil  # noqa: PLC0415 - only for people who ask
    import textwrap  # noqa: PLC0415 - as above

    columns = shutil.get_terminal_size().columns if screen.isatty() else sys.maxsize
    width = max(len(word) for word in COMMANDS)
    indent = " " * (width + 4)
    commands = "\n".join(
        textwrap.fill(summary, max(columns, 2 * width), initial_indent=f"  {word:<{width}}  ", subsequent_indent=indent)
        for word, (_module, summary) in COMMANDS.items()
    )
    return (
        "usage: aurelis COMMAND [options]\n\n"
        f"{commands}\n\n"
        "`aurelis COMMAND --help` tells more. Start with `aurelis demo`.\n"
    )


def _suggestion(word: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only after a mistake

    near = get_close_matches(word, COMMANDS, n=1)
    return f"; did you mean '{near[0]}'?" if near else "."


if __name__ == "__main__":
    sys.exit(main())
