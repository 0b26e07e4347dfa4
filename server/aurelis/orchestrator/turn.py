"""A turn to ask a model: a place in this process and one over all processes, at a moment when the model may be asked.

Much can happen while a request waits for its place: a refusal of another one gives the model a rest, its breaker opens,
its provider goes out. So what may be asked is looked at again once the place is there. A rest that fits the deadline is
waited for, with the place given to others; everything else passes the candidate over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import attrs

from aurelis.core.deadline import Deadline
from aurelis.core.model import ModelReference
from aurelis.core.request import Urgency

if TYPE_CHECKING:
    from aurelis.orchestrator.workings import Workings

LEASE_SECONDS: Final = 15.0
"""How long a process that was killed keeps its places; the editor has started another one by then."""
RENEW_SECONDS: Final = 4.0
"""Often enough that a machine under load does not lose a place that is in use."""
LEASE_POLL_SECONDS: Final = 0.25


@attrs.frozen(kw_only=True)
class Turn:
    """Who wants to ask which model until when.

    `key` names the model in what all processes share; `concurrent` is the provider's limit on requests at once;
    `document` is that of a ghost text, of which a newer one takes the place of one that waits.
    """

    model: ModelReference
    key: str
    urgency: Urgency
    concurrent: int | None
    document: str | None
    deadline: Deadline


@asynccontextmanager
async def taken(turn: Turn, workings: Workings, waiting: Callable[[float], None]) -> AsyncGenerator[None, None]:
    """Hold the turn for the time of the block; `waiting` is told of the seconds that the model rests.

    Raises:
        SkippedError: when the model cannot be asked before the deadline.
        RequestError: when the queue is full, or a newer ghost text took this one's place in it.
    """
    clock, availability = workings.parts.clock, workings.availability
    while True:
        place = workings.gate.place(turn.model, turn.urgency, concurrent=turn.concurrent, document=turn.document)
        async with place, _lease(turn, workings):
            rests = availability.skip(turn.model)
            if rests is None:
                yield
                return
        seconds = rests.error.retry_after_seconds
        if rests.reason != "quota" or seconds is None or not turn.deadline.allows(clock, seconds):
            raise rests
        waiting(seconds)
        await clock.sleep(seconds)


@asynccontextmanager
async def _lease(turn: Turn, workings: Workings) -> AsyncGenerator[None, None]:
    """Hold one of the provider's places at once, counted over all processes."""
    leases, clock, random = workings.parts.leases, workings.parts.clock, workings.parts.random
    if leases is None or turn.concurrent is None:
        yield
        return
    while (lease := await leases.acquire(turn.key, turn.concurrent, LEASE_SECONDS, clock.time())) is None:
        await clock.sleep(LEASE_POLL_SECONDS * random.uniform(0.5, 1.5))

    async def renew() -> None:
        while True:
            await clock.sleep(RENEW_SECONDS)
            await leases.renew(lease, LEASE_SECONDS, clock.time())

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await leases.release(lease)
