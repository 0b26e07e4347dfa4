"""Whatever stands in the cache's files, asking it is an answer or a miss, never an error."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Entry
from aurelis.cache.layered import LayeredCache
from aurelis.cache.memory import MemoryLayer, entry_bytes
from aurelis.core.deadline import SystemClock
from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer, CacheTags, Invalidation
from aurelis.core.reply import FinishReason, Usage
from aurelis.core.request import Task

FILES = ("cache/cache.db", "cache/cache.db-wal", "cache/cache.db-shm", "state/cache.key")
CLOCK = SystemClock()


def answer(text: str) -> CachedAnswer:
    return CachedAnswer(text, ModelReference("p", "m"), FinishReason.STOP, Usage(), None, 1.0, CLOCK.time())


async def use(folder: Path, texts: list[str]) -> list[str | None]:
    """Keep each text under its own number and read all back in a second run."""
    found: list[str | None] = []
    for _ in range(2):
        disk = DiskLayer(CLOCK, folder / "cache", folder / "state" / "cache.key", wait_seconds=30.0)
        cache = LayeredCache(CLOCK, [disk])
        for number, text in enumerate(texts):
            await cache.put(str(number), answer(text), CacheTags(Task.FIX, "python", "a.py"))
        await cache.invalidate(Invalidation(frozenset({Task.REVIEW})))
        hits = [await cache.get(str(number)) for number in range(len(texts))]
        found = [None if hit is None else hit[0].text for hit in hits]
        await cache.stats()
        await cache.aclose()
    return found


@settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.sampled_from(FILES), st.binary(max_size=3_000), min_size=1), st.lists(st.text(), max_size=3))
def test_random_bytes_in_any_file_never_raise(damage: dict[str, bytes], texts: list[str]) -> None:
    """Random bytes in the database, its log or the key cost the kept answers and nothing else."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, data in damage.items():
            (folder / path).parent.mkdir(mode=0o700, exist_ok=True)
            (folder / path).write_bytes(data)
            (folder / path).chmod(0o600)
        assert asyncio.run(use(folder, texts)) == texts


TEXTS = ["first " * 20, "second " * 700]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose cache holds two texts."""
    folder = tmp_path_factory.mktemp("filled")
    assert asyncio.run(use(folder, TEXTS)) == TEXTS
    return folder


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_flipped_bytes_never_give_a_wrong_answer(filled: Path, data: st.DataObject) -> None:
    """A database with any bytes changed gives the kept text or a miss, never another text."""
    content = bytearray((filled / "cache" / "cache.db").read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
        content[place] ^= data.draw(st.integers(1, 255))

    async def read(folder: Path) -> list[str | None]:
        disk = DiskLayer(CLOCK, folder / "cache", folder / "state" / "cache.key", wait_seconds=30.0)
        hits = [await disk.get(str(number)) for number in range(2)]
        await disk.aclose()
        return [None if hit is None else hit.answer.text for hit in hits]

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "copy"
        shutil.copytree(filled, folder)
        (folder / "cache" / "cache.db").write_bytes(content)
        for text, expected in zip(asyncio.run(read(folder)), TEXTS, strict=True):
            assert text in {None, expected}


keys = st.sampled_from("abcde")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), keys, st.integers(0, 4_000), st.integers(1, 20)),
        st.tuples(st.just("get"), keys),
        st.tuples(st.just("wait"), st.integers(1, 15)),
        st.tuples(st.just("drop"), st.sampled_from([Task.FIX, Task.REVIEW])),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=50)
@given(steps)
def test_memory_keeps_its_bounds_and_never_lies(sequence: list[tuple[object, ...]]) -> None:
    """In any order of use, memory stays within both bounds and returns only what was last put and still lives."""

    class Hand:
        now = 1_000.0

        def time(self) -> float:
            return self.now

        monotonic = time

        async def sleep(self, seconds: float) -> None:
            self.now += seconds

    async def play() -> None:
        clock = Hand()
        layer = MemoryLayer(clock, entries=3, max_bytes=9_000)
        model: dict[str, Entry] = {}
        for step in sequence:
            match step:
                case ("put", str(key), int(size), int(seconds)):
                    task = Task.FIX if key < "c" else Task.REVIEW
                    model[key] = Entry(answer(key * size), CacheTags(task), clock.now + seconds)
                    await layer.put(key, model[key])
                case ("get", str(key)):
                    found = await layer.get(key)
                    assert found is None or (found == model[key] and found.expires_at > clock.now)
                case ("wait", int(seconds)):
                    clock.now += seconds
                case ("drop", Task() as task):
                    await layer.invalidate(Invalidation(frozenset({task})))
                    model = {key: entry for key, entry in model.items() if entry.tags.task is not task}
                    assert all([await layer.get(key) is None or key in model for key in "abcde"])
            stats = await layer.stats()
            assert (stats.entries or 0) <= 3
            assert (stats.bytes or 0) <= 9_000
            kept = [entry for key in "abcde" if (entry := await layer.get(key)) is not None]
            assert sum(map(entry_bytes, kept)) <= 9_000

    asyncio.run(play())
