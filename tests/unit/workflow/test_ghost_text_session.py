"""Ghost text across keystrokes, in virtual time: what is asked, what is shown, what is closed and when."""

from __future__ import annotations

import asyncio

import pytest

from aurelis.config.settings import InlineCompletionSettings, Settings
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.workflow.flights import ORPHAN_SECONDS
from aurelis.workflow.ghost_text_session import AHEAD_SECONDS, GhostTextSession
from unit.workflow.typed_scenes import AFTER, BEFORE, URI, TimedServices, accepted, at_once, play, session_of, shot


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


@pytest.mark.parametrize(("told", "seconds"), [(20.0, 20.0), (None, 10.0), (0.0, 1.0)])
def test_a_429_is_waited_out(told: float | None, seconds: float) -> None:
    """Nothing is asked until its time is over, a usual time if it tells none, and a moment if it tells to go on."""

    async def scene() -> None:
        failing = RequestError(ErrorKind.RATE_LIMIT, "Too many requests.", retry_after_seconds=told)
        refused: list[RequestError] = []
        services = TimedServices(lambda _: failing)
        session = GhostTextSession(at_once(services), refused.append)
        assert await session.offer(*shot("")) == ()
        services.reply = lambda _: "return a"
        await asyncio.sleep(seconds - 0.5)
        assert await session.offer(*shot("r")) == ()
        assert len(services.requests) == 1
        await asyncio.sleep(0.5)
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


@pytest.mark.parametrize("said", ["", RequestError(ErrorKind.INVALID_RESPONSE, "nothing is left of it")])
def test_an_answer_of_no_use_is_not_asked_for_twice_at_one_place(said: str | RequestError) -> None:
    """Empty or without use: moving away and back asks nothing; invoking does."""

    async def scene() -> None:
        session, services = session_of(lambda _: said)
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
        assert [offered.text for offered in found] == ["return a", "return b"]
        assert [request.cacheable for request in services.requests] == [True, False, False]

    play(scene())


def test_invoking_where_a_completion_is_shown_asks_for_others_beside_it() -> None:
    """Editors do so to cycle through suggestions: the one that is shown stays first, and the rest is asked for once."""

    async def scene() -> None:
        answers = iter(["return a", "return b", "return c"])
        services = TimedServices(lambda _: next(answers))
        settings = InlineCompletionSettings(alternatives=3, debounce_ms=0)
        services.settings = Settings(inline_completion=settings)
        session = GhostTextSession(services)
        assert [offered.text for offered in await session.offer(*shot(""))] == ["return a"]
        for _ in range(2):
            found = await session.offer(*shot(""), invoked=True)
            assert {offered.text for offered in found} == {"return a", "return b", "return c"}
            assert found[0].text == "return a"
        assert len(services.requests) == 3

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


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        (BEFORE, "z", AFTER),
        (BEFORE, "\n\n", AFTER),
        ("other\n", "", ""),
        ("import os\n" + BEFORE, "re", AFTER),
        ("x" + BEFORE[1:], "re", AFTER),
        (BEFORE, "re", AFTER + "x\n"),
        (BEFORE, "re", AFTER.replace("add", "bdd")),
    ],
)
def test_an_edit_closes_what_no_longer_fits(before: str, typed: str, after: str) -> None:
    """At once, though the editor has neither taken its request back nor asked again: it gets no answer from it."""

    async def scene() -> None:
        session, services = session_of("return a + b", latency=0.1, pace=0.5)
        waiting = asyncio.create_task(session.offer(*shot("")))
        await asyncio.sleep(1)
        assert not services.given_up
        session.changed(shot(typed, before=before, after=after)[0])
        begun = asyncio.get_running_loop().time()
        assert await waiting == ()
        assert services.given_up == [begun]
        assert len(services.requests) == 1
        assert not session.busy

    play(scene())


@pytest.mark.parametrize("typed", ["", "re", "return a"])
@pytest.mark.parametrize("after", ["", "\nx = 1\n" * 100, "\n" * 900])
def test_an_edit_that_fits_closes_nothing(typed: str, after: str) -> None:
    """What is typed as the model says goes on being asked for, whatever follows in the document."""

    async def scene() -> None:
        session, services = session_of("return a + b", latency=0.1, pace=0.5)
        waiting = asyncio.create_task(session.offer(*shot("", after=after)))
        await asyncio.sleep(1.8)
        changed, end = shot(typed, after=after)
        session.changed(changed)
        waiting.cancel()
        await asyncio.sleep(0.05)
        assert not services.given_up
        (offered,) = await session.offer(changed, end)
        assert typed + offered.text == "return a + b"
        assert len(services.requests) == 1

    play(scene())


def test_a_closer_that_the_editor_put_in_closes_nothing() -> None:
    """The cursor stands before the closer then, though the change ends behind it."""

    async def scene() -> None:
        session, services = session_of("compute(a, b)", latency=0.1, pace=0.5)
        waiting = asyncio.create_task(session.offer(*shot("")))
        await asyncio.sleep(1)
        changed, end = shot("compute()")
        session.changed(changed)
        waiting.cancel()
        await asyncio.sleep(0.05)
        assert not services.given_up
        (offered,) = await session.offer(changed, end - 1)
        assert accepted(changed, offered) == BEFORE + "compute(a, b)" + AFTER
        assert len(services.requests) == 1

    play(scene())


def test_closing_a_document_closes_what_is_asked_for_it() -> None:
    """Nobody waits for ghost text in a document that is gone."""

    async def scene() -> None:
        session, services = session_of("return a", latency=60)
        waiting = asyncio.create_task(session.offer(*shot("")))
        await asyncio.sleep(1)
        session.closed("file:///other.py")
        assert session.busy
        session.closed(URI)
        assert await waiting == ()
        assert len(services.given_up) == 1
        assert len(services.requests) == 1
        assert not session.busy

    play(scene())
