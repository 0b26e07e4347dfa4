"""How often a model is asked while somebody types, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from aurelis.core.request import Request
from aurelis.workflow.ghost_text_session import GhostTextSession
from aurelis.workflow.kept_completions import Offered
from unit.workflow.typed_scenes import BEFORE, TimedServices, play, shot


async def typed_through(session: GhostTextSession, text: str, gap: float) -> int:
    """Type a text as an editor reports it, cancelling at every key; how often ghost text was shown."""
    shown = 0
    waiting: asyncio.Task[tuple[Offered, ...]] | None = None
    for length in range(len(text) + 1):
        if waiting is not None:
            if waiting.done():
                shown += bool(waiting.result())
            waiting.cancel()
        snapshot, position = shot(text[:length])
        waiting = asyncio.create_task(session.offer(snapshot, position))
        await asyncio.sleep(gap)
    if waiting is not None:
        waiting.cancel()
    return shown


LONG = "total = sum(value * weight for value, weight in zip(values, weights)) / len(values)  # the mean"


@pytest.mark.parametrize(("gap", "latency"), [(0.12, 0.2), (0.2, 0.2), (0.3, 0.5)])
def test_a_model_that_suggests_what_is_typed_is_hardly_asked(gap: float, latency: float) -> None:
    """Fewer than 5 requests for 100 keys, and the text is shown for most of them."""

    async def scene() -> None:
        def reply(request: Request) -> str:
            assert request.fim is not None
            return LONG[len(request.fim.prefix) - len(BEFORE) :]

        services = TimedServices(reply, latency=latency)
        session = GhostTextSession(services)
        shown = await typed_through(session, LONG, gap)
        assert len(services.requests) * 100 / len(LONG) < 5
        assert shown > 0.5 * len(LONG)
        await session.aclose()

    play(scene())


@pytest.mark.parametrize("gap", [0.12, 0.2, 0.3])
def test_a_model_that_suggests_something_else_is_asked_less_than_every_fourth_key(gap: float) -> None:
    """Even typing is not interrupted by requests that the next key makes useless."""

    async def scene() -> None:
        services = TimedServices(lambda _: "never_what_is_typed()", latency=0.2)
        session = GhostTextSession(services)
        await typed_through(session, LONG, gap)
        assert len(services.requests) * 100 / len(LONG) < 23
        await session.aclose()

    play(scene())
