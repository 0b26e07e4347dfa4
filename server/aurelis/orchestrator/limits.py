"""Who goes first when there is not room for all: places in all and per model, explicit commands before the rest.

Waiting raises a request's rank by one class per `AGING_SECONDS`, so that nothing starves. A newer ghost-text request
replaces a queued older one of the same document.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import attrs

from aurelis.core.deadline import Clock
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.request import Urgency
from aurelis.orchestrator.policy import ConcurrencyPolicy

AGING_SECONDS: Final = 10.0


class SupersededError(RequestError):
    """A newer ghost-text request of the same document took this one's place in the queue."""

    def __init__(self) -> None:
        super().__init__(ErrorKind.TIMEOUT, "A newer request took the place of this one.")


@attrs.define(eq=False)
class _Waiter:
    urgency: Urgency
    model: ModelReference
    limit: int
    since: float
    document: str | None
    granted: asyncio.Future[None]


class Gate:
    """The places of one process."""

    def __init__(self, policy: ConcurrencyPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._active = 0
        self._active_by_model: Counter[ModelReference] = Counter()
        self._waiters: list[_Waiter] = []

    @property
    def active(self) -> int:
        """Requests that hold a place."""
        return self._active

    @property
    def waiting(self) -> int:
        """Requests that wait for one."""
        return len(self._waiters)

    def adopt(self, policy: ConcurrencyPolicy) -> None:
        """Go on with a changed policy; whoever holds a place keeps it."""
        self._policy = policy
        self._grant()

    @asynccontextmanager
    async def place(
        self, model: ModelReference, urgency: Urgency, *, concurrent: int | None = None, document: str | None = None
    ) -> AsyncGenerator[None, None]:
        """Hold a place for the time of the block.

        `concurrent` is the provider's own limit for the model; `document` names the document of a ghost text.

        Raises:
            SupersededError: a newer ghost text of the same document came while this one waited.
            RequestError: of kind `rate_limit`, when the queue is full of requests that go first.
        """
        limit = min(self._policy.max_per_model, concurrent or self._policy.max_per_model)
        # Whoever waits lacks room for its own model, or it would have been let in when the last place became free.
        if self._has_room(model, limit):
            self._take(model)
        else:
            await self._wait(model, urgency, limit, document)
        try:
            yield
        finally:
            self._give_back(model)

    async def _wait(self, model: ModelReference, urgency: Urgency, limit: int, document: str | None) -> None:
        if urgency is Urgency.GHOST_TEXT and document is not None:
            for older in [w for w in self._waiters if w.urgency is urgency and w.document == document]:
                self._send_away(older, SupersededError())
        waiter = _Waiter(urgency, model, limit, self._clock.monotonic(), document, self._future())
        if len(self._waiters) >= self._policy.queue:
            last = max(self._waiters, key=self._rank, default=waiter)
            if self._rank(last) <= self._rank(waiter):
                raise self._full()
            self._send_away(last, self._full())
        self._waiters.append(waiter)
        try:
            await waiter.granted
        except BaseException:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            elif waiter.granted.done() and not waiter.granted.cancelled() and waiter.granted.exception() is None:
                self._give_back(model)
            raise

    @staticmethod
    def _future() -> asyncio.Future[None]:
        return asyncio.get_running_loop().create_future()

    def _full(self) -> RequestError:
        message = f"{self._policy.queue} requests are waiting already; try again when some have been answered."
        return RequestError(ErrorKind.RATE_LIMIT, message, retry_after_seconds=1.0)

    def _send_away(self, waiter: _Waiter, error: RequestError) -> None:
        self._waiters.remove(waiter)
        if not waiter.granted.done():
            waiter.granted.set_exception(error)

    def _rank(self, waiter: _Waiter) -> tuple[float, float]:
        """Lower goes first: the class, less one for each time that it has waited long, then who came first."""
        return (waiter.urgency - (self._clock.monotonic() - waiter.since) // AGING_SECONDS, waiter.since)

    def _give_back(self, model: ModelReference) -> None:
        self._active -= 1
        self._active_by_model[model] -= 1
        if not self._active_by_model[model]:
            del self._active_by_model[model]
        self._grant()

    def _has_room(self, model: ModelReference, limit: int) -> bool:
        return self._active < self._policy.max_concurrent and self._active_by_model[model] < limit

    def _take(self, model: ModelReference) -> None:
        self._active += 1
        self._active_by_model[model] += 1

    def _grant(self) -> None:
        if not self._waiters or self._active >= self._policy.max_concurrent:
            return
        for waiter in sorted(self._waiters, key=self._rank):
            if self._active >= self._policy.max_concurrent:
                return
            if waiter.granted.done():
                self._waiters.remove(waiter)
            elif self._has_room(waiter.model, waiter.limit):
                self._waiters.remove(waiter)
                self._take(waiter.model)
                waiter.granted.set_result(None)
