"""Time as a dependency: a clock that tests can replace, and a point in time after which waiting makes no sense."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

import attrs


class Clock(Protocol):
    """The three things that the product asks of time."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""

    def time(self) -> float:
        """Seconds since the epoch."""

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        await asyncio.sleep(seconds)


@attrs.frozen
class Deadline:
    """A point in time on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        """The deadline that lies so many seconds ahead."""
        return cls(clock.monotonic() + seconds)

    def remaining(self, clock: Clock) -> float:
        """Seconds left; never negative."""
        return max(0.0, self.at - clock.monotonic())

    def allows(self, clock: Clock, seconds: float) -> bool:
        """Whether a wait of so many seconds ends before the deadline."""
        return clock.monotonic() + seconds < self.at


@attrs.frozen
class Timing:
    """How long each part of an answer may take, in seconds.

    `first_token` covers retries and fallbacks too; `chunk` is the longest silence within a stream; `answer` bounds
    the whole.
    """

    first_token: float = 60.0
    chunk: float = 45.0
    answer: float = 600.0


def spoken(seconds: float) -> str:
    """A wait as people say it."""
    if seconds < 90:  # noqa: PLR2004 - people count short waits in seconds
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"  # noqa: PLR2004 - and long ones in hours
