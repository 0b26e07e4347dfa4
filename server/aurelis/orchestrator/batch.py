"""Many requests at once: in groups of one model, results in input order, one failure not sinking the rest.

In come items and what asks for one of them; out come the results. A rate limit is waited for, as nobody watches each
item. What is done is told at once, so that whoever keeps it can go on after a kill by handing it back as `finished`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Generic, TypeVar

import attrs

from aurelis.core.deadline import Clock
from aurelis.core.errors import ErrorKind, RequestError

LOGGER: Final = logging.getLogger("aurelis.orchestrator")

GROUP: Final = 10
"""Items of one group, asked together."""
GROUPS: Final = 5
"""Groups at once."""
PATIENCE_SECONDS: Final = 3600.0
"""How long one item waits for rate limits in all; a longer wait is the item's failure."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@attrs.frozen(kw_only=True)
class Batch(Generic[Item, Result]):
    """Items and how to deal with them.

    Attributes:
        items: in the order in which results are wanted.
        ask: deals with one item; a `RequestError` is that item's result.
        group_of: what items of one group have in common, the model for example.
        done: told the number of each item that has ended, and its result.
        finished: results from before, by number of item: they are not asked for again, nor told.
    """

    items: Sequence[Item]
    ask: Callable[[Item], Awaitable[Result]]
    group_of: Callable[[Item], Hashable] = lambda _item: None
    done: Callable[[int, Result | RequestError], None] = lambda _number, _result: None
    finished: Mapping[int, Result] = attrs.field(factory=lambda: MappingProxyType({}))


async def run_batch(batch: Batch[Item, Result], clock: Clock) -> tuple[Result | RequestError, ...]:
    """The results in input order. Cancel the task to end the batch; what was told as done stays done."""
    results: dict[int, Result | RequestError] = dict(batch.finished)
    waiting = deque(_groups(batch))

    async def one(number: int) -> None:
        result = await _patiently(batch, number, clock)
        results[number] = result
        batch.done(number, result)

    async def lane() -> None:
        while waiting:
            async with asyncio.TaskGroup() as group:
                for number in waiting.popleft():
                    group.create_task(one(number))

    async with asyncio.TaskGroup() as lanes:
        for _ in range(min(GROUPS, len(waiting))):
            lanes.create_task(lane())
    return tuple(results[number] for number in range(len(batch.items)))


def _groups(batch: Batch[Item, Result]) -> list[list[int]]:
    """The numbers of the items that are to be asked for, in groups, in the order of each group's first item."""
    groups: list[list[int]] = []
    open_groups: dict[Hashable, list[int]] = {}
    for number, item in enumerate(batch.items):
        if number in batch.finished:
            continue
        key = batch.group_of(item)
        group = open_groups.get(key)
        if group is None or len(group) >= GROUP:
            group = open_groups[key] = []
            groups.append(group)
        group.append(number)
    return groups


async def _patiently(batch: Batch[Item, Result], number: int, clock: Clock) -> Result | RequestError:
    patience = PATIENCE_SECONDS
    while True:
        try:
            return await batch.ask(batch.items[number])
        except RequestError as error:
            wait = error.retry_after_seconds
            if error.kind is not ErrorKind.RATE_LIMIT or not wait or wait > patience:
                return error
            LOGGER.debug("Item %d waits %.0f s for a rate limit.", number, wait)
        except Exception as fault:
            LOGGER.exception("Item %d failed unexpectedly.", number)
            message = (
                f"This item failed for a reason that is a fault of ours ({type(fault).__name__}); please report it."
            )
            return RequestError(ErrorKind.INVALID_RESPONSE, message)
        patience -= wait
        await clock.sleep(wait)
