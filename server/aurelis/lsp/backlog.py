"""How many of a client's requests run at once: the others wait in their order, and a cancelled one never starts.

A client may send ten thousand requests before it reads one answer. Each that runs costs tens of kilobytes and a place
in every queue behind it; one that waits here costs what it said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import attrs

MessageId = str | int

RUNNING: Final = 200
"""Requests that run at once: more than an editor has, and enough to keep every model busy."""

WAITING: Final = 20_000
"""Requests that may wait; further ones are refused."""


@attrs.define(eq=False)
class _Waiting:
    identifier: MessageId
    start: Callable[[], None] | None


class Backlog:
    """The requests of one connection that have not begun."""

    def __init__(self, *, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._most_running = running
        self._most_waiting = waiting
        self._running = 0
        self._waiting: deque[_Waiting] = deque()
        self._by_id: dict[MessageId, _Waiting] = {}
        self._filling = False

    def take(self, identifier: MessageId, start: Callable[[], None]) -> bool:
        """Start a request now or when others have ended; False when too many wait. Each end is told by `ended`."""
        if len(self._waiting) >= self._most_waiting:
            return False
        waiting = _Waiting(identifier, start)
        self._waiting.append(waiting)
        self._by_id[identifier] = waiting
        self._fill()
        return True

    def ended(self) -> None:
        """A request that was started has been answered."""
        self._running -= 1
        self._fill()

    def cancel(self, identifier: MessageId) -> bool:
        """Give up a request that waits; whether there was one."""
        waiting = self._by_id.pop(identifier, None)
        if waiting is None:
            return False
        waiting.start = None
        return True

    def give_up(self) -> Iterator[MessageId]:
        """Give up all that wait, one after the other."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if waiting.start is not None:
                yield waiting.identifier
        self._by_id.clear()

    def _fill(self) -> None:
        # A handler that answers at once ends within its start: the loop goes on instead of calling itself.
        if self._filling:
            return
        self._filling = True
        try:
            while self._waiting and self._running < self._most_running:
                waiting = self._waiting.popleft()
                if self._by_id.get(waiting.identifier) is waiting:
                    del self._by_id[waiting.identifier]
                if waiting.start is not None:
                    self._running += 1
                    waiting.start()
        finally:
            self._filling = False
