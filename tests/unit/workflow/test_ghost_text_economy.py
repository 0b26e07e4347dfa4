"""How often a model is asked while somebody types, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from aurelis.core.request import Request
from aurelis.workflow.ghost_text_session import GhostTextSession
from aurelis.workflow.kept_completions import Offered
from unit.workflow.typed_scenes import BEFORE, TimedServices, play, session_of, shot


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


def test_what_was_shown_and_taken_is_told_once_and_what_was_typed_is_inferred() -> None:
    """A completion that is typed out counts as taken when the next is asked for; one that is not typed does not."""

    async def scene() -> None:
        session, services = session_of("return a + b")
        for typed in ("", "r", "re", "retur", "return "):
            await session.offer(*shot(typed))
        assert services.typed_completions == []
        services.reply = lambda _: "something_else()"
        await session.offer(*shot("return b"))
        await session.offer(*shot("return c"))
        first, second, _ = (request.request_id for request in services.requests)
        assert services.offered_completions[:2] == [first, second]
        assert services.typed_completions == [(first, len("return "))]
        assert services.judgements == [("fake/model", True), ("fake/model", False)]
        await session.aclose()

    play(scene())


def test_a_completion_that_was_taken_by_its_command_is_right_and_not_inferred() -> None:
    """What the command says is not said again by the typing."""

    async def scene() -> None:
        session, services = session_of("return a + b")
        await session.offer(*shot(""))
        await session.offer(*shot("return "))
        session.taken(services.requests[0].request_id)
        services.reply = lambda _: "more()"
        await session.offer(*shot("return b"))
        assert services.typed_completions == []
        assert services.judgements == [("fake/model", True)]
        await session.aclose()

    play(scene())
