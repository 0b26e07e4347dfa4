"""git, asked in a way that executes nothing of the repository's and tells it nothing of ours.

A repository that somebody else made may name programs in its own configuration: hooks, monitors, pagers, external
diffs, text filters, transports for objects that are missing. All are switched off. It may also say that its files lie
elsewhere on this machine; only those beside its own `.git` count. git itself is taken from an absolute
entry of the search path outside the folder, and gets an environment without variables of git's, tokens or keys.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from aurelis.core.errors import ErrorKind, RequestError

GIT_SECONDS: Final = 10.0
"""How long git may take."""

OUTPUT_BYTES: Final = 4_000_000
"""How much output is read unless a caller wants less."""

SAFE_DIFF: Final = ("--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short", "--ignore-submodules=dirty")
"""What every `git diff` is called with: a submodule is not looked into, as it has a configuration of its own."""

_OPTIONS: Final = (
    "--no-pager",
    "--no-optional-locks",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.quotePath=false"),
    *("-c", "safe.bareRepository=explicit"),
)

_KEPT_VARIABLES: Final = frozenset(
    {
        *("HOME", "XDG_CONFIG_HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA"),
        *("TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT"),
    }
)

_OWN_VARIABLES: Final[Mapping[str, str]] = {
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    # Objects that a partial clone lacks would be fetched by a program that the repository names.
    "GIT_ALLOW_PROTOCOL": "none",
}

_FILTER_PROGRAMS: Final = r"^filter\..*\.(clean|smudge|process|required)$"


@attrs.frozen
class GitAnswer:
    """What git printed, at most as much as was wanted, and its exit code (not 0 when it was cut off)."""

    code: int
    output: str = attrs.field(repr=False)


async def ask_git(folder: Path, *arguments: str, most: int = OUTPUT_BYTES) -> GitAnswer:
    """Run a git command in a folder.

    Raises:
        RequestError: `configuration` where there is no git or its filters cannot be switched off; `timeout` after ten
            seconds.
    """
    program, search_path = await asyncio.to_thread(_find, folder)
    environment = {name: value for name, value in os.environ.items() if name.upper() in _KEPT_VARIABLES}
    environment |= {**_OWN_VARIABLES, "PATH": search_path}
    top = await asyncio.to_thread(_top, folder)
    if top is not None:
        environment["GIT_WORK_TREE"] = str(top)
    command = [program, *_OPTIONS]
    names = await _run(
        folder, [*command, "config", "--null", "--name-only", "--get-regexp", _FILTER_PROGRAMS], environment
    )
    off = _filters_off(names.output.split("\0"))
    return await _run(folder, [*command, *off, *arguments], environment, most)


def _filters_off(names: list[str]) -> list[str]:
    """Options that switch off the filters whose settings have these names: a changed file is read through them."""
    filters = dict.fromkeys(name.rpartition(".")[0] for name in names if name)
    if any("=" in name for name in filters):
        message = "The repository's git filters have names that cannot be switched off; remove them from its settings."
        raise RequestError(ErrorKind.CONFIGURATION, message)
    options = ("clean=", "smudge=", "process=", "required=false")
    return [word for name in filters for option in options for word in ("-c", f"{name}.{option}")]


def _top(folder: Path) -> Path | None:
    """The folder that holds `.git`, whatever `core.worktree` says about where the files are."""
    here = folder.resolve()
    return next((candidate for candidate in (here, *here.parents) if (candidate / ".git").exists()), None)


def _find(folder: Path) -> tuple[str, str]:
    """The program, and the entries of the search path that lie outside the folder."""
    inside = folder.resolve()
    entries = []
    for entry in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(entry)
        if path.is_absolute() and (inside == Path(inside.anchor) or not path.resolve().is_relative_to(inside)):
            entries.append(entry)
    name = "git.exe" if sys.platform == "win32" else "git"
    for entry in entries:
        program = Path(entry) / name
        if program.is_file() and os.access(program, os.X_OK):
            return str(program), os.pathsep.join(entries)
    raise RequestError(ErrorKind.CONFIGURATION, "git was not found; install it or put it on the path.")


async def _run(folder: Path, command: list[str], environment: Mapping[str, str], most: int = OUTPUT_BYTES) -> GitAnswer:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        raise RequestError(ErrorKind.CONFIGURATION, "git cannot be run; check how it is installed.") from None
    try:
        async with asyncio.timeout(GIT_SECONDS):
            output = await _bounded(process, most)
            code = await process.wait()
    except TimeoutError:
        raise RequestError(ErrorKind.TIMEOUT, "git took too long; try again, or name less.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return GitAnswer(code, output.decode("utf-8", "replace"))


async def _bounded(process: asyncio.subprocess.Process, most: int) -> bytes:
    output = bytearray()
    if process.stdout is None:
        return b""
    while len(output) < most and (data := await process.stdout.read(65_536)):
        output += data
    if len(output) >= most:
        process.kill()
    return bytes(output[:most])
