from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from aurelis.core.errors import UNTOLD_RATE_LIMIT_SECONDS, ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.reply import Usage
from aurelis.core.request import Parameters, Urgency
from aurelis.orchestrator.policy import AutomaticPolicy, ModelQuota, Policy
from fixtures.pipeline import Fail, Say, ScriptedProvider, answer, ask, bench, error, outcomes_of
from fixtures.virtual_time import run

K = ErrorKind


def test_a_spent_quota_falls_back_or_says_when() -> None:
    """What would be refused upstream is not sent; without another candidate the error says when it can be."""

    async def scenario() -> None:
        quotas = {"one": ModelQuota(requests_per_minute=2)}
        one = ScriptedProvider("one")
        on = bench(one, policy=Policy(quotas=quotas))
        for n in range(2):
            await answer(on, ask(f"Question {n}."))
        with pytest.raises(RequestError) as caught:
            await answer(on, ask("Question 3."))
        assert caught.value.kind is K.RATE_LIMIT
        assert 60 <= (caught.value.retry_after_seconds or 0) <= 62

        await asyncio.sleep(62)
        await answer(on, ask("Question 4."))
        assert len(one.calls) == 3

    run(scenario())


def test_what_the_profile_grants_counts_without_any_setting() -> None:
    """The provider's own word on requests a minute and at once is kept although the user set nothing."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("x",), pause=1))
        granted = ModelQuota(requests_per_minute=3, concurrent=1)
        on = bench(one, quota=lambda _model: granted)
        got = await asyncio.gather(*(answer(on, ask(f"{n}")) for n in range(4)), return_exceptions=True)

        assert (len(one.calls), one.most_open) == (3, 1)
        assert [g.kind for g in got if isinstance(g, RequestError)] == [K.RATE_LIMIT]

    run(scenario())


def test_a_rule_that_a_refusal_names_is_learned() -> None:
    """After "so many per so many seconds" the next requests keep to it; a changed provider is trusted anew."""

    async def scenario() -> None:
        refusal = error(K.RATE_LIMIT, retry_after_seconds=30.0, retryable=False)
        refusal.refused_by = (2, 60.0)
        one = ScriptedProvider("one", Fail(refusal), Say(("x",)))
        on = bench(one)
        with pytest.raises(RequestError):
            await answer(on, ask())
        await asyncio.sleep(100)
        got = await asyncio.gather(*(answer(on, ask(f"{n}")) for n in range(4)), return_exceptions=True)
        assert sum(isinstance(g, RequestError) for g in got) == 2
        assert len(one.calls) == 3

        on.orchestrator.provider_changed("one")
        await answer(on, ask("Again."))

    run(scenario())


def test_a_refusal_of_requests_at_once_limits_them() -> None:
    """A rule over 0 seconds means requests at once."""

    async def scenario() -> None:
        refusal = error(K.RATE_LIMIT, retryable=False)
        refusal.refused_by = (2, 0.0)
        one = ScriptedProvider("one", Fail(refusal), Say(("x",), pause=1))
        on = bench(one)
        with pytest.raises(RequestError):
            await answer(on, ask())
        await asyncio.gather(*(answer(on, ask(f"{n}")) for n in range(6)))
        assert one.most_open == 2

    run(scenario())


@pytest.mark.parametrize("urgency", [Urgency.GHOST_TEXT, Urgency.HOVER])
def test_automatic_requests_leave_a_part_of_the_quota_to_commands(urgency: Urgency) -> None:
    """With 7 of 10 used an automatic request waits for nobody and is silent; a command still has the rest."""

    async def scenario() -> None:
        one = ScriptedProvider("one")
        policy = Policy(quotas={"one": ModelQuota(requests_per_day=10)}, automatic=AutomaticPolicy(remote="allow"))
        on = bench(one, policy=policy)
        for n in range(8):
            with suppress(RequestError):
                await answer(on, ask(f"{n}", urgency=urgency))
        assert len(one.calls) == 7
        assert on.recorder.records[-1].attempts[-1].outcome == "skipped:quota"
        limited = on.orchestrator.availability.at_rate_limit()
        assert limited is not None
        assert 86_000 < limited[1] < 87_000
        for n in range(3):
            await answer(on, ask(f"command {n}"))
        with pytest.raises(RequestError):
            await answer(on, ask("one too many"))

    run(scenario())


def test_what_was_never_sent_does_not_count() -> None:
    """Without a token or a connection nothing reaches the upstream, and the quota is as it was."""

    async def scenario() -> None:
        failures = [Fail(error(kind, unsent=True, retryable=False)) for kind in (K.AUTH, K.NETWORK)]
        one = ScriptedProvider("one", *failures, Say(("x",)))
        on = bench(one, policy=Policy(quotas={"one": ModelQuota(requests_per_minute=1)}))
        for _ in failures:
            with pytest.raises(RequestError):
                await answer(on, ask())
        assert (await answer(on, ask())).text == "x"

    run(scenario())


def test_a_quota_that_ends_between_two_attempts_is_noted_once() -> None:
    """The failed attempt and the skip each stand in the record once, and the next candidate answers."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(K.UNAVAILABLE)))
        on = bench(one, ScriptedProvider("two"), policy=Policy(quotas={"one": ModelQuota(requests_per_minute=1)}))
        assert outcomes_of(await answer(on, ask())) == ["one/m error:unavailable", "one/m skipped:quota", "two/m ok"]

    run(scenario())


def test_the_prompt_is_measured_by_what_the_model_counted() -> None:
    """After a prompt of one token for each two characters, a prompt that no longer fits is not sent."""

    async def scenario() -> None:
        usage = Usage(prompt_tokens=500, completion_tokens=5)
        one = ScriptedProvider("one", Say(("x",), usage=usage), info={"input_tokens": 1000, "output_tokens": 10})
        on = bench(one, ScriptedProvider("two"))
        assert outcomes_of(await answer(on, ask("a" * 991))) == ["one/m ok"]
        got = await answer(on, ask("b" * 2500))
        assert outcomes_of(got) == ["one/m skipped:context", "two/m ok"]

    run(scenario())


@pytest.mark.parametrize(("output", "outcome"), [(None, "skipped:context"), (4000, "ok")])
def test_a_shared_window_needs_room_for_the_answer(output: int | None, outcome: str) -> None:
    """Where prompt and answer share one window, a prompt that fills it is passed over; else it may fill it."""

    async def scenario() -> None:
        one = ScriptedProvider("one", info={"input_tokens": 1000, "output_tokens": output})
        got = await answer(bench(one, ScriptedProvider("two")), ask("a" * 3700, parameters=Parameters(max_tokens=4000)))
        assert outcomes_of(got)[0] == f"one/m {outcome}"

    run(scenario())


def test_a_429_that_tells_no_time_is_known_to_the_status_and_bars_no_command() -> None:
    """The status says for how long it is taken to last; the model can be asked all the same."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(ErrorKind.RATE_LIMIT, retryable=False)), Say(("well",)))
        on = bench(one)
        with pytest.raises(RequestError):
            await answer(on, ask())
        assert on.orchestrator.availability.at_rate_limit() == (ModelReference("one", "m"), UNTOLD_RATE_LIMIT_SECONDS)
        assert (await answer(on, ask("Again."))).text == "well"

    run(scenario())
