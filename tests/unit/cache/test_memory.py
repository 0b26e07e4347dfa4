from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from aurelis.cache.entry import Entry
from aurelis.cache.memory import MemoryLayer, entry_bytes
from aurelis.core.ports import Invalidation
from aurelis.core.request import Task
from fixtures.hand_clock import HandClock

Make = Callable[..., Entry]


async def test_an_entry_ends_at_its_time(clock: HandClock, make_entry: Make) -> None:
    """An entry is there until its end and not at its end."""
    layer = MemoryLayer(clock)
    entry = make_entry(seconds=10)
    await layer.put("k", entry)
    clock.now += 9.9
    assert await layer.get("k") == entry
    clock.now += 0.1
    assert await layer.get("k") is None
    assert (await layer.stats()).entries == 0


async def test_the_least_recently_used_goes_first(clock: HandClock, make_entry: Make) -> None:
    """Beyond its number of entries the layer drops what was not asked for the longest."""
    layer = MemoryLayer(clock, entries=2)
    for key in "ab":
        await layer.put(key, make_entry())
    await layer.get("a")
    await layer.put("c", make_entry())
    assert [key for key in "abc" if await layer.get(key)] == ["a", "c"]


async def test_invalidating_leaves_the_order_of_use_alone(clock: HandClock, make_entry: Make) -> None:
    """Looking through the entries to drop some does not count as use."""
    layer = MemoryLayer(clock, entries=2)
    await layer.put("a", make_entry(seconds=50))
    await layer.put("b", make_entry(seconds=10))
    await layer.invalidate(Invalidation(frozenset({Task.REVIEW})))
    await layer.put("c", make_entry())
    assert [key for key in "abc" if await layer.get(key)] == ["b", "c"]


async def test_bytes_are_bounded(clock: HandClock, make_entry: Make) -> None:
    """The sizes of all entries together stay below the bound, and what is larger than the bound is not kept."""
    layer = MemoryLayer(clock, max_bytes=100_000)
    for number in range(50):
        await layer.put(str(number), make_entry("x" * 9_000))
    stats = await layer.stats()
    assert 5 < stats.entries < 12
    assert stats.bytes <= 100_000
    await layer.put("49", make_entry("x" * 200_000))
    assert await layer.get("49") is None


async def test_the_counted_size_is_the_real_one(clock: HandClock, make_entry: Make) -> None:
    """What an entry is counted as differs by less than a quarter from what Python allocates for it."""
    layer = MemoryLayer(clock, entries=5_000)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(2_000):
            await layer.put(f"1-{number:064}", make_entry("a" * 500 + str(number), path=f"src/{number}.py"))
        real = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    counted = (await layer.stats()).bytes
    assert counted == pytest.approx(real, rel=0.25)


async def test_text_beyond_ascii_counts_by_its_real_width(make_entry: Make) -> None:
    """A character that takes four bytes in memory counts as four."""
    assert entry_bytes(make_entry("\U0001f600" * 1_000)) - entry_bytes(make_entry("a" * 1_000)) >= 2_900


async def test_nothing_is_kept_where_no_entry_is_allowed(clock: HandClock, make_entry: Make) -> None:
    """A bound of none keeps none."""
    for layer in (MemoryLayer(clock, entries=0), MemoryLayer(clock, max_bytes=0)):
        await layer.put("k", make_entry())
        assert await layer.get("k") is None


async def test_matching_entries_are_dropped_and_counted(clock: HandClock, make_entry: Make) -> None:
    """An invalidation drops what it matches and says how much that was."""
    layer = MemoryLayer(clock)
    for number, task in enumerate([Task.FIX, Task.FIX, Task.REVIEW]):
        await layer.put(str(number), make_entry(task=task))
    assert await layer.invalidate(Invalidation(frozenset({Task.FIX}))) == 2
    assert [key for key in "012" if await layer.get(key)] == ["2"]
    assert await layer.clear() == 1
