"""A raw HTTP server whose every byte a test controls, and short ways to make requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import attrs

from aurelis.core.redaction_map import RedactionMap
from aurelis.core.reply import Finished, ProviderEvent, TextDelta
from aurelis.core.request import FillInTheMiddle, Message, Parameters, RedactedRequest, Request, Task
from aurelis.providers.openai_compatible import OpenAICompatibleProvider, open_provider
from aurelis.providers.options import ProviderOptions
from aurelis.providers.tokens import TokenSource


@attrs.frozen
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


@attrs.define
class Exchange:
    """One request and the means to answer it."""

    received: Received
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def left(self) -> None:
        """Wait until the client closes its end."""
        await self.reader.read(1)
        self.writer.close()

    async def chunk(self, data: bytes) -> None:
        """Write one chunk of a chunked body."""
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))


Answer = Callable[[Exchange], Awaitable[None]]


def head(content_type: str = "text/event-stream", headers: Mapping[str, str] | None = None) -> bytes:
    """The head of an answer with a chunked body."""
    lines = ["HTTP/1.1 200 OK", f"content-type: {content_type}", "transfer-encoding: chunked"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode()


def whole(status: int, body: bytes, content_type: str = "application/json", **headers: str) -> Answer:
    """An answer with a length."""

    async def answer(exchange: Exchange) -> None:
        lines = [f"HTTP/1.1 {status} X", f"content-type: {content_type}", f"content-length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await exchange.send("\r\n".join([*lines, "", ""]).encode() + body)

    return answer


def stream(*parts: bytes, content_type: str = "text/event-stream", **headers: str) -> Answer:
    """A chunked answer, one chunk per part."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(head(content_type, headers))
        for part in parts:
            await exchange.chunk(part)
        await exchange.send(b"0\r\n\r\n")

    return answer


def delta(text: str, finish: str | None = None, **more: Any) -> bytes:
    """One event of a chat stream."""
    choice = {"index": 0, "delta": {"content": text, **more}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


class RawServer:
    """Answers in order; the last answer is used for all further requests."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [stream(delta("hello", "stop"), DONE)]
        self.received: list[Received] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.closed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def base_url(self) -> str:
        """Ready for a provider."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self, **tls: Any) -> None:
        """Listen on a free port of the loopback address."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=512, **tls)

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.closed.clear()
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while (received := await self._read(reader)) is not None:
                self.received.append(received)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                await answer(Exchange(received, reader, writer))
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()
            if self.open == 0:
                self.closed.set()

    async def _read(self, reader: asyncio.StreamReader) -> Received | None:
        try:
            raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = raw.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Received(method, path, headers, body)


@asynccontextmanager
async def provider_for(
    base_url: str | None, *, token: str | None = None, absence: str = "", profile: str = "custom", **options: Any
) -> AsyncIterator[OpenAICompatibleProvider]:
    """A provider, closed at the end."""

    async def source() -> str | None:
        return token

    async def reason() -> str:
        return absence

    own = ProviderOptions(name="mine", profile=profile, base_url=base_url, **options)
    provider = open_provider(own, TokenSource(source, reason))
    try:
        yield provider
    finally:
        await provider.aclose()


def ask(
    text: str = "Say hello.",
    *,
    system: str | None = None,
    hole: FillInTheMiddle | None = None,
    parameters: Parameters = Parameters(),
    **more: Any,
) -> RedactedRequest:
    """A redacted request without secrets."""
    messages = (Message("user", text),) if system is None else (Message("system", system), Message("user", text))
    request = Request(request_id="r1", task=Task.GENERAL, messages=messages, fim=hole, parameters=parameters, **more)
    return RedactedRequest(request=request, messages=messages, fim=hole, redactions=RedactionMap())


async def collect(
    provider: OpenAICompatibleProvider, request: RedactedRequest | None = None, model: str = "m", seconds: float = 5.0
) -> list[ProviderEvent]:
    """All events of one request."""
    async with aclosing(provider.stream(request or ask(), model, seconds)) as events:
        return [event async for event in events]


def text_of(events: list[ProviderEvent]) -> str:
    """The answer's text."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def end_of(events: list[ProviderEvent]) -> Finished:
    """The last event."""
    assert isinstance(events[-1], Finished)
    return events[-1]
