from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.orchestrator.batch import GROUP, GROUPS, PATIENCE_SECONDS, Batch, run_batch
from fixtures.pipeline import error
from fixtures.virtual_time import VirtualClock, run


@given(
    models=st.lists(st.sampled_from("abcdefgh"), max_size=120),
    failing=st.sets(st.integers(0, 119)),
    finished=st.sets(st.integers(0, 119)),
)
@settings(max_examples=60, deadline=None)
def test_results_come_in_input_order_whatever_fails(models: list[str], failing: set[int], finished: set[int]) -> None:
    """Each item is asked once unless it was finished before; groups hold one model and keep to their bounds."""

    async def scenario() -> None:
        under_way: Counter[str] = Counter()
        asked: list[int] = []
        told: list[int] = []
        before = {number: f"kept {number}" for number in finished if number < len(models)}

        async def ask(item: tuple[int, str]) -> str:
            number, model = item
            under_way[model] += 1
            asked.append(number)
            assert under_way.total() <= GROUP * GROUPS
            await asyncio.sleep(1 + number % 3)
            under_way[model] -= 1
            if number in failing:
                raise error(ErrorKind.REJECTED)
            return f"new {number}"

        batch = Batch(
            items=list(enumerate(models)),
            ask=ask,
            group_of=lambda item: item[1],
            done=lambda number, _result: told.append(number),
            finished=before,
        )
        results = await run_batch(batch, VirtualClock())

        assert sorted(asked) == sorted(told) == [n for n in range(len(models)) if n not in before]
        for number, result in enumerate(results):
            if number in before:
                assert result == before[number]
            elif number in failing:
                assert isinstance(result, RequestError)
            else:
                assert result == f"new {number}"

    run(scenario())


@pytest.mark.parametrize(("wait", "answered"), [(50.0, True), (PATIENCE_SECONDS + 1, False), (None, False)])
def test_a_rate_limit_is_waited_for(wait: float | None, answered: bool) -> None:
    """Nobody watches each item, so that a limit which ends soon is no failure."""

    async def scenario() -> None:
        refusals = [error(ErrorKind.RATE_LIMIT, retry_after_seconds=wait)] * 2

        async def ask(item: str) -> str:
            if refusals:
                raise refusals.pop()
            return item

        [result] = await run_batch(Batch(items=["x"], ask=ask), VirtualClock())
        assert (result == "x") is answered

    run(scenario())


def test_a_fault_of_ours_sinks_no_other_item() -> None:
    """An unexpected exception is that item's error, without its words."""

    async def scenario() -> None:
        async def ask(item: int) -> int:
            return 10 // item

        results = await run_batch(Batch(items=[1, 0, 2], ask=ask), VirtualClock())
        assert (results[0], results[2]) == (10, 5)
        assert isinstance(results[1], RequestError)
        assert "ZeroDivisionError" in results[1].message

    run(scenario())


def test_a_cancelled_batch_goes_on_where_it_stood() -> None:
    """What was told as done before the end is not asked for again."""

    async def scenario() -> None:
        done: dict[int, Any] = {}
        asked: list[int] = []

        async def ask(item: int) -> int:
            asked.append(item)
            await asyncio.sleep(item)
            return item

        items = list(range(8))
        first = asyncio.create_task(run_batch(Batch(items=items, ask=ask, done=done.__setitem__), VirtualClock()))
        await asyncio.wait([first], timeout=3.5)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert sorted(done) == [0, 1, 2, 3]

        asked.clear()
        assert await run_batch(Batch(items=items, ask=ask, finished=done), VirtualClock()) == tuple(items)
        assert asked == [4, 5, 6, 7]

    run(scenario())
