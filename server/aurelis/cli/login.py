"""`aurelis login PROVIDER`, `logout PROVIDER`, `auth status`: tokens, read from a prompt or standard input only."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aurelis.app import Application
from aurelis.cli.command_line import DONE, FAILED, say, wrong
from aurelis.cli.outcomes import print_json
from aurelis.cli.services import opened_services
from aurelis.cli.tables import console, table
from aurelis.cli.waiting import waiting
from aurelis.config.folders import config_folder
from aurelis.providers.profiles import unknown_name
from aurelis.security.credentials import Credentials
from aurelis.security.token import LONGEST_TOKEN, clean_token


def configure(parser: argparse.ArgumentParser, word: str) -> None:
    """Add the options of login, logout or auth."""
    parser.set_defaults(word=word)
    if word == "auth":
        actions = parser.add_subparsers(dest="action", required=True, metavar="status")
        status = actions.add_parser("status", help="where each provider's token comes from")
        status.add_argument("--json", action="store_true", help="print JSON")
        return
    parser.add_argument("provider", help="the provider's name in the settings")
    if word == "login":
        parser.add_argument(
            "--file",
            action="store_true",
            help="keep it in credentials.toml in the configuration folder, where there is no keychain",
        )
        # Taken to be refused without an echo: a token on the command line stands in histories and lists of processes.
        parser.add_argument("argued", nargs="*", default=[], help=argparse.SUPPRESS)
        parser.add_argument("--token", "--key", nargs="?", const="", help=argparse.SUPPRESS)


def prepare(arguments: argparse.Namespace) -> None:
    """Read the token before the event loop runs, so that Ctrl-C at the prompt ends the program.

    Nobody types one for a provider that does not exist, or where none can be kept.
    """
    if arguments.word == "login":
        if arguments.argued or arguments.token is not None:
            raise wrong(
                "A token is never an argument, as other programs see those; type it when asked, or pipe it in. "
                "What was typed here may stand in the shell's history: better make a new token."
            )
        message = unknown_name(arguments.provider, asyncio.run(_configured()))
        if message is not None:
            raise wrong(message)
        asyncio.run(_can_be_kept(arguments.provider, file=arguments.file))
        arguments.token = _read_token(arguments.provider)


async def _configured() -> tuple[str, ...]:
    application = Application()
    await application.configure(folders=[Path.cwd()])
    return tuple(application.settings.providers)


async def _can_be_kept(provider: str, *, file: bool) -> None:
    with waiting("Looking for the keychain ..."):
        await Credentials(config_folder(), os.environ).reach(provider, "file" if file else "keychain")


async def run(arguments: argparse.Namespace) -> int:
    """Sign in, sign out, or show."""
    if arguments.word == "auth":
        return await _status(arguments)
    if arguments.word == "logout":
        async with opened_services(tell_status=False) as services:
            removed = await services.logout(arguments.provider)
        if not removed:
            say(f"There was no token for {arguments.provider}.")
            return FAILED
        print(f"Removed the token for {arguments.provider} ({', '.join(removed)}).")
        return DONE
    async with opened_services(tell_status=False) as services:
        with waiting("Trying the token ..."):
            state, message, warning = await services.try_token(arguments.provider, arguments.token)
        if warning is not None:
            say(warning)
        if state == "invalid":
            say(f"{message.rstrip('.')}. The token was not kept.")
            return FAILED
        await services.login(arguments.provider, arguments.token, where="file" if arguments.file else "keychain")
    if state == "unknown":
        say(f"Whether the token works could not be found out; it is kept. {message}")
    print(f"Signed in to {arguments.provider}.")
    return DONE


def _read_token(provider: str) -> str:
    """One line from standard input; not echoed when a person types it."""
    if sys.stdin.isatty():
        try:
            line = getpass.getpass(f"Token for {provider}: ")
        except EOFError:
            line = ""
    else:
        line = sys.stdin.readline(LONGEST_TOKEN + 1)
    token = clean_token(line)
    if token is None:
        raise wrong("That is not a token; give it on one line, without blanks.")
    return token


async def _status(arguments: argparse.Namespace) -> int:
    async with opened_services(tell_status=False) as services:
        with waiting("Trying the tokens ..."):
            rows = await services.auth_status(check=True)
    if arguments.json:
        print_json(rows)
    elif rows:
        console().print(table("", ("Provider", "Token", "From", "For", "Works"), [_cells(row) for row in rows]))
        for message in dict.fromkeys(str(row["message"]) for row in rows if row.get("message")):
            say(message)
        for row in rows:
            if row.get("state") in {"invalid", "unknown"}:
                say(f"{row['provider']}: {row['detail']}")
    return DONE


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    missing = "none" if row.get("required", True) else "none (not needed)"
    if row.get("variableFault"):
        missing = f"none ({row['variable']} {row['variableFault']})"
    source, origin = row.get("source"), row.get("origin")
    token = "present" if row["present"] else missing
    works = {"valid": "yes", "invalid": "no", "unknown": "not known"}.get(str(row.get("state")), "-")
    return (str(row["provider"]), token, str(source or "-"), str(origin or "-"), works)
