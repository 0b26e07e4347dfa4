"""How long an answer that has begun may be silent.

Words come by the thousand, so they do not set a timer each: one looks at the end of the silence that was found last.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final, Self

QUIET_TIMES: Final = 3.0
"""To how many times its length signs of life (comments, empty chunks) can stretch the silence between two words."""


class Patience:
    """Makes a timeout expire after so many `seconds` of silence, and at `end` on the loop's clock at the latest.

    Before the first word it leaves the timeout alone.
    """

    def __init__(self, timer: asyncio.Timeout, seconds: float, end: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer = timer
        self._seconds = seconds
        self._end = end
        self._due = end
        self._quiet_until = end
        self._look: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._look is not None:
            self._look.cancel()

    def heard(self, *, spoken: bool) -> bool:
        """Something came, a word or a thought (`spoken`) or a sign of life; tells whether an answer has begun."""
        now = self._loop.time()
        if spoken:
            self._quiet_until = now + QUIET_TIMES * self._seconds
        elif self._look is None:
            return False
        self._due = min(self._end, self._quiet_until, now + self._seconds)
        if self._look is None:
            self._timer.reschedule(None)
            self._look = self._loop.call_at(self._due, self._expire_if_due)
        return True

    def over(self, seconds: float) -> None:
        """The answer is complete; so long may tidying up take."""
        self.__exit__(None, None, None)
        self._timer.reschedule(self._loop.time() + seconds)

    def _expire_if_due(self) -> None:
        if self._due > self._loop.time():
            self._look = self._loop.call_at(self._due, self._expire_if_due)
        else:
            self._timer.reschedule(self._due)
