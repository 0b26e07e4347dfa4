"""An editor that says exactly what a test wants, byte for byte, to a server in this process."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aurelis.lsp.framing import MessageFramer
from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.server import create_server, serve
from aurelis.lsp.transport import TransportWriter, Wire
from aurelis.workflow.services import Services

WAIT = 30.0
"""Seconds after which a missing message is a failure."""

FULL_CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {
            "documentChanges": True,
            "resourceOperations": ["create"],
            "changeAnnotationSupport": {},
        },
        "textDocumentContent": {},
    },
    "textDocument": {
        "inlineCompletion": {},
        "hover": {"contentFormat": ["markdown"]},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}},
            "disabledSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
            "tagSupport": {"valueSet": [1]},
        },
    },
    "experimental": {"aurelis": True},
}


def frame(message: Any) -> bytes:
    """A message with its header."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class RawEditor:
    """The client's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, wait: float = WAIT) -> None:
        self._reader = reader
        self._wait = wait
        self.writer = writer
        self.received: list[dict[str, Any]] = []
        self.answers: dict[str, Callable[[Any], Any]] = {}
        self._changed = asyncio.Condition()
        self._id = 0
        self.reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        framer = MessageFramer()
        while data := await self._reader.read(65536):
            for body in framer.feed(data):
                assert isinstance(body, bytes)
                message = json.loads(body)
                if "method" in message and "id" in message and message["method"] in self.answers:
                    result = self.answers[message["method"]](message.get("params"))
                    self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})
                async with self._changed:
                    self.received.append(message)
                    self._changed.notify_all()

    def send(self, message: Any) -> None:
        """Send a message, or bytes as a message's body."""
        self.writer.write(frame(message))

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    def notify(self, method: str, params: Any = None) -> None:
        """Send a notification."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def begin(self, method: str, params: Any = None) -> int:
        """Send a request and give its id."""
        self._id += 1
        self.send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        return self._id

    async def request(self, method: str, params: Any = None) -> Any:
        """Send a request and give its result; an error fails the test."""
        answer = await self.answer(self.begin(method, params))
        assert "error" not in answer, answer
        return answer["result"]

    async def failure(self, method: str, params: Any = None) -> dict[str, Any]:
        """Send a request and give its error; a result fails the test."""
        answer = await self.answer(self.begin(method, params))
        assert "error" in answer, answer
        error: dict[str, Any] = answer["error"]
        return error

    async def answer(self, identifier: int | str | None) -> dict[str, Any]:
        """The answer to a request."""
        return await self.wait_for(lambda message: "method" not in message and message.get("id") == identifier)

    async def message(self, method: str, accept: Callable[[Any], bool] = lambda _: True) -> Any:
        """The parameters of the first message of a method that a test accepts."""
        found = await self.wait_for(lambda item: item.get("method") == method and accept(item.get("params")))
        return found.get("params")

    def all(self, method: str) -> list[Any]:
        """The parameters of every message of a method so far."""
        return [message.get("params") for message in self.received if message.get("method") == method]

    async def wait_for(self, accept: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message received, now or later, that a test accepts."""
        async with asyncio.timeout(self._wait), self._changed:
            while True:
                for message in self.received:
                    if accept(message):
                        return message
                await self._changed.wait()

    async def settle(self) -> None:
        """Wait until the server has handled everything sent so far."""
        answer = await self.answer(self.begin("aurelis/test/nothing"))
        assert answer["error"]["code"] == -32601

    async def initialize(self, capabilities: dict[str, Any] | None = None, **params: Any) -> dict[str, Any]:
        """Shake hands."""
        given = FULL_CAPABILITIES if capabilities is None else capabilities
        result = await self.request("initialize", {"capabilities": given, "processId": None, "rootUri": None, **params})
        self.notify("initialized", {})
        assert isinstance(result, dict)
        return result

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def edit(self, uri: str, version: int, text: str, span: tuple[int, int, int, int] | None = None) -> None:
        """Change a document, wholly or in a range."""
        change: dict[str, Any] = {"text": text}
        if span is not None:
            change["range"] = range_of(*span)
        identifier = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": [change]})


def range_of(line: int, character: int, end_line: int, end_character: int) -> dict[str, Any]:
    """An LSP range."""
    return {
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    }


@asynccontextmanager
async def connection(services: Services) -> AsyncIterator[tuple[RawEditor, AurelisServer]]:
    """A server in this process and an editor connected to it; at the end the server has ended too."""
    ours, theirs = socket.socketpair()
    server = create_server(services)
    reader, writer = await asyncio.open_connection(sock=theirs)
    closed = asyncio.Event()
    closed.set()
    serving = asyncio.ensure_future(serve(server, Wire(reader, TransportWriter(writer.transport), closed)))
    editor = RawEditor(*await asyncio.open_connection(sock=ours))
    try:
        yield editor, server
    finally:
        editor.writer.close()
        async with asyncio.timeout(WAIT):
            await serving
            await editor.reading
        writer.close()
