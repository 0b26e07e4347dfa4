"""One HTTP/1.1 connection: reading requests within bounds, writing answers, noticing a client that leaves.

In come bytes from a socket; each complete request is handed to a function that makes the reply. The protocol itself is
h11's. While an answer is being written the socket is read too, because that is how the end of the client is seen.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Final

import attrs
import h11

MAX_HEAD_BYTES: Final = 32 * 1024
"""Longest request line with its headers."""

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""Longest request body; more is answered with 413."""

MAX_AHEAD_BYTES: Final = 64 * 1024
"""Most bytes of pipelined requests that are read while an answer is being written."""

IDLE_SECONDS: Final = 60.0
"""Longest wait for a request, and for each of its parts."""

LINGER_SECONDS: Final = 2.0
"""How long a refused client may go on sending before the connection is closed under it."""

_READ_BYTES: Final = 64 * 1024


@attrs.frozen
class IncomingRequest:
    """A complete request; header names are lower-case. `refusal` is set when it was not read to its end."""

    method: str
    target: str
    headers: dict[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    refusal: HTTPStatus | None = None


@attrs.frozen(kw_only=True)
class Reply:
    """What to answer: `body` yields the parts in the order and at the time they are to be sent.

    `length` None sends the parts as they come (chunked). `cut` closes the connection after the last part instead of
    ending the answer. `silent` closes it without an answer.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: AsyncIterator[bytes]
    length: int | None = None
    cut: bool = False
    silent: bool = False


@attrs.frozen
class Outcome:
    """What became of a reply."""

    answered: bool
    client_closed: bool


Respond = Callable[[IncomingRequest], Awaitable[tuple[Reply, Callable[[Outcome], None]]]]
"""Makes the reply and a function to be told what became of it."""


class Connection:
    """Serves one client until either side is done."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, respond: Respond) -> None:
        self._reader = reader
        self._writer = writer
        self._respond = respond
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._ahead = b""

    async def serve(self) -> None:
        """Answer request after request; returns when the connection is closed, whatever the reason."""
        try:
            while await self._serve_one():
                self._protocol.start_next_cycle()
        except (h11.LocalProtocolError, ConnectionError, TimeoutError):
            pass
        finally:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _serve_one(self) -> bool:
        try:
            request = await self._read_request()
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint)
            return False
        if request is None:
            return False
        if not await self._answer(request):
            return False
        if request.refusal is not None or self._protocol.our_state is not h11.DONE:
            await self._linger()
            return False
        return self._protocol.their_state is h11.DONE

    async def _read_request(self) -> IncomingRequest | None:
        event = await self._next_event()
        if not isinstance(event, h11.Request):
            return None
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}
        method, target = event.method.decode("ascii"), event.target.decode("latin-1")
        announced = headers.get("content-length", "0")
        refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        if int(announced) > MAX_BODY_BYTES:
            return IncomingRequest(method, target, headers, b"", refusal)
        body = bytearray()
        while not isinstance(event := await self._next_event(), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                return None
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                return IncomingRequest(method, target, headers, b"", refusal)
        return IncomingRequest(method, target, headers, bytes(body))

    async def _next_event(self) -> object:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            if self._protocol.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            data, self._ahead = self._ahead, b""
            if not data:
                async with asyncio.timeout(IDLE_SECONDS):
                    data = await self._reader.read(_READ_BYTES)
            self._protocol.receive_data(data)
        return event

    async def _answer(self, request: IncomingRequest) -> bool:
        """Write the answer while watching for the client's end; whether the connection can go on."""
        reply, tell = await self._respond(request)
        left = asyncio.create_task(self._watch_for_the_end())
        writing = asyncio.create_task(self._write(request, reply))
        try:
            await asyncio.wait({left, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            finished = writing.done()
            for task in (left, writing):
                task.cancel()
            results = await asyncio.gather(left, writing, return_exceptions=True)
            broken = isinstance(results[1], ConnectionError)
            tell(Outcome(answered=finished and not broken, client_closed=broken or not finished))
        if isinstance(results[1], Exception) and not broken:
            raise results[1]
        return finished and not broken and not reply.cut and not reply.silent

    async def _watch_for_the_end(self) -> None:
        while len(self._ahead) < MAX_AHEAD_BYTES:
            data = await self._reader.read(_READ_BYTES)
            if not data:
                return
            self._ahead += data
        await asyncio.Event().wait()

    async def _write(self, request: IncomingRequest, reply: Reply) -> None:
        parts = reply.body
        try:
            if reply.silent:
                async for _part in parts:
                    pass
                return
            bodiless = request.method == "HEAD" or reply.status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
            head_sent = False
            async for part in parts:
                if not head_sent:
                    await self._send(self._head(request, reply))
                    head_sent = True
                if part and not bodiless:
                    await self._send(h11.Data(data=part))
            if not head_sent:
                await self._send(self._head(request, reply))
            if not reply.cut:
                await self._send(h11.EndOfMessage())
        finally:
            close = getattr(parts, "aclose", None)
            if close is not None:
                await close()

    def _head(self, request: IncomingRequest, reply: Reply) -> h11.Response:
        headers = [*reply.headers]
        if reply.length is not None:
            headers.append(("content-length", str(reply.length)))
        if request.refusal is not None:
            headers.append(("connection", "close"))
        return h11.Response(status_code=reply.status, headers=headers)

    async def _send(self, event: h11.Event) -> None:
        data = self._protocol.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def _refuse(self, status: int) -> None:
        """Answer what is not HTTP, as far as that is still possible."""
        if self._protocol.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        text = f"{HTTPStatus(status).phrase}\n".encode()
        headers = [("content-type", "text/plain"), ("content-length", str(len(text))), ("connection", "close")]
        await self._send(h11.Response(status_code=status, headers=headers))
        await self._send(h11.Data(data=text))
        await self._send(h11.EndOfMessage())
        await self._linger()

    async def _linger(self) -> None:
        """Let a client that is still sending read the answer before it meets a reset."""
        if self._writer.can_write_eof():
            self._writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while await self._reader.read(_READ_BYTES):
                    pass
