from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.request import Urgency
from aurelis.orchestrator.policy import AutomaticPolicy, BreakerPolicy, Policy, RoutingPolicy
from fixtures.pipeline import Fail, Say, ScriptedProvider, answer, ask, bench, error, outcomes_of, routes, until
from fixtures.virtual_time import run

K = ErrorKind


def test_five_failures_open_the_breaker_and_a_trial_closes_it() -> None:
    """An open breaker spares the upstream for its rest, and says why; the first success afterwards closes it."""

    async def scenario() -> None:
        one = ScriptedProvider("one", *[Fail(error(K.UNAVAILABLE, retryable=False))] * 5, Say(("well",)))
        on = bench(one)
        for _ in range(5):
            with pytest.raises(RequestError):
                await answer(on, ask())
        with pytest.raises(RequestError) as caught:
            await answer(on, ask())
        assert (len(one.calls), caught.value.kind, caught.value.retry_after_seconds) == (5, K.UNAVAILABLE, 60.0)
        assert caught.value.message.endswith("try again then, or use another model. it was unavailable")

        await asyncio.sleep(60)
        assert (await answer(on, ask())).text == "well"
        assert (await answer(on, ask("Again."))).text == "well"

    run(scenario())


@pytest.mark.parametrize("kind", [K.RATE_LIMIT, K.CONTENT_FILTER, K.REJECTED, K.TOO_LARGE, K.INVALID_RESPONSE])
def test_what_says_nothing_about_the_model_does_not_open_its_breaker(kind: ErrorKind) -> None:
    """429, filters and the request's own faults leave the breaker closed however often they come."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(kind, retryable=False)))
        on = bench(one)
        for _ in range(8):
            with pytest.raises(RequestError):
                await answer(on, ask())
        assert len(one.calls) == 8

    run(scenario())


@pytest.mark.parametrize("urgency", list(Urgency))
def test_the_haste_of_automatic_features_opens_no_breaker(urgency: Urgency) -> None:
    """A deadline of ours that only ghost text and hovers have says nothing about the model; a command's does."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("late",), pause=9))
        on = bench(one, policy=Policy(automatic=AutomaticPolicy(remote="allow")))
        for _ in range(8):
            with pytest.raises(RequestError):
                await answer(on, ask(urgency=urgency, timing=Timing(first_token=2)))
        assert len(one.calls) == (8 if urgency.automatic else 5)

    run(scenario())


def test_a_trial_that_is_cancelled_gives_its_place_to_another() -> None:
    """Nobody learnt anything from it, so the next request may try."""

    async def scenario() -> None:
        fails = [Fail(error(K.UNAVAILABLE, retryable=False))] * 5
        one = ScriptedProvider("one", *fails, Say(("slow",), pause=9), Say(("well",)))
        on = bench(one, policy=Policy(breaker=BreakerPolicy(half_open_calls=1)))
        for n in range(5):
            with pytest.raises(RequestError):
                await answer(on, ask(f"{n}"))
        await asyncio.sleep(60)
        trial = asyncio.create_task(answer(on, ask("trial")))
        await until(lambda: one.open == 1)
        with pytest.raises(RequestError):
            await answer(on, ask("meanwhile"))
        trial.cancel()
        await asyncio.gather(trial, return_exceptions=True)
        assert (await answer(on, ask("again"))).text == "well"

    run(scenario())


def test_answers_of_no_use_count_for_performance_and_open_no_breaker() -> None:
    """A model that says nothing is asked behind the others from then on, and may still be asked."""

    async def scenario() -> None:
        empty, good = ScriptedProvider("empty", Say(("  ",))), ScriptedProvider("good", Say(("well",), pause=1))
        on = bench(empty, good, policy=Policy(routing=RoutingPolicy(priority="performance")))
        asked = [outcomes_of(await answer(on, ask(f"{n}"))) for n in range(10)]
        assert asked[0] == ["empty/m error:invalid_response", "good/m ok"]
        assert asked[-1] == ["good/m ok"]
        for n in range(8):
            with pytest.raises(RequestError):
                await answer(on, ask(f"directly {n}", model="empty/m"))
        assert on.orchestrator.availability.skip(ModelReference("empty", "m")) is None

    run(scenario())


def test_a_wait_for_a_free_connection_is_no_failure_of_the_model() -> None:
    """When all connections were busy until the deadline, nothing was asked, and the breaker stays closed."""

    async def scenario() -> None:
        busy = error(K.TIMEOUT, unsent=True)
        on = bench(ScriptedProvider("one", *[Fail(busy)] * 8, Say(("well",))))
        for _ in range(8):
            with pytest.raises(RequestError):
                await answer(on, ask())
        assert (await answer(on, ask())).text == "well"

    run(scenario())


def test_a_refused_token_ends_the_provider_until_it_changes() -> None:
    """After a 401 no model of the provider is asked again; a new token brings it back."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(K.AUTH, final_for_provider=True, status=401)), Say(("in",)))
        on = bench(one, ScriptedProvider("two"), policy=routes("one/a", "one/b", "two/m"))

        got = await answer(on, ask())
        assert outcomes_of(got) == ["one/a error:auth", "one/b skipped:health", "two/m ok"]

        on.orchestrator.availability.provider_changed("one")
        assert str((await answer(on, ask("Now?"))).model) == "one/a"

    run(scenario())


def test_another_token_brings_a_provider_back() -> None:
    """A command looks the token up anew, at most every 5 s; ghost text never does."""

    async def scenario() -> None:
        looked_up: list[str] = []
        tokens = iter([False, True])

        async def changed(provider: str) -> bool:
            looked_up.append(provider)
            return next(tokens)

        refused = Fail(error(K.AUTH, final_for_provider=True, status=401))
        one = ScriptedProvider("one", refused, Say(("in",)))
        on = bench(one, token_changed=changed, policy=Policy(automatic=AutomaticPolicy(remote="allow")))
        for urgency in (Urgency.EXPLICIT, Urgency.GHOST_TEXT, Urgency.EXPLICIT, Urgency.EXPLICIT):
            with pytest.raises(RequestError):
                await answer(on, ask(urgency=urgency))
        assert (looked_up, len(one.calls)) == (["one"], 1)

        await asyncio.sleep(5)
        assert (await answer(on, ask())).text == "in"
        assert looked_up == ["one", "one"]

    run(scenario())


@pytest.mark.parametrize(
    ("kind", "details", "left_alone"),
    [
        (K.NETWORK, {}, True),
        (K.AUTH, {"status": 401}, True),
        (K.AUTH, {"status": 403}, False),
        (K.CONFIGURATION, {"status": 404}, False),
    ],
)
def test_a_provider_found_unhealthy_is_left_alone_for_a_while(
    kind: ErrorKind, details: dict[str, Any], left_alone: bool
) -> None:
    """For the breaker's rest it is skipped for its health; having no list of models is no illness."""

    async def scenario() -> None:
        on = bench(ScriptedProvider("one"), ScriptedProvider("two"))
        on.orchestrator.availability.provider_failed("one", error(kind, **details))
        first = ["one/m skipped:health", "two/m ok"] if left_alone else ["one/m ok"]
        assert outcomes_of(await answer(on, ask())) == first
        await asyncio.sleep(60)
        assert outcomes_of(await answer(on, ask("Later."))) == ["one/m ok"]

    run(scenario())


def test_failures_of_calls_that_were_under_way_do_not_prolong_the_rest() -> None:
    """The rest is counted from when the breaker opened, not from the last straggler."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(K.UNAVAILABLE, retryable=False), after=1), Say(("well",)))
        one.script.insert(1, Fail(error(K.UNAVAILABLE, retryable=False), after=30))
        on = bench(one, policy=Policy(breaker=BreakerPolicy(failure_threshold=1)))
        await asyncio.gather(answer(on, ask("1")), answer(on, ask("2")), return_exceptions=True)
        await asyncio.sleep(31)
        assert (await answer(on, ask("3"))).text == "well"

    run(scenario())


def test_a_trial_that_fails_opens_the_breaker_again() -> None:
    """After the rest at most three trial calls go out at once; a failure starts the rest anew."""

    async def scenario() -> None:
        bad = Fail(error(K.UNAVAILABLE, retryable=False), after=1)
        one = ScriptedProvider("one", bad)
        on = bench(one)
        for n in range(5):
            with pytest.raises(RequestError):
                await answer(on, ask(f"{n}"))
        await asyncio.sleep(60)
        await asyncio.gather(*(answer(on, ask(f"trial {n}")) for n in range(9)), return_exceptions=True)
        assert len(one.calls) == 5 + 3
        with pytest.raises(RequestError) as caught:
            await answer(on, ask("soon"))
        assert 55 < (caught.value.retry_after_seconds or 0) <= 60

    run(scenario())
