"""Ghost text across keystrokes, in virtual time: what is asked, what is shown, what is closed and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

import pytest

from aurelis.config.settings import InlineCompletionSettings, Settings
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import AnswerEvent, Completed
from aurelis.core.request import Request
from aurelis.core.snapshot import Snapshot
from aurelis.workflow.ghost_text_session import AHEAD_SECONDS, ORPHAN_SECONDS, GhostTextSession
from aurelis.workflow.kept_completions import Offered
from fixtures.virtual_time import run
from lsp.fake_services import FakeServices, answer_to

URI = "file:///a.py"
BEFORE = "def add(a, b):\n    "
AFTER = "\n\n\nprint(add)\n"


class TimedServices(FakeServices):
    """Answers after `latency` seconds, one character every `pace` seconds; notes when a stream was given up."""

    def __init__(
        self, reply: Callable[[Request], Any], *, latency: float = 0.3, pace: float = 0.0, **more: Any
    ) -> None:
        super().__init__(reply, **more)
        self.latency = latency
        self.pace = pace
        self.given_up: list[float] = []

    async def stream(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        self.requests.append(request)
        answer = self.reply(request)
        try:
            await asyncio.sleep(self.latency)
            if isinstance(answer, Exception):
                raise answer
            for length in range(1, len(answer) + 1):
                await asyncio.sleep(self.pace)
                if request.enough is not None and request.enough(answer[:length]):
                    answer = answer[:length]
                    break
            yield Completed(answer_to(request, answer))
        except asyncio.CancelledError:
            self.given_up.append(asyncio.get_running_loop().time())
            raise


def shot(middle: str, *, before: str = BEFORE, after: str = AFTER) -> tuple[Snapshot, int]:
    """The document with something typed, and the cursor behind it."""
    return Snapshot(uri=URI, language_id="python", text=before + middle + after), len(before + middle)


def accepted(snapshot: Snapshot, offered: Offered) -> str:
    """The document once a completion is taken."""
    return snapshot.text[: offered.start] + offered.text + snapshot.text[offered.end :]


def at_once(services: FakeServices) -> FakeServices:
    services.settings = Settings(inline_completion=InlineCompletionSettings(debounce_ms=0))
    return services


def session_of(reply: Any, **more: Any) -> tuple[GhostTextSession, TimedServices]:
    services = TimedServices(reply if callable(reply) else lambda _: reply, **more)
    at_once(services)
    return GhostTextSession(services), services


def play(scene: Coroutine[Any, Any, None]) -> None:
    run(scene)


def test_typing_what_is_suggested_asks_nothing() -> None:
    """The text stays and shrinks by what was typed, and coming back finds it again."""

    async def scene() -> None:
        session, services = session_of("return a + b")
        (first,) = await session.offer(*shot(""))
        assert first.text == "return a + b"
        for typed in ("r", "re", "return ", "retu", "r", ""):
            snapshot, position = shot(typed)
            (offered,) = await session.offer(snapshot, position)
            assert typed + offered.text == "return a + b"
            assert accepted(snapshot, offered) == BEFORE + "return a + b" + AFTER
        assert len(services.requests) == 1

    play(scene())


def test_typing_something_else_asks_again() -> None:
    """A completion that was contradicted is not shown."""

    async def scene() -> None:
        session, services = session_of(lambda request: "return a" if request.fim.prefix.endswith("    ") else "ass")
        await session.offer(*shot(""))
        (offered,) = await session.offer(*shot("p"))
        assert offered.text == "ass"
        assert len(services.requests) == 2

    play(scene())


def test_a_closer_that_the_editor_put_in_is_replaced() -> None:
    """Typing an opening bracket of the completion keeps it, and the closer behind the cursor is not doubled."""

    async def scene() -> None:
        session, services = session_of("compute(a, b)")
        await session.offer(*shot(""))
        snapshot, position = shot("compute(", after=")" + AFTER)
        (offered,) = await session.offer(snapshot, position)
        assert accepted(snapshot, offered) == BEFORE + "compute(a, b)" + AFTER
        assert len(services.requests) == 1

    play(scene())


def test_a_request_is_adopted_by_the_next_keystroke() -> None:
    """The editor cancels at every key; the request that is under way serves the next one."""

    async def scene() -> None:
        session, services = session_of("return a + b", latency=0.5)
        for typed in ("", "r", "re"):
            waiting = asyncio.create_task(session.offer(*shot(typed)))
            await asyncio.sleep(0.1)
            waiting.cancel()
            await asyncio.sleep(0.01)
        (offered,) = await session.offer(*shot("ret"))
        assert offered.text == "urn a + b"
        assert len(services.requests) == 1
        assert not services.given_up

    play(scene())


def test_an_orphan_is_closed_in_time() -> None:
    """A request that nobody takes over ends 150 ms after the editor cancelled."""

    async def scene() -> None:
        session, services = session_of("return a + b", latency=5)
        waiting = asyncio.create_task(session.offer(*shot("")))
        await asyncio.sleep(1)
        waiting.cancel()
        cancelled_at = asyncio.get_running_loop().time()
        await asyncio.sleep(1)
        (given_up,) = services.given_up
        assert given_up == pytest.approx(cancelled_at + ORPHAN_SECONDS)
        assert not session._flights

    play(scene())


def test_a_request_that_no_longer_fits_is_closed_at_once() -> None:
    """As soon as what was typed contradicts what has arrived, the connection goes."""

    async def scene() -> None:
        session, services = session_of("return a + b", latency=0.1, pace=0.05)
        waiting = asyncio.create_task(session.offer(*shot("")))
        await asyncio.sleep(0.4)
        waiting.cancel()
        await asyncio.sleep(0.01)
        typed_at = asyncio.get_running_loop().time()
        again = asyncio.create_task(session.offer(*shot("x")))
        await asyncio.sleep(0.005)
        assert services.given_up == [pytest.approx(typed_at, abs=0.01)]
        again.cancel()
        await session.aclose()

    play(scene())


@pytest.mark.parametrize("elsewhere", [("", "x = 1\n" + BEFORE, AFTER), ("", BEFORE, "\nreturn 3\n")])
def test_a_cursor_elsewhere_does_not_get_the_old_answer(elsewhere: tuple[str, str, str]) -> None:
    """Another place, or another text behind the cursor, is another question."""

    async def scene() -> None:
        session, services = session_of("return a + b", latency=0.5)
        waiting = asyncio.create_task(session.offer(*shot("")))
        await asyncio.sleep(0.1)
        waiting.cancel()
        middle, before, after = elsewhere
        await session.offer(*shot(middle, before=before, after=after))
        assert len(services.requests) == 2
        assert len(services.given_up) == 1

    play(scene())


def test_a_429_is_waited_out() -> None:
    """Nothing is asked until its time is over; what is kept is shown all the same."""

    async def scene() -> None:
        failing = RequestError(ErrorKind.RATE_LIMIT, "Too many requests.", retry_after_seconds=20)
        refused: list[RequestError] = []
        services = TimedServices(lambda _: failing)
        session = GhostTextSession(at_once(services), refused.append)
        assert await session.offer(*shot("")) == ()
        services.reply = lambda _: "return a"
        await asyncio.sleep(19)
        assert await session.offer(*shot("r")) == ()
        assert len(services.requests) == 1
        await asyncio.sleep(2)
        assert await session.offer(*shot("re"))
        assert refused == [failing]

    play(scene())


def test_a_passing_failure_is_not_remembered() -> None:
    """After a failure of the network the next keystroke asks again, and nobody is told."""

    async def scene() -> None:
        refused: list[RequestError] = []
        services = TimedServices(lambda _: RequestError(ErrorKind.NETWORK, "gone"))
        session = GhostTextSession(at_once(services), refused.append)
        assert await session.offer(*shot("")) == ()
        assert await session.offer(*shot("r")) == ()
        assert len(services.requests) == 2
        assert not refused

    play(scene())


def test_an_empty_answer_is_not_asked_for_twice_at_one_place() -> None:
    """Moving away and back asks nothing; invoking does."""

    async def scene() -> None:
        session, services = session_of("")
        assert await session.offer(*shot("")) == ()
        assert await session.offer(*shot("")) == ()
        assert len(services.requests) == 1
        assert await session.offer(*shot(""), invoked=True) == ()
        assert len(services.requests) == 2

    play(scene())


def test_what_follows_a_taken_completion_is_asked_ahead() -> None:
    """The request is made when the completion is taken, adopted when the editor asks, closed if it never does."""

    async def scene() -> None:
        session, services = session_of("c = a + b", latency=0.3)
        await session.ask_ahead(*shot(""))
        await asyncio.sleep(0.2)
        begun = asyncio.get_running_loop().time()
        assert await session.offer(*shot(""))
        assert asyncio.get_running_loop().time() - begun == pytest.approx(0.1)
        assert len(services.requests) == 1
        services.latency = 60
        await session.ask_ahead(*shot("c = a + b\n    "))
        await asyncio.sleep(AHEAD_SECONDS + 0.01)
        assert len(services.given_up) == 1

    play(scene())


def test_invoking_gives_alternatives() -> None:
    """Further suggestions are asked for when the person invoked, and equal ones are shown once."""

    async def scene() -> None:
        answers = iter(["return a", "return b", "return a"])
        services = TimedServices(lambda _: next(answers))
        services.settings = Settings(inline_completion=InlineCompletionSettings(alternatives=3))
        session = GhostTextSession(services)
        found = await session.offer(*shot(""), invoked=True)
        assert {offered.text for offered in found} == {"return a", "return b"}
        assert [request.cacheable for request in services.requests] == [True, False, False]

    play(scene())


@pytest.mark.parametrize(("setting", "seconds"), [(0, 0.0), (500, 0.5)])
def test_a_fixed_delay_is_kept(setting: float, seconds: float) -> None:
    """A number is taken literally; invoking does not wait."""

    async def scene() -> None:
        services = TimedServices(lambda _: "return a", latency=0)
        services.settings = Settings(inline_completion=InlineCompletionSettings(debounce_ms=setting))
        session = GhostTextSession(services)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await session.offer(*shot(""))
        assert loop.time() - begun == pytest.approx(seconds)
        begun = loop.time()
        await session.offer(*shot("x"), invoked=True)
        assert loop.time() == begun

    play(scene())


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


def test_closing_ends_what_is_under_way() -> None:
    """Nothing is left running."""

    async def scene() -> None:
        session, services = session_of("x", latency=60)
        waiting = asyncio.create_task(session.offer(*shot("")))
        await asyncio.sleep(1)
        await session.aclose()
        assert len(services.given_up) == 1
        assert await waiting == ()

    play(scene())
