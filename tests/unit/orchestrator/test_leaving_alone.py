from __future__ import annotations

import asyncio

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from fixtures.pipeline import Fail, Say, ScriptedProvider, answer, ask, bench, error, outcomes_of, routes
from fixtures.virtual_time import run

K = ErrorKind


def test_five_failures_open_the_breaker_and_a_trial_closes_it() -> None:
    """An open breaker spares the upstream for its rest; the first success afterwards closes it."""

    async def scenario() -> None:
        one = ScriptedProvider("one", *[Fail(error(K.UNAVAILABLE, retryable=False))] * 5, Say(("well",)))
        on = bench(one)
        for _ in range(5):
            with pytest.raises(RequestError):
                await answer(on, ask())
        with pytest.raises(RequestError) as caught:
            await answer(on, ask())
        assert (len(one.calls), caught.value.kind, caught.value.retry_after_seconds) == (5, K.UNAVAILABLE, 60.0)

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
