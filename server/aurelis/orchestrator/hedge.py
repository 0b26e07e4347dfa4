"""A second candidate for whoever waits longer than usual: the first to answer wins, the other's connection is closed.

Off by default; for ghost text and hover. A bounded share of requests may be asked twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Generic, TypeVar

import attrs

from aurelis.core.errors import RequestError
from aurelis.orchestrator.availability import SkippedError

EXTRA: Final = 0.05
"""The share of requests that may have a second candidate asked beside the first."""

Event = TypeVar("Event")


class HedgeBudget:
    """Counts requests that might be asked twice, and those that were."""

    def __init__(self) -> None:
        self.requests = 0
        self.hedged = 0

    def count(self) -> None:
        """A request that may be asked twice has begun."""
        self.requests += 1

    def take(self) -> bool:
        """Whether one more second candidate may be asked."""
        if self.hedged + 1 > EXTRA * self.requests:
            return False
        self.hedged += 1
        return True


@attrs.frozen
class Failed:
    """A candidate gave no answer: an error of its own, or it was passed over at the last moment."""

    error: RequestError | SkippedError


@attrs.frozen
class Lost:
    """The other candidate answered first; this one had been asked for so many seconds."""

    seconds: float


@attrs.frozen
class _End:
    pass


async def alone(start: Callable[[], AsyncGenerator[Event, None]]) -> AsyncGenerator[tuple[int, Event | Failed], None]:
    """One candidate's events, its failure among them, that of its start too."""
    try:
        async with aclosing(start()) as events:
            async for event in events:
                yield 0, event
    except (RequestError, SkippedError) as error:
        yield 0, Failed(error)


class Race(Generic[Event]):
    """Two candidates, of which the second starts late or not at all.

    Args:
        streams: makes each candidate's stream when it starts.
        answers: whether an event is the beginning of an answer.
        after_seconds: when the second one starts, if `may_start` agrees.
    """

    def __init__(
        self,
        streams: tuple[Callable[[], AsyncGenerator[Event, None]], Callable[[], AsyncGenerator[Event, None]]],
        answers: Callable[[Event], bool],
        after_seconds: float,
        may_start: Callable[[], bool],
    ) -> None:
        self._streams = streams
        self._answers = answers
        self._after = after_seconds
        self._may_start = may_start
        # Bounded by the longest answer, as each event is read from a flight that keeps them all anyway.
        self._queue: asyncio.Queue[tuple[int, Event | Failed | _End]] = asyncio.Queue()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._started: dict[int, float] = {}

    async def run(self) -> AsyncGenerator[tuple[int, Event | Failed | Lost], None]:
        """Yield events with the number of their candidate; after the first answer only the winner's."""
        winner: int | None = None
        clock = asyncio.get_running_loop().time
        due: float | None = clock() + self._after
        self._start(0)
        try:
            while self._tasks:
                item = await self._next(None if due is None else max(0.0, due - clock()))
                if item is None:
                    due = None
                    if self._may_start():
                        self._start(1)
                    continue
                number, event = item
                if number not in self._tasks:
                    continue
                if isinstance(event, Failed):
                    del self._tasks[number]
                    yield number, event
                    continue
                if isinstance(event, _End):
                    await self._tasks.pop(number)  # Raises what went wrong, where that is no candidate's failure.
                    continue
                if winner is None and self._answers(event):
                    winner, due = number, None
                    for other in [other for other in self._tasks if other != winner]:
                        seconds = clock() - self._started[other]
                        await self._stop(other)
                        yield other, Lost(seconds)
                yield number, event
        finally:
            for number in list(self._tasks):
                await self._stop(number)

    async def _next(self, seconds: float | None) -> tuple[int, Event | Failed | _End] | None:
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None

    def _start(self, number: int) -> None:
        self._started[number] = asyncio.get_running_loop().time()
        self._tasks[number] = asyncio.create_task(self._pump(number))

    async def _stop(self, number: int) -> None:
        task = self._tasks.pop(number)
        task.cancel()
        await asyncio.wait([task])

    async def _pump(self, number: int) -> None:
        try:
            async with aclosing(alone(self._streams[number])) as events:
                async for _, event in events:
                    self._queue.put_nowait((number, event))
        finally:
            self._queue.put_nowait((number, _End()))
