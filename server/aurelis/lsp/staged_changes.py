"""The changes that are about to be committed, for a commit message.

git is asked in a way that runs nothing of the repository's: no hooks, no monitor, no external diff, no text filter.
Files that must not leave the machine are left out.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.ports import EgressPolicy
from aurelis.core.request import Source
from aurelis.core.snapshot import Snapshot

GIT_SECONDS: Final = 10.0
"""How long git may take."""

DIFF_BYTES: Final = 400_000
"""How much of a diff is taken; the prompt is shorter still."""

NAMES_BYTES: Final = 4_000_000
"""How much of the list of changed files is taken."""

MOST_FILES: Final = 500
"""Changed files that are looked at."""

_SAFE: Final = (
    "--no-pager",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "core.quotePath=false",
)


async def staged_changes(folders: Iterable[Path], egress: EgressPolicy) -> Snapshot:
    """The staged changes of the first workspace folder, as a diff.

    Raises:
        RequestError: `configuration` when there is no repository, no git or nothing staged; `excluded` when all that
            is staged must stay on the machine.
    """
    folder = next(iter(folders), None)
    if folder is None:
        raise RequestError(ErrorKind.CONFIGURATION, "There is no workspace folder; open one with a git repository.")
    listed = await _git(folder, NAMES_BYTES, "diff", "--staged", "--name-only", "--relative", "-z")
    names = [name for name in listed.split("\0") if name][:MOST_FILES]
    if not names:
        raise RequestError(ErrorKind.CONFIGURATION, "Nothing is staged; stage the changes first (git add).")
    allowed = [name for name in names if egress.refusal(_source(folder, name)) is None]
    if not allowed:
        raise RequestError(ErrorKind.EXCLUDED, "All staged files are excluded from leaving this machine.")
    options = ("--no-ext-diff", "--no-textconv", "--no-color", "--relative")
    diff = await _git(
        folder, DIFF_BYTES, "diff", "--staged", *options, "--", *(f":(literal){name}" for name in allowed)
    )
    return Snapshot(uri="aurelis:/staged.diff", language_id="diff", text=diff, name="staged changes")


def _source(folder: Path, name: str) -> Source:
    path = folder / name
    return Source(path.as_uri(), path, "", name)


async def _git(folder: Path, most: int, *arguments: str) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": ""}
    environment.pop("GIT_EXTERNAL_DIFF", None)
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *_SAFE,
            *arguments,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        raise RequestError(ErrorKind.CONFIGURATION, "git was not found; install it or put it on the path.") from None
    try:
        async with asyncio.timeout(GIT_SECONDS):
            output = await _bounded(process, most)
            await process.wait()
    except TimeoutError:
        raise RequestError(ErrorKind.TIMEOUT, "git took too long to show the staged changes.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode and not output:
        raise RequestError(ErrorKind.CONFIGURATION, "The workspace folder is not a git repository.")
    return output.decode("utf-8", "replace")


async def _bounded(process: asyncio.subprocess.Process, most: int) -> bytes:
    output = bytearray()
    if process.stdout is None:
        return b""
    while len(output) < most and (data := await process.stdout.read(65_536)):
        output += data
    if len(output) >= most:
        process.kill()
    return bytes(output[:most])
