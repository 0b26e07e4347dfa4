"""Identical requests in flight share one upstream call, streaming included.

A flight runs in a task of its own and keeps its events; whoever joins reads them from the first one. One reader's
cancellation leaves the others alone; when the last one leaves before the last event, the flight is cancelled, which
closes its connection. A flight that has brought its answer can be joined as long as somebody still reads it, that is
until the answer is kept. Whoever looked for a kept answer too early to find it learns from `landed_since` to look once
more.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from typing import Final, Generic, TypeVar

Event = TypeVar("Event")
Emit = Callable[[Event], None]

FLIGHTS: Final = 1000
"""Flights that can be joined; beyond that a request flies alone. As many names of landed ones are remembered."""


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

    @property
    def can_be_joined(self) -> bool:
        """Whether it is under way, or has brought its whole answer."""
        return not self.ended or (self.complete and self.error is None)

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
    `gathered` may make fewer events of those that a reader finds waiting.
    """

    def __init__(
        self,
        is_last: Callable[[Event], bool] = lambda _: False,
        gathered: Callable[[Sequence[Event]], Iterable[Event]] = lambda events: events,
    ) -> None:
        self._is_last = is_last
        self._gathered = gathered
        self._flights: dict[str, _Flight[Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._landed: OrderedDict[str, int] = OrderedDict()  # At most FLIGHTS; the oldest go first.
        self.landings = 0

    def __len__(self) -> int:
        return len(self._flights)

    def under_way(self, key: str | None) -> bool:
        """Whether a request of that key would join another's call."""
        flight = self._flights.get(key) if key is not None else None
        return flight is not None and flight.can_be_joined

    def landed_since(self, key: str | None, landings: int) -> bool:
        """Whether a flight of that key brought an answer after there had been so many `landings`."""
        return key is not None and self._landed.get(key, 0) > landings

    async def join(
        self, key: str | None, start: Callable[[Emit[Event]], Awaitable[None]]
    ) -> AsyncGenerator[Event, None]:
        """Yield the events of the flight of that key, starting one if there is none; None never shares.

        `start` runs the upstream call and hands each event to the function that it is given.
        """
        flight = self._flights.get(key) if key is not None else None
        if flight is None or not flight.can_be_joined:
            flight = _Flight[Event](self._is_last)
            flight.task = asyncio.create_task(flight.run(start))
            self._tasks.add(flight.task)
            flight.task.add_done_callback(self._tasks.discard)
            if key is not None and len(self._flights) < FLIGHTS:
                self._flights[key] = flight
        flight.readers += 1
        waker = asyncio.Event()
        flight.wakers.add(waker)
        try:
            position = 0
            while True:
                waker.clear()
                while waiting := flight.events[position:]:
                    position += len(waiting)
                    for event in self._gathered(waiting):
                        yield event
                if flight.ended:
                    break
                await waker.wait()
            if flight.error is not None:
                raise flight.error
        finally:
            flight.wakers.discard(waker)
            flight.readers -= 1
            if flight.readers == 0:
                self._forget(key, flight)
                if not flight.ended and not flight.complete and flight.task is not None:
                    flight.task.cancel()
                    await asyncio.wait([flight.task])

    async def settled(self) -> None:
        """Wait until no flight tidies up any more."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _forget(self, key: str | None, flight: _Flight[Event]) -> None:
        if key is None or self._flights.get(key) is not flight:
            return
        del self._flights[key]
        if flight.complete and flight.error is None:
            self.landings += 1
            self._landed[key] = self.landings
            self._landed.move_to_end(key)
            if len(self._landed) > FLIGHTS:
                self._landed.popitem(last=False)
