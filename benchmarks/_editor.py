"""The least editor that a benchmark needs: framed JSON over a process's standard streams, no library in between.

With it comes what the benchmarks of server processes share: the server's command, its memory, a home of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

SERVE: Final = (sys.executable, "-P", "-m", "aurelis", "serve")


class Editor:
    """One server process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._id = 0
        self.pid = process.pid

    @classmethod
    async def start(cls, command: Sequence[str]) -> Self:
        """Start a server."""
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=nothing))

    def send(self, message: dict[str, Any]) -> None:
        """Send a message."""
        assert self._process.stdin is not None
        self._process.stdin.write(framed(message))

    def send_bytes(self, data: bytes) -> None:
        """Send prepared messages."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        assert self._process.stdout is not None
        length = 0
        while line := (await self._process.stdout.readline()).strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(await self._process.stdout.readexactly(length))
        return message

    async def answer(self, identifier: int) -> Any:
        """The answer to a request; notifications and the server's own requests on the way are passed over."""
        while True:
            message = await self.receive()
            if message.get("id") == identifier and "method" not in message:
                return message.get("result")

    async def request(self, method: str, params: Any = None) -> Any:
        """Ask and wait."""
        self._id += 1
        self.send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        return await self.answer(self._id)

    async def initialize(self, capabilities: dict[str, Any] | None = None) -> None:
        """Shake hands."""
        await self.request("initialize", {"capabilities": capabilities or {}, "processId": None, "rootUri": None})
        self.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})

    def open(self, uri: str, text: str) -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": "python", "version": 0, "text": text}
        self.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})

    async def close(self) -> None:
        """Leave in order."""
        await self.request("shutdown")
        self.send({"jsonrpc": "2.0", "method": "exit"})
        await self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()


def framed(message: dict[str, Any]) -> bytes:
    """A message with its header."""
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def edit(uri: str, version: int, line: int, character: int, text: str = "x") -> bytes:
    """An insertion, as a framed message."""
    position = {"line": line, "character": character}
    change = {"range": {"start": position, "end": position}, "text": text}
    params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
    return framed({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params})


def resident_megabytes(pid: int) -> float:
    """A process's resident memory in MB (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def percentile(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    return sorted(values)[int(0.95 * (len(values) - 1))]


def run_in_an_empty_home(main: Callable[[int], Awaitable[None]], usual: int) -> None:
    """Run a benchmark with the first argument of the command line, or as often as usual, away from the user's files."""

    async def run() -> None:
        await main(int(sys.argv[1]) if len(sys.argv) > 1 else usual)

    with tempfile.TemporaryDirectory() as home:
        os.environ.update(
            HOME=home,
            XDG_CACHE_HOME=f"{home}/cache",
            XDG_CONFIG_HOME=f"{home}/config",
            XDG_STATE_HOME=f"{home}/state",
            XDG_DATA_HOME=f"{home}/data",
            PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
        )
        asyncio.run(run())
