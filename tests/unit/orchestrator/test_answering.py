from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Chosen, Delta, FinishReason, Verdict
from aurelis.core.request import Source
from fixtures.pipeline import Directory, Fail, Say, ScriptedProvider, answer, ask, bench, error, outcomes_of
from fixtures.virtual_time import run

K = ErrorKind


def test_an_answer_streams_and_is_recorded() -> None:
    """Deltas come as the model speaks, and one record says which model answered, from where, in what time."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("a", "b", "c"), pause=1.0))
        on = bench(one)
        deltas: list[str] = []

        got = await answer(on, ask(), deltas)

        assert (got.text, deltas) == ("abc", ["a", "b", "c"])
        assert (got.time_to_first_token_ms, got.duration_ms) == (1000, 4000)
        assert outcomes_of(got) == ["one/m ok"]
        [record] = on.recorder.records
        assert (record.outcome, record.host, str(record.model)) == ("ok", "one.test:443", "one/m")

    run(scenario())


def test_a_fault_of_ours_is_not_recorded_as_a_cancellation() -> None:
    """Whoever looks for failures finds it among them."""

    def judge(_text: str) -> Verdict:
        raise ValueError("a fault")

    async def scenario() -> None:
        on = bench(ScriptedProvider("one"))
        with pytest.raises(ValueError, match="a fault"):
            await answer(on, ask(judge=judge))
        [record] = on.recorder.records
        assert record.outcome == "error:invalid_response"

    run(scenario())


def test_each_attempt_has_its_own_duration() -> None:
    """Neither an earlier attempt nor the wait after it is part of what the last one took; nor of its first token."""

    async def scenario() -> None:
        slow = Fail(error(K.RATE_LIMIT, retry_after_seconds=7.0), after=2)
        one = ScriptedProvider("one", slow, Say(("a", "b"), pause=1.0))
        got = await answer(bench(one), ask())

        assert [attempt.duration_ms for attempt in got.attempts] == [2000, 3000]
        assert (got.duration_ms, got.time_to_first_token_ms) == (12_000, 10_000)

    run(scenario())


def test_the_first_token_of_a_discarded_answer_is_not_the_answers() -> None:
    """When a cut answer is asked for again, the time to the first token is that of the answer that counts."""

    async def scenario() -> None:
        cut = Say(("half",), pause=1.0, finish=error(K.NETWORK, retry_after_seconds=4.0))
        got = await answer(bench(ScriptedProvider("one", cut, Say(("whole",), pause=1.0))), ask(streams=False))
        assert (got.text, got.time_to_first_token_ms) == ("whole", 6000)

    run(scenario())


def test_enough_text_closes_the_connection_early() -> None:
    """A reader that has what it needs ends the stream, and that is a success."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("line\n", "more\n", "more\n"), pause=1))
        got = await answer(bench(one), ask(streams=False, enough=lambda text: "\n" in text))

        assert (got.text, got.finish, one.open) == ("line\n", FinishReason.ENOUGH, 0)

    run(scenario())


def test_the_reader_learns_who_is_asked() -> None:
    """Before a candidate speaks, its name is told."""

    async def scenario() -> None:
        on = bench(ScriptedProvider("one", Fail(error(K.REJECTED))), ScriptedProvider("two"))
        names: list[str] = []
        async with aclosing(on.orchestrator.stream(ask())) as events:
            async for event in events:
                if isinstance(event, Chosen):
                    names.append(str(event.model))
        assert names == ["one/m", "two/m"]

    run(scenario())


def test_a_kept_answer_needs_neither_breaker_nor_quota_nor_network() -> None:
    """The second asking is answered from the cache although the provider is out."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("kept",)), Fail(error(K.AUTH, final_for_provider=True)))
        on = bench(one)
        await answer(on, ask())
        with pytest.raises(RequestError):
            await answer(on, ask("Another question."))

        got = await answer(on, ask())

        assert (got.text, got.cached, outcomes_of(got), got.cost_usd) == ("kept", "memory", ["one/m cached"], 0.0)

    run(scenario())


def test_a_kept_answer_needs_no_model_that_could_be_asked() -> None:
    """It is found although its provider is not configured any more, or the prompt has become too long for the model."""

    async def scenario() -> None:
        narrow: dict[str, Any] = {"output_tokens": 100}
        one = ScriptedProvider("one", Say(("kept",)), info=narrow)
        directory = Directory([one])
        on = bench(directory=directory)
        await answer(on, ask(model="one/m"))
        narrow["input_tokens"] = 1
        assert outcomes_of(await answer(on, ask(model="one/m"))) == ["one/m cached"]
        directory.providers.clear()
        assert outcomes_of(await answer(on, ask(model="one/m"))) == ["one/m cached"]
        assert len(one.calls) == 1

    run(scenario())


def test_cancelling_closes_the_connection_and_is_neither_success_nor_failure() -> None:
    """Closing the stream closes the upstream at once; nothing is cached or counted, but it is recorded."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("a", "b"), pause=5))
        on = bench(one)
        for _ in range(7):
            async with aclosing(on.orchestrator.stream(ask())) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        break
            assert one.open == 0
        assert {r.outcome for r in on.recorder.records} == {"cancelled"}
        assert [(a.outcome, a.duration_ms) for a in on.recorder.records[-1].attempts] == [("cancelled", 5000)]
        assert (on.cache.entries, len(one.calls)) == ({}, 7)

    run(scenario())


def test_identical_requests_in_flight_share_one_call() -> None:
    """Both readers see every delta; one leaving does not disturb the other; the last one closes the connection."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("a", "b", "c"), pause=1))
        on = bench(one)

        async def leave_early() -> None:
            async with aclosing(on.orchestrator.stream(ask())) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        return

        deltas: list[str] = []
        got, _ = await asyncio.gather(answer(on, ask(), deltas), leave_early())

        assert (got.text, deltas, len(one.calls)) == ("abc", ["a", "b", "c"], 1)
        assert len(on.recorder.records) == 2

    run(scenario())


def test_an_excluded_document_stops_the_request() -> None:
    """Nothing is asked when any document of the prompt must not leave; it is a security event."""

    async def scenario() -> None:
        one = ScriptedProvider("one")
        on = bench(one)
        on.egress.excluded = frozenset({"file:///x/.env"})
        with pytest.raises(RequestError) as caught:
            await answer(on, ask(sources=(Source("file:///x/.env", None, name=".env"),)))
        assert (caught.value.kind, one.calls) == (K.EXCLUDED, [])
        assert [event.name for event in on.recorder.events] == ["excluded_file"]

    run(scenario())
