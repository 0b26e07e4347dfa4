from __future__ import annotations

import asyncio

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.orchestrator.policy import ModelQuota, Policy
from fixtures.pipeline import ScriptedProvider, answer, ask, bench
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
