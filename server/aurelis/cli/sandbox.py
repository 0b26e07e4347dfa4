"""`aurelis sandbox`: the stand-in model server as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
from pathlib import Path
from threading import Thread

from aurelis.cli.command_line import DONE
from aurelis.core.leaving import on_leaving
from aurelis.sandbox.scenario import load_scenario
from aurelis.sandbox.server import start
from aurelis.sandbox.vendors import PROFILES


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the options."""
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="the port on 127.0.0.1 (0: any free one)")
    parser.add_argument("--profile", choices=tuple(PROFILES), default="openai", help="whose protocol to speak")
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="a JSON list of answers that go wrong")
    parser.add_argument("--pause", type=_seconds, default=0.0, metavar="SECONDS", help="wait between streamed events")
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input is closed")


async def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal, or the end of standard input, says to stop."""
    scenario = await asyncio.to_thread(load_scenario, arguments.scenario) if arguments.scenario else ()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    on_leaving(loop, lambda _code: stop.set())
    with contextlib.suppress(NotImplementedError):  # Windows, where Ctrl-C ends the process.
        loop.add_signal_handler(signal.SIGINT, stop.set)
    sandbox = await start(
        port=arguments.port, profile=arguments.profile, scenario=scenario, chunk_seconds=arguments.pause
    )
    print(json.dumps({"baseUrl": sandbox.base_url}), flush=True)
    if arguments.until_stdin_closes:
        _watch_stdin(stop)
    await stop.wait()
    await sandbox.aclose()
    return DONE


def _watch_stdin(stop: asyncio.Event) -> None:
    """Set the event at the end of standard input; reading is a thread's work, as a pipe cannot be polled everywhere."""
    loop = asyncio.get_running_loop()

    def drain() -> None:
        # Not through sys.stdin, whose lock a reading thread would hold while the interpreter ends.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # The loop may have ended meanwhile.
            loop.call_soon_threadsafe(stop.set)

    Thread(target=drain, name="aurelis-stdin", daemon=True).start()


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:6]) > 65_535:  # noqa: PLR2004 - the highest port
        raise argparse.ArgumentTypeError(f"'{text}' is not a port from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 60:  # noqa: PLR2004 - longer pauses help nobody
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds from 0 to 60")
    return value
