from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from aurelis.cache.bulletin import EVERYTHING, FileBulletin, News
from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Entry, LayerStats
from aurelis.cache.invalidation import invalidation_for
from aurelis.cache.layered import LayeredCache
from aurelis.cache.memory import MemoryLayer
from aurelis.core.deadline import SystemClock
from aurelis.core.ports import CachedAnswer, CacheTags, Invalidation
from aurelis.core.reply import CacheLayer
from aurelis.core.request import Task
from fixtures.hand_clock import HandClock

MakeAnswer = Callable[..., CachedAnswer]
TAGS = CacheTags(Task.REVIEW)


@attrs.define(eq=False)
class CountedBulletin:
    """A board on which others leave what a test hands it."""

    waiting: list[News] = attrs.field(factory=list)
    looks: int = 0
    reach: frozenset[CacheLayer] = frozenset({"memory"})
    at_hand: bool = True
    dated: bool = True

    async def publish(self, invalidation: Invalidation) -> None:
        """Nobody else reads it."""

    async def news(self) -> tuple[News, ...]:
        """What waits, once."""
        self.looks += 1
        news, self.waiting = tuple(self.waiting), []
        return news


@attrs.define(eq=False)
class BrokenLayer:
    """A layer whose every operation fails."""

    name: CacheLayer = "redis"
    ttl_seconds: float = 100.0

    async def _fail(self, *_: object) -> None:
        raise RuntimeError("broken")

    get = put = invalidate = clear = stats = aclose = _fail


async def test_a_found_answer_is_written_back_upward(clock: HandClock, make_answer: MakeAnswer) -> None:
    """What only the last layer has is found there once and afterwards in the first."""
    near, far = MemoryLayer(clock, ttl_seconds=10), MemoryLayer(clock, ttl_seconds=1_000)
    far_only = LayeredCache(clock, [far])
    await far_only.put("k", make_answer(), TAGS)
    cache = LayeredCache(clock, [near, far])
    assert await near.get("k") is None
    assert (await cache.get("k"))[0] == make_answer()
    assert (await near.get("k")).expires_at == clock.now + 10


async def test_the_layer_is_named(
    clock: HandClock, make_answer: MakeAnswer, make_disk: Callable[..., DiskLayer]
) -> None:
    """An answer comes with the name of the layer that had it."""
    disk = make_disk()
    await LayeredCache(clock, [disk]).put("k", make_answer(), TAGS)
    cache = LayeredCache(clock, [MemoryLayer(clock), disk])
    assert [(await cache.get("k"))[1] for _ in range(2)] == ["disk", "memory"]
    await cache.aclose()


@pytest.mark.parametrize(
    ("task", "ends"),
    [(Task.CODE_GENERATION, 1_800), (Task.DOCUMENTATION, 3_600), (Task.EXPLANATION, 7_200), (Task.FIX, 9_000)],
)
async def test_a_task_bounds_the_lifetime(clock: HandClock, make_answer: MakeAnswer, task: Task, ends: int) -> None:
    """An answer lives as long as its task allows, in a layer no longer than the layer allows."""
    cache = LayeredCache(clock, [MemoryLayer(clock, ttl_seconds=9_000)])
    await cache.put("k", make_answer(), CacheTags(task))
    clock.now += ends - 1
    assert await cache.get("k") is not None
    clock.now += 1
    assert await cache.get("k") is None


async def test_writing_back_does_not_prolong(clock: HandClock, make_answer: MakeAnswer) -> None:
    """An answer that goes from layer to layer ends when it would have ended where it was."""
    far = MemoryLayer(clock, ttl_seconds=100)
    await LayeredCache(clock, [far]).put("k", make_answer(), TAGS)
    cache = LayeredCache(clock, [MemoryLayer(clock, ttl_seconds=1_000), far])
    clock.now += 99
    assert await cache.get("k") is not None
    clock.now += 1
    assert await cache.get("k") is None


async def test_a_shortened_lifetime_holds_for_kept_answers(clock: HandClock, make_answer: MakeAnswer) -> None:
    """A lifetime that was made shorter holds for what is already kept."""
    layer = MemoryLayer(clock, ttl_seconds=1_000)
    await LayeredCache(clock, [layer], {}).put("k", make_answer(), TAGS)
    clock.now += 60
    assert await LayeredCache(clock, [layer], {"review": 50.0}).get("k") is None


async def test_a_broken_layer_is_skipped(
    clock: HandClock, make_answer: MakeAnswer, caplog: pytest.LogCaptureFixture
) -> None:
    """A layer whose every operation fails costs one warning and no answer."""
    cache = LayeredCache(clock, [BrokenLayer(), MemoryLayer(clock)])
    for _ in range(3):
        await cache.put("k", make_answer(), TAGS)
        assert await cache.get("k") is not None
    assert await cache.invalidate(Invalidation(frozenset({Task.REVIEW}))) == 1
    assert await cache.clear() == 0
    rows = (await cache.stats())["layers"]
    assert [row["name"] for row in rows] == ["redis", "memory"]
    await cache.aclose()
    assert len(caplog.records) == 1


async def test_no_layers_is_a_cache_that_is_always_empty(clock: HandClock, make_answer: MakeAnswer) -> None:
    """With every layer off nothing is kept and nothing fails."""
    cache = LayeredCache(clock, [])
    await cache.put("k", make_answer(), TAGS)
    assert await cache.get("k") is None
    assert await cache.clear() == 0


async def test_what_is_dropped_during_a_look_is_not_written_back(clock: HandClock, make_answer: MakeAnswer) -> None:
    """An answer that was being read while it was invalidated does not return to the nearer layers."""
    gate = asyncio.Event()

    class SlowLayer(MemoryLayer):
        async def get(self, key: str) -> Entry | None:
            found = await super().get(key)
            await gate.wait()
            return found

    near, far = MemoryLayer(clock), SlowLayer(clock)
    await LayeredCache(clock, [far]).put("k", make_answer(), TAGS)
    cache = LayeredCache(clock, [near, far])
    looking = asyncio.create_task(cache.get("k"))
    await asyncio.sleep(0)
    await cache.invalidate(Invalidation(frozenset({Task.REVIEW})))
    gate.set()
    await looking
    assert await near.get("k") is None


@pytest.mark.parametrize("how", ["invalidate", "clear"])
async def test_what_a_layer_failed_to_drop_is_not_served(clock: HandClock, make_answer: MakeAnswer, how: str) -> None:
    """What was asked before it was to be dropped is a miss, wherever it still lies; what is asked later is found."""

    class StubbornLayer(MemoryLayer):
        async def invalidate(self, invalidation: Invalidation) -> int:
            raise OSError("locked")

        async def clear(self) -> int:
            raise OSError("locked")

    cache = LayeredCache(clock, [MemoryLayer(clock), StubbornLayer(clock)])
    await cache.put("k", make_answer(), TAGS)
    await cache.put("other", make_answer(), CacheTags(Task.EXPLANATION))
    clock.now += 1
    await (cache.clear() if how == "clear" else cache.invalidate(Invalidation(frozenset({Task.REVIEW}))))
    clock.now += 1
    assert await cache.get("k") is None
    assert (await cache.get("other") is None) == (how == "clear")
    await cache.put("k", make_answer("anew"), TAGS)
    assert (await cache.get("k"))[0].text == "anew"


async def test_statistics_tell_hits_by_layer(clock: HandClock, make_answer: MakeAnswer) -> None:
    """Each layer tells what it holds and how often it was asked in vain."""
    cache = LayeredCache(clock, [MemoryLayer(clock)])
    await cache.put("k", make_answer(), TAGS)
    await cache.get("k")
    await cache.get("other")
    (row,) = (await cache.stats())["layers"]
    assert (row["entries"], row["hits"], row["misses"], row["hitRate"]) == (1, 1, 1, 0.5)
    assert attrs.asdict(LayerStats("memory", 1, 2, 3, 4)).keys() <= row.keys()


async def test_an_invalidation_reaches_other_processes(
    clock: HandClock, make_answer: MakeAnswer, make_disk: Callable[..., DiskLayer], tmp_path: Path
) -> None:
    """What one process drops is gone from the disk at once and from the other's memory at its next look."""
    boards = [FileBulletin(tmp_path / "state" / "dropped") for _ in range(2)]
    caches = [LayeredCache(clock, [MemoryLayer(clock), make_disk()], bulletins=[board]) for board in boards]
    for key, task in [("a", Task.FIX), ("b", Task.EXPLANATION)]:
        await caches[0].put(key, make_answer(), CacheTags(task))
        assert await caches[0].get(key) is not None
        await caches[0]._layers[1].settled()
        assert await caches[1].get(key) is not None
    assert await caches[1].invalidate(invalidation_for("code_style_change")) == 1
    clock.now += 1
    assert await caches[0].get("a") is None
    assert (await caches[0].get("b"))[1] == "memory"
    await caches[1].clear()
    clock.now += 1
    assert await caches[0].get("b") is None
    for cache, board in zip(caches, boards, strict=True):
        await cache.aclose()
        await board.aclose()


async def test_a_bulletin_tells_only_others_and_only_what_is_new(tmp_path: Path) -> None:
    """A process does not hear itself, hears others once, and begins at the present."""
    path = tmp_path / "board" / "dropped"
    one, two, late = (FileBulletin(path) for _ in range(3))
    assert await one.news() == await two.news() == ()
    items = [Invalidation(frozenset({Task.FIX}), language="python", path="é/x", project=None), EVERYTHING]
    for item in items:
        await one.publish(item)
    assert await late.news() == ()
    assert [news.invalidation for news in await two.news()] == items
    assert await two.news() == await one.news() == ()
    for board in (one, two, late):
        await board.aclose()


@pytest.mark.parametrize("damage", [b"no line\n", b'{"from": "x"}\n', b'{"from": "x", "tasks": ["?"]}\n', b"[]\n"])
async def test_a_damaged_bulletin_drops_everything(tmp_path: Path, damage: bytes) -> None:
    """A line that cannot be read could have been any invalidation."""
    path = tmp_path / "board" / "dropped"
    one, two = FileBulletin(path), FileBulletin(path)
    await two.news()
    await one.publish(EVERYTHING)
    await two.news()
    path.write_bytes(path.read_bytes() + damage)
    assert await two.news() == (News(EVERYTHING),)
    for board in (one, two):
        await board.aclose()


async def test_a_bulletin_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file begins anew beyond its size, and readers then drop everything rather than miss something."""
    monkeypatch.setattr("aurelis.cache.bulletin.MAX_FILE_BYTES", 1_000)
    path = tmp_path / "board" / "dropped"
    one, two = FileBulletin(path), FileBulletin(path)
    await two.news()
    await one.publish(EVERYTHING)
    await two.news()
    for _ in range(30):
        await one.publish(Invalidation(frozenset({Task.FIX})))
    assert path.stat().st_size < 1_500
    assert News(EVERYTHING) in await two.news()
    for board in (one, two):
        await board.aclose()


async def test_what_is_dropped_on_the_way_is_not_kept(clock: HandClock, make_answer: MakeAnswer) -> None:
    """An answer that was asked for before something was dropped is not kept after it, unless it is no concern of it."""
    cache = LayeredCache(clock, [MemoryLayer(clock)])
    asked_before = make_answer()
    clock.now += 1
    await cache.invalidate(invalidation_for("code_style_change", language="python"))
    for key, tags in [("stale", CacheTags(Task.FIX, "python")), ("other", CacheTags(Task.FIX, "rust"))]:
        await cache.put(key, asked_before, tags)
    clock.now += 1
    await cache.put("fresh", make_answer(), CacheTags(Task.FIX, "python"))
    assert [await cache.get(key) is not None for key in ("stale", "other", "fresh")] == [False, True, True]


async def test_a_process_hears_at_once_what_another_on_this_machine_dropped(
    make_answer: MakeAnswer, tmp_path: Path
) -> None:
    """With a real clock: an answer is not served from memory after another process's invalidation has ended."""
    clock = SystemClock()
    boards = [FileBulletin(tmp_path / "state" / "dropped") for _ in range(2)]
    caches = [LayeredCache(clock, [MemoryLayer(clock)], bulletins=[board]) for board in boards]
    for _ in range(20):
        await caches[0].put("k", attrs.evolve(make_answer(), stored_at=clock.time()), TAGS)
        assert await caches[0].get("k") is not None
        await caches[1].clear()
        assert await caches[0].get("k") is None
    for board in boards:
        await board.aclose()


async def test_a_request_that_finds_nothing_looks_at_no_board(clock: HandClock, make_answer: MakeAnswer) -> None:
    """What others dropped is asked for once at the beginning, and then before an answer is served or kept."""
    board = CountedBulletin()
    cache = LayeredCache(clock, [MemoryLayer(clock)], bulletins=[board])
    for _ in range(3):
        assert await cache.get("k") is None
    assert board.looks == 1
    await cache.put("k", make_answer(), TAGS)
    assert board.looks == 2
    assert await cache.get("k") is not None
    assert board.looks == 3


async def test_news_that_are_heard_late_spare_what_was_asked_after_them(
    clock: HandClock, make_answer: MakeAnswer
) -> None:
    """What another process dropped keeps out the answers of models that were asked before it, and no others."""
    board = CountedBulletin()
    cache = LayeredCache(clock, [MemoryLayer(clock)], bulletins=[board])
    assert await cache.get("k") is None
    began = clock.now
    board.waiting.append(News(EVERYTHING, began + 5))
    clock.now += 10
    await cache.put("before", attrs.evolve(make_answer(), stored_at=began + 4), TAGS)
    await cache.put("after", attrs.evolve(make_answer(), stored_at=began + 6), TAGS)
    assert [await cache.get(key) is not None for key in ("before", "after")] == [False, True]
    board.waiting.append(News(EVERYTHING))
    await cache.put("undated", attrs.evolve(make_answer(), stored_at=clock.now - 1), TAGS)
    assert await cache.get("undated") is None


async def test_a_look_that_began_too_early_is_followed_by_another(clock: HandClock, make_answer: MakeAnswer) -> None:
    """Whoever comes while others look is not served what was dropped after their look at the board."""
    gate, begun = asyncio.Event(), asyncio.Event()

    class SlowBulletin(CountedBulletin):
        async def news(self) -> tuple[News, ...]:
            found = await super().news()
            begun.set()
            await gate.wait()
            return found

    gate.set()
    board = SlowBulletin()
    cache = LayeredCache(clock, [MemoryLayer(clock)], bulletins=[board])
    await cache.put("k", make_answer(), TAGS)
    gate.clear()
    begun.clear()
    early = asyncio.create_task(cache.get("k"))
    await begun.wait()
    board.waiting.append(News(EVERYTHING, clock.now))
    late = asyncio.create_task(cache.get("k"))
    gate.set()
    assert (await early is not None, await late) == (True, None)


async def test_more_news_than_are_remembered_count_as_news_of_everything(
    clock: HandClock, make_answer: MakeAnswer
) -> None:
    """An answer is not kept when something was forgotten that was dropped after its model was asked."""
    board = CountedBulletin()
    cache = LayeredCache(clock, [MemoryLayer(clock)], bulletins=[board])
    await cache.invalidate(Invalidation(frozenset({Task.REVIEW})))
    began = clock.now
    clock.now += 10
    board.waiting += [News(Invalidation(frozenset({Task.FIX})), began - 5) for _ in range(100)]
    await cache.put("k", attrs.evolve(make_answer(), stored_at=began - 1), TAGS)
    assert await cache.get("k") is None
    await cache.put("k", attrs.evolve(make_answer(), stored_at=began + 1), TAGS)
    assert await cache.get("k") is not None
