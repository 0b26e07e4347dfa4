from __future__ import annotations

import asyncio

from aurelis.core.errors import ErrorKind
from aurelis.core.request import Urgency
from aurelis.orchestrator.policy import ConcurrencyPolicy, Policy
from fixtures.pipeline import Say, ScriptedProvider, answer, ask, bench, until
from fixtures.virtual_time import run

K = ErrorKind


def test_at_most_so_many_requests_run_at_once() -> None:
    """Places are limited in all and per model, and everybody is served in the end."""

    async def scenario() -> None:
        one, two = (ScriptedProvider(name, Say(("x",), pause=1)) for name in ("one", "two"))
        on = bench(one, two, policy=Policy(concurrency=ConcurrencyPolicy(max_concurrent=4, max_per_model=3)))

        await asyncio.gather(
            *(answer(on, ask(f"Question {n}.", model=f"{('one', 'two')[n % 2]}/m")) for n in range(30))
        )

        assert one.most_open <= 3
        assert two.most_open <= 3
        assert len(one.calls) == len(two.calls) == 15

    run(scenario())


def test_explicit_requests_overtake_batches_and_nothing_starves() -> None:
    """An explicit request that comes last is served first; a batch still ends."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("x",), pause=1))
        on = bench(one, policy=Policy(concurrency=ConcurrencyPolicy(max_concurrent=1)))
        order: list[str] = []

        async def go(name: str, urgency: Urgency) -> None:
            await answer(on, ask(name, urgency=urgency))
            order.append(name)

        batch = [asyncio.create_task(go(f"batch {n}", Urgency.BATCH)) for n in range(5)]
        await until(lambda: one.open == 1)
        await asyncio.gather(go("explicit", Urgency.EXPLICIT), *batch)

        assert order[1] == "explicit"
        assert len(order) == 6

    run(scenario())
