from __future__ import annotations

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Urgency
from aurelis.orchestrator.policy import AutomaticPolicy, Policy
from fixtures.pipeline import Bench, ScriptedProvider, answer, ask, bench
from fixtures.virtual_time import run

K = ErrorKind


def test_automatic_requests_go_to_a_remote_host_only_with_consent() -> None:
    """Without a yes for the host nothing is sent; loopback needs none."""

    async def scenario() -> None:
        remote, local = ScriptedProvider("remote"), ScriptedProvider("local", local=True)
        on = bench(remote)
        with pytest.raises(RequestError, match=r"remote\.test:443") as caught:
            await answer(on, ask(urgency=Urgency.GHOST_TEXT))
        assert (caught.value.kind, remote.calls) == (K.CONSENT, [])

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
