"""What nobody wants any more is not asked, and closed where it was asked already."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from aurelis.config.settings import InlineCompletionSettings, Settings
from aurelis.core.snapshot import Snapshot
from aurelis.workflow.ghost_text_session import GhostTextSession
from aurelis.workflow.kept_completions import Offered
from unit.workflow.typed_scenes import AFTER, BEFORE, TimedServices, accepted, play, session_of, shot


def delayed(seconds: float, reply: str = "return a + b", **more: float) -> tuple[GhostTextSession, TimedServices]:
    services = TimedServices(lambda _: reply, **more)
    services.settings = Settings(inline_completion=InlineCompletionSettings(debounce_ms=int(seconds * 1000)))
    return GhostTextSession(services), services


def test_an_editor_that_takes_nothing_back_costs_no_more() -> None:
    """Its requests for texts that are no longer there end without asking."""

    async def scene() -> None:
        session, services = delayed(0.3, "something_else()")
        typed = "value = compute"
        waiting = []
        for length in range(len(typed)):
            present = [typed[:length]]
            for task, then in waiting:
                then.clear()
                assert not task.done() or task.result() == ()
            waiting.append((asyncio.create_task(session.offer(*shot(typed[:length]), lasts=present.__len__)), present))
            await asyncio.sleep(0.1)
        assert await waiting[-1][0]
        assert len(services.requests) == 1

    play(scene())


def test_a_document_that_changes_while_a_request_is_prepared_is_not_asked_about() -> None:
    """Preparing may take a moment in a thread."""

    async def scene() -> None:
        session, services = session_of("return a + b")
        looks = iter([True, False])
        assert await session.offer(*shot(""), lasts=lambda: next(looks)) == ()
        assert not services.requests

    play(scene())


def test_one_text_that_is_asked_for_twice_is_asked_once() -> None:
    """Two requests of the editor for the same cursor, both in their delay, share one of the model."""

    async def scene() -> None:
        session, services = delayed(0.3)
        both = await asyncio.gather(session.offer(*shot("")), session.offer(*shot("")))
        assert both[0] == both[1]
        assert both[0]
        assert len(services.requests) == 1

    play(scene())


def test_settings_that_change_close_what_is_asked_under_the_old_ones() -> None:
    """Its answer would be that of another model, or of one that may not be asked any more."""

    async def scene() -> None:
        session, services = session_of("return old", latency=5)
        waiting = asyncio.create_task(session.offer(*shot("")))
        await asyncio.sleep(1)
        session.forget()
        assert await waiting == ()
        assert len(services.given_up) == 1
        services.reply = lambda _: "return new"
        (offered,) = await session.offer(*shot(""))
        assert offered.text == "return new"

    play(scene())


@pytest.mark.parametrize("invoked", [True, False])
def test_snoozing_closes_what_nobody_asked_for_by_a_command(*, invoked: bool) -> None:
    """An invoked completion is still shown."""

    async def scene() -> None:
        session, services = session_of("return a + b", latency=5)
        waiting = asyncio.create_task(session.offer(*shot(""), invoked=invoked))
        await asyncio.sleep(1)
        session.snoozed()
        assert len(await waiting) == int(invoked)
        assert len(services.given_up) == int(not invoked)

    play(scene())


def test_an_invoked_completion_that_took_over_a_request_outlives_a_snooze() -> None:
    """It does not matter who asked first."""

    async def scene() -> None:
        session, services = session_of("return a + b", latency=5)
        automatic = asyncio.create_task(session.offer(*shot("")))
        await asyncio.sleep(1)
        automatic.cancel()
        invoked = asyncio.create_task(session.offer(*shot(""), invoked=True))
        await asyncio.sleep(1)
        session.snoozed()
        assert await invoked
        assert len(services.requests) == 1

    play(scene())


def test_further_suggestions_are_closed_with_their_document() -> None:
    """All that is asked for it ends, and at once when the editor takes its request back."""

    async def scene() -> None:
        for end in ("closed", "cancelled"):
            services = TimedServices(lambda _: "return a + b", latency=60)
            services.settings = Settings(inline_completion=InlineCompletionSettings(alternatives=3))
            session = GhostTextSession(services)
            waiting = asyncio.create_task(session.offer(*shot(""), invoked=True))
            await asyncio.sleep(1)
            assert len(services.requests) == 3
            if end == "closed":
                session.closed(shot("")[0].uri)
                assert await waiting == ()
            else:
                waiting.cancel()
                await asyncio.sleep(0.2)
            assert len(services.given_up) == 3
            assert not session.busy

    play(scene())


def test_a_document_in_another_language_is_another_one() -> None:
    """What was offered or is being asked for the same text in the language before is not offered."""

    async def scene() -> None:
        session, services = session_of("return a + b")
        snapshot, position = shot("")
        assert await session.offer(snapshot, position)
        other = Snapshot(uri=snapshot.uri, language_id="ruby", text=snapshot.text)
        services.reply = lambda _: "end"
        (offered,) = await session.offer(other, position)
        assert offered.text == "end"

    play(scene())


def selected(entry: str, typed: str) -> tuple[Snapshot, int, int]:
    """The document as it looks with an entry of the list in place of what was typed of it."""
    snapshot, position = shot("return " + entry)
    assert entry.startswith(typed)
    return snapshot, position, len(entry)


def test_a_request_for_a_selected_entry_is_adopted_while_the_entry_is_typed() -> None:
    """The list stays open with the same entry: the document changes and the question does not."""

    async def scene() -> None:
        session, services = session_of("(a, b)", latency=1)
        for typed in ("c", "co", "com"):
            session.changed(shot("return " + typed)[0])
            snapshot, position, proposed = selected("compute", typed)
            waiting = asyncio.create_task(session.offer(snapshot, position, proposed=proposed))
            await asyncio.sleep(0.1)
            waiting.cancel()
            await asyncio.sleep(0.01)
        snapshot, position, proposed = selected("compute", "com")
        (offered,) = await session.offer(snapshot, position, proposed=proposed)
        assert accepted(snapshot, offered) == BEFORE + "return compute(a, b)" + AFTER
        assert len(services.requests) == 1
        assert not services.given_up

    play(scene())


def test_what_was_asked_for_a_selected_entry_is_offered_when_the_list_is_closed() -> None:
    """The rest of the entry comes before it; that the person typed a part of the entry says nothing of the model."""

    async def scene() -> None:
        session, services = session_of("(a, b)")
        snapshot, position, proposed = selected("compute", "com")
        await session.offer(snapshot, position, proposed=proposed)
        typed, end = shot("return comp")
        (offered,) = await session.offer(typed, end)
        assert offered == Offered(end, end, "ute(a, b)", services.requests[0].request_id)
        assert offered.typed == 0
        (offered,) = await session.offer(*shot("return compute(a"))
        assert (offered.text, offered.typed) == (", b)", 2)
        assert len(services.requests) == 1

    play(scene())


def test_another_selected_entry_is_another_question() -> None:
    """The request for the entry before is closed at once, and its answer is not offered."""

    async def scene() -> None:
        session, services = session_of("(a, b)", latency=1)
        snapshot, position, proposed = selected("compute", "co")
        waiting = asyncio.create_task(session.offer(snapshot, position, proposed=proposed))
        await asyncio.sleep(0.5)
        waiting.cancel()
        await asyncio.sleep(0)
        snapshot, position, proposed = selected("collect", "co")
        again = asyncio.create_task(session.offer(snapshot, position, proposed=proposed))
        await asyncio.sleep(0.001)
        assert len(services.given_up) == 1
        (offered,) = await again
        assert accepted(snapshot, offered) == BEFORE + "return collect(a, b)" + AFTER

    play(scene())


def test_nothing_after_a_selected_entry_is_known_only_with_that_entry() -> None:
    """The model was asked what follows the entry, not what follows what was typed."""

    async def scene() -> None:
        session, services = session_of("")
        for _ in range(2):
            snapshot, position, proposed = selected("compute", "com")
            assert await session.offer(snapshot, position, proposed=proposed) == ()
        assert len(services.requests) == 1
        await session.offer(*shot("return com"))
        assert len(services.requests) == 2

    play(scene())


def test_two_cursors_at_once_do_not_take_each_other_s_request() -> None:
    """In two documents or in one: both are asked for, and both get their answer."""

    async def scene() -> None:
        session, services = session_of("return a + b")
        first, position = shot("")
        second = Snapshot(uri="file:///b.py", language_id="python", text=first.text)
        third, end = shot("x = 1\n    ")
        cursors = ((first, position), (second, position), (third, end))
        found = await asyncio.gather(*(session.offer(*cursor) for cursor in cursors))
        assert [len(offers) for offers in found] == [1, 1, 1]
        assert len(services.requests) == 3
        assert not services.given_up

    play(scene())


def test_a_request_taken_back_as_soon_as_it_was_made_becomes_an_orphan() -> None:
    """However early the editor cancels, nothing runs on."""

    async def scene() -> None:
        for steps in range(12):
            session, services = session_of("return a + b", latency=60)
            waiting = asyncio.create_task(session.offer(*shot("")))
            for _ in range(steps):
                await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.sleep(1)
            assert len(services.given_up) == len(services.requests)
            assert not session.busy

    play(scene())


def test_all_typed_but_the_closers_that_the_editor_put_in_asks_nothing() -> None:
    """The model has said that nothing else comes before them."""

    async def scene() -> None:
        session, services = session_of("compute([a])")
        await session.offer(*shot(""))
        assert await session.offer(*shot("compute([a", after="])" + AFTER)) == ()
        assert len(services.requests) == 1
        await session.offer(*shot("compute([a])"))
        assert len(services.requests) == 2

    play(scene())


def test_a_cell_above_that_was_edited_asks_anew() -> None:
    """It is a part of what stands before the cursor; running cells changes no text."""

    async def scene() -> None:
        session, services = session_of("return a + b")
        snapshot, position = shot("")
        cell = attrs.evolve(snapshot, cells_above=("limit = 1",))
        await session.offer(cell, position)
        await session.offer(attrs.evolve(cell, cells_above=("limit = 1",)), position)
        assert len(services.requests) == 1
        await session.offer(attrs.evolve(cell, cells_above=("limit = 2",)), position)
        assert len(services.requests) == 2

    play(scene())
