"""What becomes of the connection of one request, step by step.

The connection pool tells each step of a request to the request's `trace` extension, which is where this listens. Three
things are made of it. The pool closes the connection of a handshake that failed, but leaves that of a cancelled one
open until it is garbage: it is closed here. And a connection that was kept from an earlier request is not always good
for another one. The server may have closed it in the moment in which it was used again: whoever asked is told that it
was a kept one. Or it may have sent more than the one answer, which the pool would hand out as the answer to the next
request: what was read before that was sent is no answer to it. Over TLS more may have come than was decrypted: the
pool, which does not use a connection again on which something waits to be read, is told of that too.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import httpx2

_CLOSED: Final = (
    httpx2.ReadError,
    httpx2.WriteError,
    httpx2.CloseError,
    httpx2.RemoteProtocolError,
)
"""What using a connection ends in that the server has closed."""


class _Reading:
    """Stands in for the `read` of one connection and notes when it last brought something."""

    def __init__(self, read: Callable[..., Awaitable[bytes]]) -> None:
        self._read = read
        self.at = 0.0

    async def __call__(self, *arguments: Any, **options: Any) -> bytes:
        data = await self._read(*arguments, **options)
        self.at = time.perf_counter()
        return data


class _TlsInformation:
    """Stands in for the `get_extra_info` of one TLS connection: what is yet to be decrypted is readable as well.

    The pool asks whether a connection `is_readable` only of one that no request uses, so nobody's bytes are taken.
    """

    def __init__(self, get_extra_info: Callable[[str], Any]) -> None:
        self._get_extra_info = get_extra_info

    def __call__(self, info: str) -> Any:
        found = self._get_extra_info(info)
        return found or self._holds_more() if info == "is_readable" else found

    def _holds_more(self) -> bool:
        try:
            self._get_extra_info("ssl_object").read(1)
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:
            pass  # it cannot be used again either
        return True


class ConnectionSteps:
    """The `trace` extension of one request: ends a handshake that is given up, and knows whether one was needed."""

    def __init__(self) -> None:
        self._stream: Any = None
        self.connected = False
        self.sent_at = 0.0

    async def __call__(self, step: str, details: Mapping[str, Any]) -> None:
        """Take notice of a step, named `<who>.<what>.<started, complete or failed>`."""
        _, _, what = step.partition(".")
        if what == "connect_tcp.started":
            self.connected = True
        elif what in {"connect_tcp.complete", "start_tls.complete"}:
            self._stream = details["return_value"]
            self._stream.read = _Reading(self._stream.read)
            if what == "start_tls.complete":
                self._stream.get_extra_info = _TlsInformation(self._stream.get_extra_info)
        elif what == "send_request_headers.started":
            self.sent_at = time.perf_counter()
        elif what == "start_tls.failed" and self._stream is not None:
            await self._stream.aclose()


def closed_while_kept(error: BaseException | None) -> bool:
    """Whether a request for which no answer began failed because its connection, kept from before, was closed."""
    if not isinstance(error, _CLOSED):
        return False
    steps = error.request.extensions.get("trace")
    return isinstance(steps, ConnectionSteps) and not steps.connected


def came_unasked(response: httpx2.Response) -> bool:
    """Whether an answer had been read before its request was sent, so that it is no answer to that."""
    reading = getattr(response.extensions.get("network_stream"), "read", None)
    steps = response.request.extensions.get("trace")
    return isinstance(reading, _Reading) and isinstance(steps, ConnectionSteps) and reading.at < steps.sent_at
