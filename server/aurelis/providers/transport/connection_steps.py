"""What becomes of the connection of one request, step by step.

The connection pool tells each step of a request to the request's `trace` extension, which is where this listens. Two
things are made of it. The pool closes the connection of a handshake that failed, but leaves that of a cancelled one
open until it is garbage: it is closed here. And a connection that was kept from an earlier request may have been closed
by the server in the moment in which it was used again: whoever asked is told that it was a kept one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx2

_CLOSED: Final = (
    httpx2.ReadError,
    httpx2.WriteError,
    httpx2.CloseError,
    httpx2.RemoteProtocolError,
)
"""What using a connection ends in that the server has closed."""


class ConnectionSteps:
    """The `trace` extension of one request: ends a handshake that is given up, and knows whether one was needed."""

    def __init__(self) -> None:
        self._stream: Any = None
        self.connected = False

    async def __call__(self, step: str, details: Mapping[str, Any]) -> None:
        """Take notice of a step, named `<who>.<what>.<started, complete or failed>`."""
        _, _, what = step.partition(".")
        if what == "connect_tcp.started":
            self.connected = True
        elif what in {"connect_tcp.complete", "start_tls.complete"}:
            self._stream = details["return_value"]
        elif what == "start_tls.failed" and self._stream is not None:
            await self._stream.aclose()


def closed_while_kept(error: BaseException | None) -> bool:
    """Whether a request for which no answer began failed because its connection, kept from before, was closed."""
    if not isinstance(error, _CLOSED):
        return False
    steps = error.request.extensions.get("trace")
    return isinstance(steps, ConnectionSteps) and not steps.connected
