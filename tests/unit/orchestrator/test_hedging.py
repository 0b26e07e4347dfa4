from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Urgency
from aurelis.orchestrator.hedge import EXTRA, HedgeBudget
from aurelis.orchestrator.policy import AutomaticPolicy, Policy
from fixtures.pipeline import (
    Bench,
    Directory,
    Fail,
    Say,
    ScriptedProvider,
    answer,
    ask,
    bench,
    error,
    outcomes_of,
    until,
)
from fixtures.virtual_time import run

POLICY = Policy(hedging=True, automatic=AutomaticPolicy(remote="allow"))
USUAL = [Say(("quick",), pause=0.1)] * 20 + [Say(("quick",), pause=0.05)] * 20
"""Forty answers of a model whose usual time to the first token is 100 ms."""


async def measured(on: Bench, requests: int = 40) -> None:
    """Let the first model show how fast it usually is."""
    for n in range(requests):
        await ghost(on, f"before {n}")


async def ghost(on: Bench, text: str, **more: Any) -> Any:
    return await answer(on, ask(text, urgency=Urgency.GHOST_TEXT, streams=False, **more))


def test_a_slow_first_candidate_is_overtaken_and_its_connection_closed() -> None:
    """After the model's usual time the second is asked; the first to answer wins, and both attempts are recorded."""

    async def scenario() -> None:
        one = ScriptedProvider("one", *USUAL, Say(("slow",), pause=9))
        two = ScriptedProvider("two", Say(("second",), pause=0.2))
        on = bench(one, two, policy=POLICY)
        await measured(on)

        got = await ghost(on, "now")

        assert (got.text, outcomes_of(got)) == ("second", ["one/m cancelled", "two/m ok"])
        assert (got.duration_ms, one.open, two.open) == (500, 0, 0)
        assert on.recorder.records[-1].attempts[0].duration_ms == 300
        assert on.orchestrator.statistics.mechanisms["hedged"] == 1

    run(scenario())


def test_a_first_candidate_that_answers_after_all_wins() -> None:
    """The second one's connection is closed."""

    async def scenario() -> None:
        one = ScriptedProvider("one", *USUAL, Say(("first",), pause=0.2))
        two = ScriptedProvider("two", Say(("second",), pause=5))
        on = bench(one, two, policy=POLICY)
        await measured(on)
        got = await ghost(on, "now")
        assert (got.text, outcomes_of(got), two.open) == ("first", ["two/m cancelled", "one/m ok"], 0)

    run(scenario())


def test_a_second_candidate_takes_over_when_the_first_fails() -> None:
    """The failure is noted, the other goes on, and it is not asked twice."""

    async def scenario() -> None:
        one = ScriptedProvider("one", *USUAL, Fail(error(ErrorKind.REJECTED), after=0.3))
        two = ScriptedProvider("two", Say(("second",), pause=0.5))
        on = bench(one, two, policy=POLICY)
        await measured(on)
        got = await ghost(on, "now")
        assert (got.text, outcomes_of(got)) == ("second", ["one/m error:rejected", "two/m ok"])
        assert len(two.calls) == 1

    run(scenario())


def test_when_both_fail_each_was_asked_once() -> None:
    """Two failures are one error; nobody is asked again."""

    async def scenario() -> None:
        one = ScriptedProvider("one", *USUAL, Fail(error(ErrorKind.REJECTED), after=0.3))
        two = ScriptedProvider("two", Fail(error(ErrorKind.REJECTED), after=0.3))
        on = bench(one, two, policy=POLICY)
        await measured(on)
        with pytest.raises(RequestError) as caught:
            await ghost(on, "now")
        assert (caught.value.kind, len(one.calls), len(two.calls)) == (ErrorKind.REJECTED, 41, 1)

    run(scenario())


def test_a_second_candidate_that_the_settings_have_dropped_meanwhile_is_passed_over() -> None:
    """When the first one fails as well, the third is asked."""

    async def scenario() -> None:
        one = ScriptedProvider("one", *USUAL, Fail(error(ErrorKind.REJECTED), after=3))
        two, three = ScriptedProvider("two"), ScriptedProvider("three", Say(("third",)))
        directory = Directory((one, two, three))
        on = bench(policy=POLICY, directory=directory)
        await measured(on)

        asked = asyncio.create_task(ghost(on, "now"))
        await until(lambda: one.open == 1)
        del directory.providers["two"]

        got = await asked
        assert outcomes_of(got) == ["two/m skipped:capability", "one/m error:rejected", "three/m ok"]

    run(scenario())


def test_a_fault_of_ours_in_a_second_candidate_ends_the_request() -> None:
    """Nobody waits for an answer that cannot come: the fault is raised, and the other connection is closed."""

    class Faulty(Directory):
        broken = False

        def get(self, name: str) -> ScriptedProvider | None:
            if self.broken and name == "two":
                raise LookupError(name)
            return super().get(name)

    async def scenario() -> None:
        one = ScriptedProvider("one", *USUAL, Fail(error(ErrorKind.REJECTED), after=3))
        directory = Faulty((one, ScriptedProvider("two")))
        on = bench(policy=POLICY, directory=directory)
        await measured(on)
        asked = asyncio.create_task(ghost(on, "now"))
        await until(lambda: one.open == 1)
        directory.broken = True
        with pytest.raises(LookupError):
            await asked
        assert one.open == 0

    run(scenario())


@pytest.mark.parametrize("how", ["off", "command", "too early", "leaving"])
def test_nothing_is_asked_twice_without_need(how: str) -> None:
    """Hedging is off by default, not for commands, not before the usual time is known, and ends with its reader."""

    async def scenario() -> None:
        one = ScriptedProvider("one", *USUAL[: 40 if how != "too early" else 5], Say(("slow",), pause=9))
        two = ScriptedProvider("two", Say(("second",), pause=5))
        on = bench(one, two, policy=POLICY if how != "off" else Policy(automatic=AutomaticPolicy(remote="allow")))
        await measured(on, 40 if how != "too early" else 5)
        request = ask("now", urgency=Urgency.EXPLICIT if how == "command" else Urgency.GHOST_TEXT, streams=False)
        task = asyncio.create_task(answer(on, request))
        await asyncio.wait([task], timeout=1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(two.calls) == (1 if how == "leaving" else 0)
        assert (one.open, two.open) == (0, 0)

    run(scenario())


@given(st.lists(st.booleans(), max_size=400))
@settings(max_examples=50, deadline=None)
def test_at_most_so_many_requests_are_asked_twice(wishes: list[bool]) -> None:
    """However often a second candidate is wanted, the extra share holds at every moment."""
    budget = HedgeBudget()
    for wish in wishes:
        budget.count()
        if wish:
            budget.take()
        assert budget.hedged <= EXTRA * budget.requests
