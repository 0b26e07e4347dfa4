from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.ports import CachedAnswer, CacheTags
from fixtures.pipeline import DictionaryCache, Fail, Say, ScriptedProvider, answer, ask, bench, error
from fixtures.virtual_time import run


class SlowCache(DictionaryCache):
    """Each look and each write takes a while, as those of a shared server do."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def get(self, key: str) -> tuple[CachedAnswer, Any] | None:
        hit = await super().get(key)
        await asyncio.sleep(self.seconds)
        return hit

    async def put(self, key: str, answer: CachedAnswer, tags: CacheTags) -> None:
        await asyncio.sleep(self.seconds)
        await super().put(key, answer, tags)


class NoCache(DictionaryCache):
    """Keeps nothing."""

    async def put(self, key: str, answer: CachedAnswer, tags: CacheTags) -> None:
        pass


@pytest.mark.parametrize("pause", [0.0, 0.01, 0.04, 0.05, 0.06])
def test_requests_that_overlap_in_any_way_cost_one_call(pause: float) -> None:
    """Whoever asks while another is being answered, however slow the cache is to look and to keep, shares its call."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("hello",), pause=0.05))
        on = bench(one, cache=SlowCache(0.05))
        first = asyncio.create_task(answer(on, ask("Same.")))
        others = []
        while not first.done():
            others.append(asyncio.create_task(answer(on, ask("Same."))))
            await asyncio.sleep(pause or 0.001)
        answers = [await first, *[await other for other in others]]
        assert {got.text for got in answers} == {"hello"}
        assert len(one.calls) == 1

    run(scenario())


def test_without_a_cache_only_requests_at_once_are_shared() -> None:
    """Two at once cost one call; a third, asked after both were answered, costs another."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("hello",), pause=0.05))
        on = bench(one, cache=NoCache())
        await asyncio.gather(answer(on, ask("Same.")), answer(on, ask("Same.")))
        assert len(one.calls) == 1
        await answer(on, ask("Same."))
        assert len(one.calls) == 2

    run(scenario())


def test_one_leaves_and_the_others_stay_until_the_last_has_left() -> None:
    """A cancelled reader takes nothing from the others; the call ends with its last reader, and is not kept."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("hello", " world"), pause=1.0))
        on = bench(one)
        readers = [asyncio.create_task(answer(on, ask("Same."))) for _ in range(3)]
        await asyncio.sleep(1.5)
        readers[0].cancel()
        await asyncio.wait([readers[0]])
        assert (one.open, len(one.calls)) == (1, 1)
        for reader in readers[1:]:
            reader.cancel()
        await asyncio.wait(readers)
        assert (one.open, on.cache.entries) == (0, {})
        assert [record.outcome for record in on.recorder.records] == ["cancelled"] * 3

    run(scenario())


def test_a_failure_is_shared_and_not_joined_afterwards() -> None:
    """All who share a call hear of its failure; who comes later asks anew."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(ErrorKind.REJECTED), after=0.1), Say(("well",)))
        on = bench(one)
        readers = [asyncio.create_task(answer(on, ask("Same."))) for _ in range(3)]
        await asyncio.wait(readers)
        assert {type(reader.exception()) for reader in readers} == {RequestError}
        assert (await answer(on, ask("Same."))).text == "well"
        assert len(one.calls) == 2

    run(scenario())


def test_who_joins_late_reads_from_the_beginning() -> None:
    """A second reader of a stream gets the deltas that it missed, then those that come."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("one ", "two ", "three"), pause=1.0))
        on = bench(one)
        early: list[str] = []
        late: list[str] = []
        first = asyncio.create_task(answer(on, ask("Same."), early))
        await asyncio.sleep(2.5)
        second = await answer(on, ask("Same."), late)
        assert (early, late) == (["one ", "two ", "three"], ["one ", "two ", "three"])
        assert ((await first).text, second.text, len(one.calls)) == ("one two three", "one two three", 1)

    run(scenario())


def test_words_that_wait_for_a_reader_are_one_delta() -> None:
    """Who joins late, or reads more slowly than the model writes, gets the words that waited at once."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("one ", "two ", "three ", "four"), pause=1.0))
        on = bench(one)
        late: list[str] = []
        first = asyncio.create_task(answer(on, ask("Same.")))
        await asyncio.sleep(3.5)
        second = await answer(on, ask("Same."), late)
        assert late == ["one ", "two three ", "four"]
        assert (await first).text == second.text == "one two three four"

    run(scenario())


def test_a_kept_answer_is_as_old_as_the_call_that_brought_it() -> None:
    """Also for who joined it later, and after a wait for its turn: what is dropped is judged by that time."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(ErrorKind.UNAVAILABLE), after=1.0), Say(("hello",), pause=5.0))
        on = bench(one)
        began = on.orchestrator._workings.parts.clock.time()
        first = asyncio.create_task(answer(on, ask("Same.")))
        await asyncio.sleep(4.0)
        await answer(on, ask("Same."))
        await first
        (kept,) = on.cache.entries.values()
        assert 1.0 <= kept.stored_at - began < 4.0

    run(scenario())
