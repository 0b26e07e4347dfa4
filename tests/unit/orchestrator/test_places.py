from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.request import Source, Urgency
from aurelis.orchestrator.limits import Gate
from aurelis.orchestrator.policy import AutomaticPolicy, BreakerPolicy, ConcurrencyPolicy, Policy
from fixtures.pipeline import Say, ScriptedProvider, answer, ask, bench, until
from fixtures.virtual_time import VirtualClock, run

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


def test_a_newer_ghost_text_replaces_an_older_one_that_waits() -> None:
    """The older one ends at once, asks nobody else, and harms no breaker."""

    async def scenario() -> None:
        one, two = ScriptedProvider("one", Say(("x",), pause=1)), ScriptedProvider("two")
        policy = Policy(concurrency=ConcurrencyPolicy(max_concurrent=1), automatic=AutomaticPolicy(remote="allow"))
        on = bench(one, two, policy=policy)
        here, elsewhere = (Source(uri, None) for uri in ("file:///a.py", "file:///b.py"))

        async def ghost(name: str, source: Source) -> Any:
            return await answer(on, ask(name, urgency=Urgency.GHOST_TEXT, sources=(source,), streams=False))

        tasks = [asyncio.create_task(ghost("first", here))]
        await until(lambda: one.open == 1)
        tasks += [asyncio.create_task(ghost(f"{n}", here)) for n in range(3)]
        tasks.append(asyncio.create_task(ghost("other", elsewhere)))
        got = await asyncio.gather(*tasks, return_exceptions=True)

        assert [isinstance(g, RequestError) for g in got] == [False, True, True, False, False]
        assert (len(one.calls), two.calls) == (3, [])

    run(scenario())


def test_a_full_queue_takes_a_command_in_place_of_a_batch() -> None:
    """When no more may wait, the least urgent one gives way; without one the newcomer hears so."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("x",), pause=1))
        on = bench(one, policy=Policy(concurrency=ConcurrencyPolicy(max_concurrent=1, queue=2)))
        urgencies = [Urgency.BATCH] * 3 + [Urgency.EXPLICIT] * 3
        tasks = []
        for n, urgency in enumerate(urgencies):
            tasks.append(asyncio.create_task(answer(on, ask(f"{n}", urgency=urgency))))
            await asyncio.sleep(0.01)
        got = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(g, RequestError) for g in got] == [False, True, True, False, False, True]
        assert {g.kind for g in got if isinstance(g, RequestError)} == {K.RATE_LIMIT}

    run(scenario())


def test_waiting_in_our_own_queue_says_nothing_about_the_model() -> None:
    """A request whose time runs out before it was sent leaves the breaker closed."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("x",), pause=500))
        policy = Policy(concurrency=ConcurrencyPolicy(max_concurrent=1), breaker=BreakerPolicy(failure_threshold=1))
        on = bench(one, policy=policy)
        first = asyncio.create_task(answer(on, ask("first", timing=Timing(first_token=900))))
        await until(lambda: one.open == 1)
        with pytest.raises(RequestError, match="busy"):
            await answer(on, ask("second"))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert on.orchestrator.availability.breakers.states() == {}

    run(scenario())


@given(
    orders=st.lists(
        st.tuples(
            st.floats(0, 40), st.sampled_from(Urgency), st.sampled_from(["a", "b"]), st.sampled_from([None, 0.5, 15.0])
        ),
        min_size=1,
        max_size=25,
    ),
    limits=st.tuples(st.integers(1, 3), st.integers(1, 2)),
)
@settings(max_examples=80, deadline=None)
def test_nobody_starves_and_no_place_is_lost(
    orders: list[tuple[float, Urgency, str, float | None]], limits: tuple[int, int]
) -> None:
    """Whoever stays is served, limits hold at every moment, and all places are free in the end."""

    async def scenario() -> None:
        gate = Gate(ConcurrencyPolicy(*limits), VirtualClock())
        holding: list[str] = []
        waited: list[float] = []

        async def one(start: float, urgency: Urgency, name: str, leaves: float | None) -> None:
            await asyncio.sleep(start)
            came = asyncio.get_running_loop().time()
            with suppress(TimeoutError):
                async with asyncio.timeout(leaves), gate.place(ModelReference("p", name), urgency):
                    waited.append(asyncio.get_running_loop().time() - came)
                    holding.append(name)
                    try:
                        assert len(holding) <= limits[0]
                        assert holding.count(name) <= limits[1]
                        await asyncio.sleep(1)
                    finally:
                        holding.remove(name)

        await asyncio.gather(*(one(*order) for order in orders))
        assert (gate.active, gate.waiting) == (0, 0)
        assert max(waited, default=0) <= len(orders)

    run(scenario())


def test_a_batch_is_served_under_a_flood_of_commands() -> None:
    """Waiting raises the rank, so that a request of the lowest class overtakes newcomers in the end."""

    async def scenario() -> None:
        gate = Gate(ConcurrencyPolicy(max_concurrent=1), VirtualClock())
        served_after: list[float] = []

        async def hold(urgency: Urgency) -> None:
            came = asyncio.get_running_loop().time()
            async with gate.place(ModelReference("p", "m"), urgency):
                if urgency is Urgency.BATCH:
                    served_after.append(asyncio.get_running_loop().time() - came)
                await asyncio.sleep(1)

        flood = [asyncio.create_task(hold(Urgency.EXPLICIT)) for _ in range(2)]
        batch = asyncio.create_task(hold(Urgency.BATCH))
        for _ in range(120):
            await asyncio.sleep(1)
            flood.append(asyncio.create_task(hold(Urgency.EXPLICIT)))
        await asyncio.gather(batch, *flood)
        assert served_after[0] <= 50

    run(scenario())
