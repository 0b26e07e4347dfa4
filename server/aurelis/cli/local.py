"""`aurelis local`: a real model on this machine in one command, through an installed llama-server or Ollama.

One server serves all editors. It listens on the loopback address only, downloads its model by itself the first time,
and gives the model's memory back when nobody has asked for a while.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import attrs

from aurelis.cli import local_programs
from aurelis.cli.command_line import DONE, FAILED, say, wrong
from aurelis.cli.local_programs import Program
from aurelis.cli.outcomes import print_json
from aurelis.composition import local_server
from aurelis.composition.local_server import LocalServer
from aurelis.config.folders import open_folders
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.observe.file_lock import locked

LOG_FILE: Final = "local-server.log"
_LOCK_FILE: Final = "local-server.lock"
_LOCK_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.25
_SILENT_SECONDS: Final = 300.0
"""Longest wait without any sign of a download for a server to be ready."""
_TELL_SECONDS: Final = 5.0
_MEGABYTE: Final = 1_000_000


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the options."""
    parser.add_argument("action", nargs="?", choices=("start", "stop", "status"), default="start")
    parser.add_argument(
        "--model", metavar="SIZE|PATH|NAME", help="1.5b (recommended), 3b, 7b, a GGUF file, or a model of Ollama"
    )
    parser.add_argument("--program", choices=("llama-server", "ollama"), help="which one, where both are installed")
    parser.add_argument("--port", type=int, help="the port on 127.0.0.1 (by itself: one that editors find)")
    parser.add_argument("--json", action="store_true", help="print JSON (status)")


async def run(arguments: argparse.Namespace) -> int:
    """Start, stop, or show."""
    folders = await asyncio.to_thread(open_folders)
    if folders.state is None:
        raise wrong("There is no folder to keep the server's state in; set a home folder.")
    if arguments.port is not None and not 0 < arguments.port < 2**16:
        raise wrong("--port is a number from 1 to 65535.")
    if arguments.action == "status":
        return await _status(folders.state, as_json=arguments.json)
    async with _alone(folders.state):
        if arguments.action == "stop":
            return await _stop(folders.state)
        return await _start(folders.state, arguments)


@asynccontextmanager
async def _alone(folder: Path) -> AsyncIterator[None]:
    """Let one `start` or `stop` go on at a time."""
    with ExitStack() as held:
        try:
            await asyncio.to_thread(held.enter_context, locked(folder / _LOCK_FILE, _LOCK_SECONDS))
        except TimeoutError as error:
            message = "Another `aurelis local` is at work; wait for it."
            raise RequestError(ErrorKind.UNAVAILABLE, message) from error
        yield


async def _status(folder: Path, *, as_json: bool) -> int:
    server = await asyncio.to_thread(_running, folder)
    if as_json:
        print_json({"running": False} if server is None else {"running": True, **_public(server)})
    elif server is None:
        print("No local model runs; start one with `aurelis local start`.")
    else:
        print(_sentence(server))
    return DONE if server is not None else FAILED


def _public(server: LocalServer) -> dict[str, object]:
    fields = {name: value for name, value in attrs.asdict(server).items() if name not in {"identity", "pid"}}
    return {**fields, "pid": server.pid or None, "baseUrl": server.base_url}


def _sentence(server: LocalServer) -> str:
    process = f"process {server.pid}" if server.pid else "which was running before"
    return f"{server.model} is served at {server.base_url} by {server.program} ({process})."


def _running(folder: Path) -> LocalServer | None:
    """The server of the file if it runs and answers."""
    server = local_server.read(folder)
    if server is None or not local_server.runs(server):
        return None
    return server if local_programs.answers(_health_url(server.program, server.port)) else None


def _health_url(program: str, port: int) -> str:
    return f"http://127.0.0.1:{port}/{'api/version' if program == 'ollama' else 'health'}"


async def _stop(folder: Path) -> int:
    server = await asyncio.to_thread(local_server.read, folder)
    if server is None or not local_server.runs(server):
        await asyncio.to_thread(local_server.forget, folder)
        print("No local model runs.")
        return DONE
    await asyncio.to_thread(local_server.forget, folder)
    if server.pid == 0:
        print("Ollama was running before and goes on; it frees the model's memory by itself.")
        return DONE
    await asyncio.to_thread(local_server.stop, server)
    print(f"Stopped {server.program}.")
    return DONE


async def _start(folder: Path, arguments: argparse.Namespace) -> int:
    before = await asyncio.to_thread(_running, folder)
    if before is not None:
        print(_sentence(before))
        if arguments.model is not None and not _is_named(arguments.model, before):
            say("For another model, stop this one first: `aurelis local stop`.")
            return FAILED
        return DONE
    old = await asyncio.to_thread(local_server.read, folder)
    if old is not None:  # it runs no more, or no longer answers
        await asyncio.to_thread(local_server.stop, old)
    program = local_programs.installed(arguments.program)
    if program is None:
        name = arguments.program or "Neither llama-server nor Ollama"
        verb = "is not" if arguments.program else "is"
        say(f"{name} {verb} installed. Install one with this line, then run `aurelis local start` again:")
        print(local_programs.install_line(arguments.program))
        return FAILED
    serve = _with_ollama if program.name == "ollama" else _with_llama_server
    server = await serve(folder, program, arguments)
    print(_sentence(server))
    print(
        "Editors use it where no provider is configured (one that is open already, a few requests later). "
        f'Otherwise choose it: provider = "{server.profile}", providers.{server.profile}.baseUrl = "{server.base_url}".'
    )
    return DONE


def _is_named(model: str, server: LocalServer) -> bool:
    preset = local_programs.PRESETS.get(model.lower(), ("", ""))[1]
    return server.model in {model, preset, Path(model).stem, f"qwen2.5-coder:{model.lower()}"}


async def _with_llama_server(folder: Path, program: Program, arguments: argparse.Namespace) -> LocalServer:
    port = arguments.port or local_programs.free_port(local_programs.LLAMA_PORTS)
    command, model = await asyncio.to_thread(local_programs.llama_command, program, arguments.model, port)
    first_time = "" if "--model" in command else " The first time, the model is downloaded."
    say(f"Starting {model} with llama-server.{first_time}")
    server = await _launched(folder, program, command, port, model)
    if not local_programs.frees_memory(command):
        say("This llama-server keeps the model in memory until `aurelis local stop`; a newer one frees it when idle.")
    return server


async def _with_ollama(folder: Path, program: Program, arguments: argparse.Namespace) -> LocalServer:
    model = local_programs.ollama_model(arguments.model)
    usual = arguments.port or local_programs.OLLAMA_PORT
    if await asyncio.to_thread(local_programs.answers, _health_url("ollama", usual)):
        server = LocalServer(program="ollama", profile="ollama", pid=0, identity="", port=usual, model=model)
    else:
        port = arguments.port or local_programs.free_port((local_programs.OLLAMA_PORT,))
        server = await _launched(folder, program, [program.path, "serve"], port, model)
    try:
        await _pull(server)
    except BaseException:
        await _give_up(folder, server)
        raise
    await asyncio.to_thread(local_server.write, folder, server)
    return server


async def _pull(server: LocalServer) -> None:
    show = f"http://127.0.0.1:{server.port}/api/show"
    if await asyncio.to_thread(local_programs.answers, show, {"model": server.model}):
        return
    say(f"Downloading {server.model} ...")
    progress, lines = _Progress(), local_programs.pulled(server.port, server.model)
    try:
        while (line := await asyncio.to_thread(next, lines, None)) is not None:
            if line.get("error"):
                reason = str(line["error"])[:200]
                raise RequestError(ErrorKind.UNAVAILABLE, f"Ollama could not download {server.model}: {reason}")
            done, total = line.get("completed"), line.get("total")
            if isinstance(done, int) and isinstance(total, int) and total > 0:
                progress.tell(f"{done / _MEGABYTE:,.0f} of {total / _MEGABYTE:,.0f} MB ({done * 100 // total} %)")
    except OSError as error:
        message = f"The download of {server.model} broke off; run `aurelis local start` again to go on."
        raise RequestError(ErrorKind.NETWORK, message) from error
    finally:
        progress.end()


async def _launched(folder: Path, program: Program, command: list[str], port: int, model: str) -> LocalServer:
    """Start the program and wait until it is ready; whatever interrupts the wait ends it too."""
    log = folder / LOG_FILE
    environment = local_programs.environment_of(program, port)
    began = time.time()
    try:
        process = await asyncio.to_thread(local_server.launch, command, environment, log)
    except OSError as error:
        message = f"{program.path} cannot be started ({error.strerror or 'unknown error'})."
        raise RequestError(ErrorKind.UNAVAILABLE, message) from error
    server = LocalServer(
        program=program.name,
        profile="ollama" if program.name == "ollama" else "llamacpp",
        pid=process.pid,
        identity=local_server.identity(process.pid),
        port=port,
        model=model,
    )
    try:
        await asyncio.to_thread(local_server.write, folder, server)
        await _until_ready(server, process, log, began - 1)
    except BaseException:
        await _give_up(folder, server)
        raise
    return server


async def _give_up(folder: Path, server: LocalServer) -> None:
    local_server.forget(folder)
    await asyncio.shield(asyncio.to_thread(local_server.stop, server))


async def _until_ready(server: LocalServer, process: subprocess.Popen[bytes], log: Path, began: float) -> None:
    environment = dict(local_programs.environment_of(Program("llama-server", ""), server.port))
    progress, seen, until = _Progress(), -1, time.monotonic() + _SILENT_SECONDS
    url = _health_url(server.program, server.port)
    try:
        while not await asyncio.to_thread(local_programs.answers, url):
            if process.poll() is not None:
                reason = local_programs.reason_in(log)
                said = f" It said: {reason}" if reason else ""
                raise RequestError(ErrorKind.UNAVAILABLE, f"{server.program} ended at once; see {log}.{said}")
            size = await asyncio.to_thread(local_programs.downloading, began, environment)
            if size is not None and size != seen:
                seen, until = size, time.monotonic() + _SILENT_SECONDS
                progress.tell(f"Downloaded {size / _MEGABYTE:,.0f} MB")
            if time.monotonic() > until:
                raise RequestError(ErrorKind.TIMEOUT, f"{server.program} did not become ready; see {log}.")
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        progress.end()


class _Progress:
    """One line that is written over on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._told_at = float("-inf")
        self._open = False

    def tell(self, text: str) -> None:
        """Show how far it is."""
        now = time.monotonic()
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
            self._open = True
        elif now - self._told_at >= _TELL_SECONDS:
            say(text)
            self._told_at = now

    def end(self) -> None:
        """Leave the line."""
        if self._open:
            sys.stderr.write("\n")
            sys.stderr.flush()
