"""A clock that stands still until a test moves it."""

from __future__ import annotations

import attrs


@attrs.define
class HandClock:
    """The product's clock port; both times are `now`, in seconds, and sleeping moves it."""

    now: float = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
