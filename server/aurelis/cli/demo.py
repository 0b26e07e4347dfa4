"""`aurelis demo`: the main features at work in this terminal, with no account and no network.

Two real processes are started, `aurelis sandbox` and `aurelis serve`, and driven as an editor would drive them, on a
copy of one of the project's own source files. Home and settings are temporary, so that nothing of the user's is read
or changed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

import aurelis.core.model
from aurelis.cli.command_line import DONE, OutputClosedError
from aurelis.cli.demo_screen import DemoScreen
from aurelis.cli.demo_steps import DemoDocument, act, explain, hover, list_requests, suggest
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.lsp.client import EditorClient

PROGRAM: Final = "aurelis"

SOURCE: Final = Path(aurelis.core.model.__file__)
"""The file that is worked on, in a copy."""

STEP_SECONDS: Final = 20.0
"""How long one step may take before the demonstration gives up."""

STOP_SECONDS: Final = 5.0
"""How long the sandbox may take to stop."""

PAUSE_SECONDS: Final = 0.01
"""The sandbox's pause between streamed events: without it the answer is there before one sees it grow."""

T = TypeVar("T")
Step = Callable[[EditorClient, DemoDocument, DemoScreen], Coroutine[Any, Any, None]]

STEPS: Final[tuple[tuple[str, Step], ...]] = (
    ("Ghost text", suggest),
    ("A code action and its diff", act),
    ("An explanation, streamed", explain),
    ("A hover, from what was explained", hover),
    ("What was asked", list_requests),
)


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """There are no options beside the common ones."""
    parser.epilog = "Exit code 0 when every step worked, 1 when one did not."


async def run(arguments: argparse.Namespace) -> int:
    """Show every step.

    Raises:
        RequestError: of kind `unavailable`, naming the step that did not work.
    """
    began = time.monotonic()
    screen = DemoScreen()
    with tempfile.TemporaryDirectory(prefix="aurelis-demo-", ignore_cleanup_errors=True) as name:
        file, environment = await asyncio.to_thread(_prepare, Path(name))
        screen.begin(f"aurelis/core/{SOURCE.name}")
        async with (
            _named("Starting the sandbox", _sandbox(environment, debug=arguments.debug)) as base_url,
            _named("Starting the server", _server(environment, base_url, file.parent, debug=arguments.debug)) as client,
        ):
            document = DemoDocument(client.open(file, "python"), file.name)
            for number, (title, step) in enumerate(STEPS, 1):
                screen.step(number, title)
                await _tried(title, step(client, document, screen))
    screen.end(time.monotonic() - began, program_name())
    return DONE


def program_name() -> str:
    """How this program is called from here: by its name, where that finds it, else by the shorter of its paths."""
    folder = Path(sys.executable).parent
    own = shutil.which(PROGRAM, path=str(folder))
    if own is None or shutil.which(PROGRAM) == own:
        return PROGRAM
    relative = os.path.relpath(own) if Path(own).is_relative_to(Path.cwd()) else own
    return shlex.quote(relative) if sys.platform != "win32" else relative


def _prepare(folder: Path) -> tuple[Path, dict[str, str]]:
    """The copy of the source file, in a workspace of its own, and the environment of the processes."""
    home = folder.resolve()
    workspace = home / "project"
    workspace.mkdir()
    file = workspace / SOURCE.name
    file.write_bytes(SOURCE.read_bytes())
    return file, _own_environment(home)


def _own_environment(home: Path) -> dict[str, str]:
    """A home of its own for both processes, no keychain, and none of the user's settings."""
    folders = {
        "HOME": "",
        "USERPROFILE": "",
        "APPDATA": "roaming",
        "LOCALAPPDATA": "local",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_STATE_HOME": "state",
    }
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AURELIS_")}
    for key, folder in folders.items():
        path = home / folder
        path.mkdir(exist_ok=True)
        environment[key] = str(path)
    return environment | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


@contextlib.asynccontextmanager
async def _sandbox(environment: dict[str, str], *, debug: bool) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *_program("sandbox", "--until-stdin-closes", "--pause", str(PAUSE_SECONDS)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=None if debug else asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("the sandbox has no pipes")
        async with asyncio.timeout(STEP_SECONDS):
            line = await process.stdout.readline()
        yield str(json.loads(line)["baseUrl"])
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def _server(
    environment: dict[str, str], base_url: str, workspace: Path, *, debug: bool
) -> AsyncIterator[EditorClient]:
    client = EditorClient({"provider": "sandbox", "providers": {"sandbox": {"baseUrl": base_url}}})
    # The client adds to this process's variables, so what the user has set for Aurelis is emptied here.
    emptied = {key: "" for key in os.environ if key.startswith("AURELIS_")}
    stderr = None if debug else asyncio.subprocess.DEVNULL
    await client.start(_program("serve"), env={**emptied, **environment}, stderr=stderr)
    try:
        async with asyncio.timeout(STEP_SECONDS):
            await client.initialize(workspace)
        yield client
    finally:
        await client.close()


def _program(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "aurelis", *arguments]


@contextlib.asynccontextmanager
async def _named(title: str, context: contextlib.AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    entered = await _tried(title, context.__aenter__())
    try:
        yield entered
    finally:
        await context.__aexit__(None, None, None)


async def _tried(title: str, work: Coroutine[Any, Any, T]) -> T:
    """Await a step in bounded time and name it if it fails."""
    try:
        async with asyncio.timeout(STEP_SECONDS):
            return await work
    except OutputClosedError:
        raise
    except Exception as error:
        reason = error.message if isinstance(error, RequestError) else str(error) or type(error).__name__
        if isinstance(error, TimeoutError):
            reason = f"it took longer than {STEP_SECONDS:.0f} seconds"
        message = f"The demonstration stopped at “{title}”: {reason.rstrip('.')}. Run `aurelis demo --debug` for more."
        raise RequestError(ErrorKind.UNAVAILABLE, message) from error
