from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import Price
from aurelis.core.reply import Completed
from aurelis.core.request import Urgency
from aurelis.orchestrator.policy import AutomaticPolicy, Policy
from fixtures.pipeline import Bench, Fail, Say, Script, ScriptedProvider, answer, ask, bench, error, outcomes_of
from fixtures.virtual_time import run

K = ErrorKind


def test_automatic_requests_go_to_a_remote_host_only_with_consent() -> None:
    """Without a yes for the host nothing is sent; loopback needs none."""

    async def scenario() -> None:
        remote, local = ScriptedProvider("remote"), ScriptedProvider("local", local=True)
        on = bench(remote)
        with pytest.raises(RequestError, match=r"remote\.test:443") as caught:
            await answer(on, ask(urgency=Urgency.GHOST_TEXT))
        assert (caught.value.kind, caught.value.host, remote.calls) == (K.CONSENT, "remote.test:443", [])

        assert (await answer(bench(local), ask(urgency=Urgency.GHOST_TEXT))).text
        asked = AutomaticPolicy(allowed_hosts=frozenset({"remote.test:443"}))
        assert (await answer(bench(remote, policy=Policy(automatic=asked)), ask(urgency=Urgency.HOVER))).text

    run(scenario())


def test_the_daily_sum_stops_requests_that_cost() -> None:
    """Over the budget a request is refused in words before anything is sent."""

    async def scenario() -> None:
        one = ScriptedProvider("one")
        on: Bench = bench(one, policy=Policy(daily_budget_usd=1.0))
        await on.purse.add(1.0, automatic=False, at=1_700_000_900.0)
        with pytest.raises(RequestError, match="dailyBudgetUsd") as caught:
            await answer(on, ask())
        assert (caught.value.kind, one.calls) == (K.BUDGET, [])

    run(scenario())


def test_a_price_of_the_users_own_counts_on_this_machine_too() -> None:
    """A local server is free unless somebody says what it costs."""

    async def scenario() -> None:
        priced = ScriptedProvider("priced", local=True, info={"price": Price(1.0, 1.0)})
        on: Bench = bench(priced, policy=Policy(daily_budget_usd=1.0))
        await on.purse.add(1.0, automatic=False, at=1_700_000_900.0)
        with pytest.raises(RequestError) as caught:
            await answer(on, ask())
        assert (caught.value.kind, priced.calls) == (K.BUDGET, [])

    run(scenario())


def test_automatic_requests_leave_a_part_of_the_money_to_commands() -> None:
    """From 70 % of the daily sum on only commands may spend; what costs nothing is never refused."""

    async def scenario() -> None:
        price = {"price": Price(1.0, 1.0)}
        paid, local = ScriptedProvider("paid", info=price), ScriptedProvider("local", local=True)
        policy = Policy(daily_budget_usd=1.0, automatic=AutomaticPolicy(remote="allow"))
        on = bench(paid, local, policy=policy)
        await on.purse.add(0.7, automatic=False, at=1_700_000_900.0)

        got = await answer(on, ask(urgency=Urgency.GHOST_TEXT))
        assert outcomes_of(got) == ["paid/m error:budget", "local/m ok"]
        assert outcomes_of(await answer(on, ask("A command."))) == ["paid/m ok"]

    run(scenario())


@pytest.mark.parametrize(
    ("step", "reads", "calls"),
    [(Say(("a",)), 9, 1), (Say(("a", "b"), pause=1), 2, 1), (Fail(error(ErrorKind.REJECTED)), 9, 0)],
)
def test_every_upstream_call_is_paid_once(step: Script, reads: int, calls: int) -> None:
    """Shared calls are counted once, cut ones by an estimate, refused ones not at all."""

    async def scenario() -> None:
        one = ScriptedProvider("one", step, info={"price": Price(1e6, 1e6)})
        on = bench(one)

        async def reader() -> float | None:
            with suppress(RequestError):
                async with aclosing(on.orchestrator.stream(ask())) as events:
                    n = 0
                    async for event in events:
                        n += 1
                        if isinstance(event, Completed):
                            return event.answer.cost_usd
                        if n >= reads:
                            return None
            return None

        costs = await asyncio.gather(reader(), reader())
        await on.orchestrator.aclose()
        assert len(on.purse.entries) == calls
        if reads == 9 and calls:
            assert sorted(cost or 0 for cost in costs) == [0, 15.0]

    run(scenario())


def test_consent_is_asked_for_and_is_no_skip() -> None:
    """A host without a yes stands in the record as `error:consent`, and the next candidate may still answer."""

    async def scenario() -> None:
        remote, local = ScriptedProvider("remote"), ScriptedProvider("local", local=True)
        got = await answer(bench(remote, local), ask(urgency=Urgency.GHOST_TEXT))
        assert outcomes_of(got) == ["remote/m error:consent", "local/m ok"]

    run(scenario())
