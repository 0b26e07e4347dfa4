"""Ends a TLS handshake that is given up.

The connection pool closes the connection of a handshake that failed, but leaves that of a cancelled one open until it
is garbage. It tells each step of a request to the request's `trace` extension, which is where this listens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class HandshakeCloser:
    """The `trace` extension of one request: closes its connection when a handshake does not come to an end."""

    def __init__(self) -> None:
        self._stream: Any = None

    async def __call__(self, step: str, details: Mapping[str, Any]) -> None:
        """Take notice of a step, named `<who>.<what>.<started, complete or failed>`."""
        _, _, what = step.partition(".")
        if what in {"connect_tcp.complete", "start_tls.complete"}:
            self._stream = details["return_value"]
        elif what == "start_tls.failed" and self._stream is not None:
            await self._stream.aclose()
