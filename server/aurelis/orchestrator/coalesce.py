"""Identical requests in flight share one upstream call, streaming included.

A flight runs in a task of its own and keeps its events; whoever joins reads them from the first one. One reader's
cancellation leaves the others alone; when the last one leaves before the last event, the flight is cancelled, which
closes its connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final, Generic, TypeVar

Event = TypeVar("Event")
Emit = Callable[[Event], None]

FLIGHTS: Final = 1000
"""Flights that can be joined; beyond that a request flies alone."""


class _Flight(Generic[Event]):
    def __init__(self, is_last: Callable[[Event], bool]) -> None:
        self.events: list[Event] = []
        self.error: BaseException | None = None
        self.complete = False
        self.ended = False
        self.readers = 0
        self.wakers: set[asyncio.Event] = set()
        self.task: asyncio.Task[None] | None = None
        self._is_last = is_last

    async def run(self, start: Callable[[Emit[Event]], Awaitable[None]]) -> None:
        try:
            await start(self.emit)
        except asyncio.CancelledError:
            self.error = asyncio.CancelledError()
            raise
        except Exception as error:  # noqa: BLE001 - every reader raises it in turn
            self.error = error
        finally:
            self.ended = True
            self.wake()

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self.complete = self.complete or self._is_last(event)
        self.wake()

    def wake(self) -> None:
        for waker in self.wakers:
            waker.set()


class Flights(Generic[Event]):
    """The upstream calls under way.

    `is_last` recognises the event after which nothing more is read: a flight that has emitted it tidies up by itself.
    """

    def __init__(self, is_last: Callable[[Event], bool] = lambda _: False) -> None:
        self._is_last = is_last
        self._flights: dict[str, _Flight[Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._flights)

    def under_way(self, key: str | None) -> bool:
        """Whether a request of that key would join another's call."""
        flight = self._flights.get(key) if key is not None else None
        return flight is not None and not flight.ended

    async def join(
        self, key: str | None, start: Callable[[Emit[Event]], Awaitable[None]]
    ) -> AsyncGenerator[Event, None]:
        """Yield the events of the flight of that key, starting one if there is none; None never shares.

        `start` runs the upstream call and hands each event to the function that it is given.
        """
        flight = self._flights.get(key) if key is not None else None
        if flight is None or flight.ended:
            flight = _Flight[Event](self._is_last)
            flight.task = asyncio.create_task(flight.run(start))
            self._tasks.add(flight.task)
            flight.task.add_done_callback(self._tasks.discard)
            if key is not None and len(self._flights) < FLIGHTS:
                self._flights[key] = flight
                flight.task.add_done_callback(lambda _: self._landed(key, flight))
        flight.readers += 1
        waker = asyncio.Event()
        flight.wakers.add(waker)
        try:
            position = 0
            while True:
                waker.clear()
                while position < len(flight.events):
                    position += 1
                    yield flight.events[position - 1]
                if flight.ended:
                    break
                await waker.wait()
            if flight.error is not None:
                raise flight.error
        finally:
            flight.wakers.discard(waker)
            flight.readers -= 1
            if flight.readers == 0 and not flight.ended and not flight.complete and flight.task is not None:
                self._landed(key, flight)
                flight.task.cancel()
                await asyncio.wait([flight.task])

    async def settled(self) -> None:
        """Wait until no flight tidies up any more."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _landed(self, key: str | None, flight: _Flight[Event]) -> None:
        if key is not None and self._flights.get(key) is flight:
            del self._flights[key]
