"""A chat or fill-in-the-middle model on the loopback that answers what a function says, and sees when it is hung up on.

Only what the benchmark needs of HTTP: one request at a time on a connection, answers as server-sent events.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs

CURSOR: Final = "<<<CURSOR>>>"
MODEL: Final = "oracle"


@attrs.define(eq=False)
class Asked:
    """One request, as the model sees it: `prefix` and `suffix` are what it was shown around the cursor.

    Times are the loop's; `closed` is when the client hung up before the answer's end, `tokens` is what was sent of it.
    """

    prefix: str
    suffix: str
    prompt_characters: int
    at: float
    first: float | None = None
    ended: float | None = None
    closed: float | None = None
    sent: str = ""


@attrs.define(eq=False)
class Upstream:
    """The model. `answer` gives the whole answer and whether it ends because it is too long."""

    answer: Callable[[Asked], tuple[str, bool]]
    latency: float = 0.0
    pace: float = 0.0
    """Seconds for each piece of four characters."""
    asked: list[Asked] = attrs.field(factory=list)
    port: int = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Upstream]:
        """Listen on a free port of the loopback."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = (line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
                body = await reader.readexactly(int(next(lengths, b":0").split(b":")[1]))
                if head.startswith(b"GET"):
                    await self._models(writer)
                else:
                    await self._answer(json.loads(body), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _models(self, writer: asyncio.StreamWriter) -> None:
        body = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        writer.write(body)
        await writer.drain()

    async def _answer(self, body: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        asked = asked_of(body, loop.time())
        self.asked.append(asked)
        hangs_up = asyncio.create_task(reader.read(1))
        speaks = asyncio.create_task(self._speak(asked, body, writer))
        await asyncio.wait({hangs_up, speaks}, return_when=asyncio.FIRST_COMPLETED)
        if not speaks.done():
            asked.closed = loop.time()
            speaks.cancel()
            await asyncio.gather(speaks, hangs_up, return_exceptions=True)
            raise ConnectionResetError
        hangs_up.cancel()
        await asyncio.gather(hangs_up, return_exceptions=True)
        speaks.result()

    async def _speak(self, asked: Asked, body: Any, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        text, cut = self.answer(asked)
        if self.latency:
            await asyncio.sleep(self.latency)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        asked.first = loop.time()
        chat = "messages" in body
        for start in range(0, len(text), 4):
            if self.pace and start:
                await asyncio.sleep(self.pace)
            piece = text[start : start + 4]
            _write(writer, event(piece, chat=chat))
            asked.sent += piece
            await writer.drain()
        _write(writer, event("", chat=chat, finish="length" if cut else "stop"))
        _write(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        asked.ended = loop.time()


def asked_of(body: Any, at: float) -> Asked:
    """What a request's body says about the cursor."""
    if "messages" not in body:
        return Asked(body.get("prompt", ""), body.get("suffix", ""), len(json.dumps(body)), at)
    prompt = body["messages"][-1]["content"]
    prefix, _, suffix = prompt.rpartition(CURSOR)
    return Asked(prefix, suffix, sum(len(message["content"]) for message in body["messages"]), at)


def event(text: str, *, chat: bool, finish: str | None = None) -> bytes:
    """One server-sent event."""
    choice: dict[str, Any] = {"index": 0, "finish_reason": finish}
    choice |= {"delta": {"content": text} if text else {}} if chat else {"text": text}
    kind = "chat.completion.chunk" if chat else "text_completion"
    return b"data: " + json.dumps({"id": "c", "object": kind, "model": MODEL, "choices": [choice]}).encode() + b"\n\n"


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"%x\r\n" % len(data) + data + b"\r\n")
