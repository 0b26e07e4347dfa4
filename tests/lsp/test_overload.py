"""Clients that ask too much, read too little or die: the real process neither stops, nor grows, nor stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aurelis.lsp.protocol import UNREAD_BYTES, UNTAKEN_SECONDS, serve_messages
from aurelis.lsp.server import create_server
from aurelis.lsp.transport import Wire
from fixtures import virtual_time
from lsp.fake_services import FakeServices
from lsp.raw_editor import RawEditor, frame

COMMAND = [sys.executable, "-P", "-m", "aurelis", "serve"]
URI = "untitled:calc.py"
SOURCE = "def add(first, second):\n    return first + second\n"
GROWTH_MEGABYTES = 64
PATIENCE = 60.0


@asynccontextmanager
async def served(**options: Any) -> AsyncIterator[tuple[asyncio.subprocess.Process, RawEditor]]:
    """A server process and an editor that has shaken hands with it and opened a document."""
    options = {"stderr": subprocess.DEVNULL, **options}
    process = await asyncio.create_subprocess_exec(
        *COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 20, **options
    )
    assert process.stdin is not None
    assert process.stdout is not None
    editor = RawEditor(process.stdout, process.stdin, wait=PATIENCE)
    try:
        await editor.initialize({})
        editor.open(URI, SOURCE)
        await editor.request("workspace/executeCommand", {"command": "aurelis.stats"})
        yield process, editor
    finally:
        editor.writer.close()
        if process.returncode is None:
            process.kill()
        await process.wait()
        await editor.reading


def megabytes(process: asyncio.subprocess.Process) -> float:
    """The memory that a process holds."""
    lines = Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
async def test_ten_thousand_requests_and_their_cancels_cost_no_memory() -> None:
    """All are sent before one is read; each is answered once, and the next is served."""
    async with served() as (process, editor):
        before = megabytes(process)
        arguments = [{"textDocument": {"uri": URI}}]
        ids = [
            editor.begin("workspace/executeCommand", {"command": "aurelis.explain", "arguments": arguments})
            for _ in range(10_000)
        ]
        for identifier in ids:
            editor.notify("$/cancelRequest", {"id": identifier})
            await editor.writer.drain()
        for identifier in ids[-300:]:
            await editor.answer(identifier)
        await editor.settle()
        answered = Counter(message["id"] for message in editor.received if "method" not in message)
        assert {answered[identifier] for identifier in ids} == {1}
        codes = {message["error"]["code"] for message in editor.received if "error" in message}
        assert codes == {-32800, -32601}
        assert megabytes(process) - before < GROWTH_MEGABYTES


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
async def test_a_hundred_megabytes_cost_no_memory() -> None:
    """A body of 100 MB is refused by its id and read past, and the next request is served."""
    async with served() as (process, editor):
        before = megabytes(process)
        head = b'{"jsonrpc":"2.0","id":"large","method":"workspace/executeCommand","params":"'
        editor.send_raw(b"Content-Length: %d\r\n\r\n" % (len(head) + 100_000_002) + head)
        for _ in range(100):
            editor.send_raw(b"x" * 1_000_000)
            await editor.writer.drain()
        editor.send_raw(b'"}')
        assert (await editor.answer("large"))["error"]["code"] == -32600
        await editor.settle()
        assert megabytes(process) - before < GROWTH_MEGABYTES


async def test_nobody_need_read_standard_error() -> None:
    """A client that leaves the server's log in the pipe is served all the same."""
    async with served(stderr=subprocess.PIPE, env={**os.environ, "AURELIS_LOG": "debug"}) as (_, editor):
        for number in range(3_000):
            editor.notify("textDocument/didOpen", {"textDocument": {"uri": number}})
            editor.notify("$/cancelRequest", {"ID": number})
        await editor.settle()


async def test_a_client_that_does_not_read_is_not_listened_to() -> None:
    """While answers pile up no further message is taken; when they are read, listening goes on."""
    taken = asyncio.Event()

    class Writer:
        waiting = UNREAD_BYTES + 1

        def write(self, data: bytes) -> None:
            taken.set()

        def close(self) -> None:
            """Nothing is open."""

    server = create_server(FakeServices())
    writer = Writer()
    server.protocol.set_writer(writer)
    reader = asyncio.StreamReader()
    wire = Wire(reader, writer, asyncio.Event())
    reader.feed_data(frame({"jsonrpc": "2.0", "id": 1, "method": "first"}))
    serving = asyncio.ensure_future(serve_messages(wire, server.protocol))
    await asyncio.wait_for(taken.wait(), PATIENCE)
    taken.clear()
    reader.feed_data(frame({"jsonrpc": "2.0", "id": 2, "method": "second"}))
    reader.feed_eof()
    for _ in range(100):
        await asyncio.sleep(0)
    assert not taken.is_set()
    writer.waiting = 0
    await asyncio.wait_for(taken.wait(), PATIENCE)
    await asyncio.wait_for(serving, PATIENCE)


@pytest.mark.parametrize("takes", [False, True])
def test_a_client_that_takes_nothing_for_long_is_gone(takes: bool) -> None:
    """One that only reads slowly is served for as long as that takes."""

    class Writer:
        waiting = UNREAD_BYTES + 1_000

        def write(self, data: bytes) -> None:
            """Nobody reads it."""

        def close(self) -> None:
            """Nothing is open."""

    async def serve() -> float:
        writer, reader, loop = Writer(), asyncio.StreamReader(), asyncio.get_running_loop()
        server = create_server(FakeServices())
        server.protocol.set_writer(writer)
        began = loop.time()
        reader.feed_data(frame({"jsonrpc": "2.0", "id": 1, "method": "first"}))
        serving = asyncio.ensure_future(serve_messages(Wire(reader, writer, asyncio.Event()), server.protocol))
        for _ in range(10 if takes else 0):
            await asyncio.sleep(UNTAKEN_SECONDS / 2)
            assert not serving.done()
            writer.waiting -= 1
        await serving
        return loop.time() - began

    served = virtual_time.run(serve())
    assert served == pytest.approx(UNTAKEN_SECONDS * (6 if takes else 1), abs=1.0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
async def test_a_terminated_server_leaves_in_order(name: str, code: int) -> None:
    """A signal to leave ends it as the end of the connection does, with the code that shells know."""
    async with served() as (process, _):
        process.send_signal(getattr(signal, name))
        assert await asyncio.wait_for(process.wait(), PATIENCE) == code


PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-P", "-m", "aurelis", "serve"], stdin=0, stdout=1, stderr=subprocess.DEVNULL)
child.wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there pipes end with their owner")
async def test_the_server_ends_with_the_process_that_its_client_named() -> None:
    """The client is killed while somebody else keeps the pipes open: the server goes."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    editor = RawEditor(parent.stdout, parent.stdin, wait=PATIENCE)
    await editor.initialize({}, processId=parent.pid)
    parent.kill()
    await parent.wait()
    await asyncio.wait_for(editor.reading, PATIENCE)
    editor.writer.close()
