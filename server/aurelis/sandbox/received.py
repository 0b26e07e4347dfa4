"""What the stand-in remembers of the requests that reached it, so that a test can ask what was really sent."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

KEPT_REQUESTS: Final = 200
"""Requests that a sandbox started for a test remembers; the oldest go first. The command remembers none."""


@attrs.define(kw_only=True)
class ReceivedRequest:
    """One request as it arrived, and what became of it.

    `headers` has lower-case names. `status` is what was answered, None while nothing was. `answered` turns true when
    the whole answer has been handed to the network, `client_closed` when the client went away before that.
    """

    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    status: int | None = None
    answered: bool = False
    client_closed: bool = False

    @property
    def json(self) -> Any:
        """The body read as JSON.

        Raises:
            ValueError: when it is not JSON.
        """
        return json.loads(self.body)


class ReceivedRequests:
    """A bounded ring of received requests that can be waited upon."""

    def __init__(self, kept: int) -> None:
        self.ring: deque[ReceivedRequest] = deque(maxlen=kept)
        self._changed = asyncio.Event()

    def add(self, request: ReceivedRequest) -> None:
        """Remember a request."""
        self.ring.append(request)
        self.changed()

    def changed(self) -> None:
        """Wake whoever waits, because something about a request is new."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], bool], timeout_seconds: float) -> None:
        """Wait until the condition holds; it is looked at again whenever something changed.

        Raises:
            TimeoutError: when it does not hold in time.
        """
        async with asyncio.timeout(timeout_seconds):
            while not condition():
                await self._changed.wait()
