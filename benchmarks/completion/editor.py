"""An editor that types: a raw LSP client whose requests can be answered in any order and cancelled."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from upstream import MODEL, Upstream

from aurelis.core.positions import LineIndex, PositionEncoding

AUTOMATIC, INVOKED = 2, 1


class Editor:
    """One `aurelis serve` process, and the documents that were opened in it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid
        self._id = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())
        self._versions: dict[str, int] = {}
        self.texts: dict[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def started(cls, upstream: Upstream, *, chat: bool = True, **settings: Any) -> AsyncIterator[Self]:
        """A server whose only model is the upstream, in an empty home folder."""
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        with tempfile.TemporaryDirectory() as home:
            folders = {name: str(Path(home, name)) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")}
            environment = os.environ | folders | {"HOME": home, "XDG_DATA_HOME": str(Path(home, "data"))}
            command = (sys.executable, "-m", "aurelis", "serve")
            editor = cls(
                await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=nothing, env=environment)
            )
            model = {MODEL: {"fim": False if chat else "suffix"}}
            provider = {"baseUrl": f"http://127.0.0.1:{upstream.port}/v1", "models": model}
            tree = {"provider": "custom", "providers": {"custom": provider}, **settings}
            capabilities = {"textDocument": {"inlineCompletion": {}}, "general": {"positionEncodings": ["utf-16"]}}
            await editor.request(
                "initialize",
                {"capabilities": capabilities, "processId": None, "rootUri": None, "initializationOptions": tree},
            )
            editor.notify("initialized", {})
            try:
                yield editor
            finally:
                await editor._close()

    def notify(self, method: str, params: Any) -> None:
        """Tell the server something."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Any) -> tuple[int, asyncio.Future[Any]]:
        """Ask; the answer comes as a future, cancelled or not."""
        self._id += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._id] = future
        self._send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        return self._id, future

    async def request(self, method: str, params: Any) -> Any:
        """Ask and wait."""
        return (await self.ask(method, params)[1]).get("result")

    def cancel(self, identifier: int) -> None:
        """Take a request back."""
        self.notify("$/cancelRequest", {"id": identifier})

    def open(self, uri: str, language_id: str, text: str) -> None:
        """Open a document, or give one that is open another text."""
        if uri in self.texts:
            self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        self.texts[uri] = text
        self._versions[uri] = 1
        item = {"uri": uri, "languageId": language_id, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def close(self, uri: str) -> None:
        """Close a document."""
        del self.texts[uri], self._versions[uri]
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def edit(self, uri: str, start: int, end: int, text: str) -> None:
        """Replace characters (offsets)."""
        span = {"start": self.position(uri, start), "end": self.position(uri, end)}
        old = self.texts[uri]
        self.texts[uri] = old[:start] + text + old[end:]
        self._versions[uri] += 1
        identifier = {"uri": uri, "version": self._versions[uri]}
        changes = [{"range": span, "text": text}]
        self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": changes})

    def complete(self, uri: str, offset: int, kind: int = AUTOMATIC) -> tuple[int, asyncio.Future[Any]]:
        """Ask for ghost text."""
        params = {
            "textDocument": {"uri": uri},
            "position": self.position(uri, offset),
            "context": {"triggerKind": kind},
        }
        return self.ask("textDocument/inlineCompletion", params)

    def position(self, uri: str, offset: int) -> dict[str, int]:
        """An offset as LSP has it."""
        place = LineIndex(self.texts[uri]).position_at(offset, PositionEncoding.UTF16)
        return {"line": place.line, "character": place.character}

    def taken(self, uri: str, item: dict[str, Any]) -> str:
        """The document once an item is taken."""
        text = self.texts[uri]
        lines = LineIndex(text)
        ends = (item["range"]["start"], item["range"]["end"])
        start, end = (lines.offset_at(at["line"], at["character"], PositionEncoding.UTF16) for at in ends)
        return text[:start] + str(item["insertText"]) + text[end:]

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps(message).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                line = await self._process.stdout.readline()
            message = json.loads(await self._process.stdout.readexactly(length))
            if "method" in message and "id" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
            elif "id" in message:
                future = self._waiting.pop(message["id"], None)
                if future is not None and not future.done():
                    future.set_result(message)

    async def _close(self) -> None:
        await self.request("shutdown", None)
        self.notify("exit", None)
        await self._process.wait()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
