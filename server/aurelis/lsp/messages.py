"""The messages that LSP does not have: their names, and the stream of an answer's text.

Those from the server go only to a client that set `capabilities.experimental.aurelis`. docs/protocol.md describes
them, and the editor extension has the same list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from lsprotocol import types

from aurelis.lsp.protocol import AurelisProtocol

STREAM: Final = "aurelis/stream"
STATUS: Final = "aurelis/status"
SET_TOKEN: Final = "aurelis/auth/setToken"  # noqa: S105 -- a method's name
TRUST: Final = "aurelis/trust"

STREAM_SECONDS: Final = 0.03
"""Deltas are gathered so long, so that a fast model does not make a message of every token."""


class AnswerStream:
    """Sends an answer's text as it grows: what comes together together, then at most every 30 ms.

    Bounded: what waits is the text of 30 ms. The `index` of a message is its sequence number from 0; the last has
    `done`.
    """

    def __init__(
        self, protocol: AurelisProtocol, request_id: str, token: types.ProgressToken | None, *, enabled: bool
    ) -> None:
        self._protocol = protocol
        self._fields: dict[str, Any] = {"requestId": request_id}
        if token is not None:
            self._fields["workDoneToken"] = token
        self._enabled = enabled
        self._index = 0
        self._waiting: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._next_at = 0.0
        self._done = False

    def push(self, delta: str) -> None:
        """Take more text."""
        if not self._enabled or self._done or not delta:
            return
        self._waiting.append(delta)
        if self._timer is not None:
            return
        self._timer = asyncio.get_running_loop().call_at(self._next_at, self._flush)

    async def settle(self) -> None:
        """Wait until the text that still waits may be sent, so that `close` keeps the distance."""
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.sleep(self._next_at - asyncio.get_running_loop().time())

    def close(self) -> None:
        """Send what waits, marked as the last message. Safe to call twice."""
        if not self._enabled or self._done:
            return
        self._done = True
        self._flush(done=True)

    def _flush(self, *, done: bool = False) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        message: dict[str, Any] = {**self._fields, "index": self._index, "delta": "".join(self._waiting)}
        if done:
            message["done"] = True
        self._index += 1
        self._waiting.clear()
        self._next_at = asyncio.get_running_loop().time() + STREAM_SECONDS
        self._protocol.notify(STREAM, message)


def text_of(params: Any, name: str) -> str | None:
    """A string among the parameters of a custom message; None when it is missing or something else."""
    value = params.get(name) if isinstance(params, Mapping) else None
    return value if isinstance(value, str) else None
