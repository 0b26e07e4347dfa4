"""All layers as one cache: read from the nearest, written back upward, and never a reason for a request to fail."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import attrs

from aurelis.cache.bulletin import EVERYTHING, Bulletin
from aurelis.cache.entry import Entry, Layer, matches
from aurelis.core.deadline import Clock
from aurelis.core.ports import CachedAnswer, CacheTags, Invalidation
from aurelis.core.reply import CacheLayer
from aurelis.core.request import Task

LOGGER: Final = logging.getLogger("aurelis.cache")

LOOK_SECONDS: Final = 0.25
"""How old the knowledge of what other machines dropped may be when an answer is served; of this one it is never old."""

LOOK_WAIT_SECONDS: Final = 0.3
"""How long an answer waits for a look."""

RECENT: Final = 100
"""Invalidations remembered, so that an answer that was on its way when one came is not kept after it."""

DEFAULT_TTL_BY_TASK: Final[Mapping[str, float]] = MappingProxyType(
    {"code_generation": 1_800.0, "documentation": 3_600.0, "explanation": 7_200.0}
)


class LayeredCache:
    """The `AnswerCache` port over any number of layers, nearest first.

    An entry stays in a layer for the layer's lifetime at most, and nowhere longer than its task's.

    Args:
        clock: wall-clock time.
        layers: nearest first.
        ttl_by_task: lifetimes in seconds by task name; tasks that are not named go by the layers alone.
        bulletins: where other processes tell what they dropped.
    """

    def __init__(
        self,
        clock: Clock,
        layers: Sequence[Layer],
        ttl_by_task: Mapping[str, float] = DEFAULT_TTL_BY_TASK,
        bulletins: Sequence[Bulletin] = (),
    ) -> None:
        self._clock = clock
        self._layers = tuple(layers)
        self._ttl_by_task = dict(ttl_by_task)
        self._bulletins = tuple(bulletins)
        self._next_looks = [float("-inf")] * len(self._bulletins)
        self._reached = frozenset(name for board in self._bulletins for name in board.reach)
        self._begun = not self._bulletins
        self._heard = 0
        self._looking: asyncio.Task[None] | None = None
        self._dropped: deque[tuple[float, Invalidation]] = deque(maxlen=RECENT)
        self._forgotten = float("-inf")
        self._warned: set[str] = set()

    async def get(self, key: str) -> tuple[CachedAnswer, CacheLayer] | None:
        """The answer and the layer that had it; any fault of a layer is a miss."""
        if not self._begun:
            await self._look()  # What is told from now on must be heard before what is found now is served again.
        began = self._clock.time()
        for place, layer in enumerate(self._layers):
            entry = await self._entry(layer, key)
            if entry is not None and layer.name in self._reached:
                heard = self._heard
                await self._look()
                if self._heard != heard:
                    entry = await self._entry(layer, key)
            if entry is None or min(entry.expires_at, self._end_by_task(entry)) <= self._clock.time():
                continue
            if self._surely_dropped_since(entry.answer.stored_at, entry.tags):
                continue  # The layer could not drop it, or has not yet.
            if not self._dropped_since(began, entry.tags):
                for nearer in self._layers[:place]:
                    await self._keep(nearer, key, entry)
            return entry.answer, layer.name
        await self._look(dated=False)
        return None

    async def _entry(self, layer: Layer, key: str) -> Entry | None:
        try:
            return await layer.get(key)
        except Exception as error:  # noqa: BLE001  # A fault of a cache is a miss, whatever it is.
            self._warn(layer.name, error)
            return None

    async def put(self, key: str, answer: CachedAnswer, tags: CacheTags) -> None:
        """Keep an answer in all layers, unless what was dropped since its model was asked concerns it."""
        await self._look()
        if self._dropped_since(answer.stored_at, tags):
            return
        entry = Entry(answer, tags, float("inf"))
        for layer in self._layers:
            await self._keep(layer, key, entry)

    async def invalidate(self, invalidation: Invalidation) -> int:
        """Drop matching entries everywhere; the largest count of any layer, as layers hold the same entries."""
        self._remember(self._clock.time(), invalidation)
        counts = [0]
        for layer in reversed(self._layers):
            try:
                counts.append(await layer.invalidate(invalidation))
            except Exception as error:  # noqa: BLE001  # The other layers must still drop theirs.
                self._warn(layer.name, error)
        await self._publish(invalidation)
        return max(counts)

    async def clear(self) -> int:
        """Drop everything; the largest count of any layer, as layers hold the same entries."""
        self._remember(self._clock.time(), EVERYTHING)
        counts = [0]
        for layer in reversed(self._layers):
            try:
                counts.append(await layer.clear())
            except Exception as error:  # noqa: BLE001  # The other layers must still drop theirs.
                self._warn(layer.name, error)
        await self._publish(EVERYTHING)
        return max(counts)

    async def stats(self) -> Mapping[str, Any]:
        """Plain data: `{layers: [{name, entries, bytes, hits, misses, hitRate, error}]}`, nearest first."""
        rows: list[dict[str, Any]] = []
        for layer in self._layers:
            try:
                row = attrs.asdict(await layer.stats())
            except Exception as error:  # noqa: BLE001  # A layer that cannot tell is shown as such.
                row = {"name": layer.name, "error": type(error).__name__}
            asked = row.get("hits", 0) + row.get("misses", 0)
            row["hitRate"] = row["hits"] / asked if asked else None
            rows.append(row)
        return {"layers": rows}

    async def aclose(self) -> None:
        """Finish writing and close every layer; the bulletins are their maker's to close."""
        if self._looking is not None:
            await asyncio.wait({self._looking})
        for layer in self._layers:
            try:
                await layer.aclose()
            except Exception as error:  # noqa: BLE001  # The other layers must still be closed.
                self._warn(layer.name, error)

    def _remember(self, at: float, invalidation: Invalidation) -> None:
        if len(self._dropped) == RECENT:
            self._forgotten = max(self._forgotten, self._dropped[0][0])
        self._dropped.append((at, invalidation))

    def _dropped_since(self, moment: float, tags: CacheTags) -> bool:
        """Whether an answer with such tags was, or may have been, dropped at that moment or later."""
        if self._forgotten >= moment:
            return True
        return self._surely_dropped_since(moment, tags)

    def _surely_dropped_since(self, moment: float, tags: CacheTags) -> bool:
        """Whether an answer with such tags is known to have been dropped at that moment or later."""
        return any(at >= moment and matches(tags, item) for at, item in self._dropped)

    async def _look(self, *, dated: bool = True) -> None:
        """Learn what other processes dropped, unless that was learnt just now; a slow look goes on without us.

        Without `dated`, a board whose news say when they came is left for when there is something to serve or to keep.
        """
        under_way = self._looking
        if under_way is not None:
            # It may have looked before that was told which must be heard now.
            await asyncio.wait({under_way}, timeout=LOOK_WAIT_SECONDS)
            if not under_way.done():
                return
        if self._looking is None:
            now = self._clock.monotonic()
            boards = zip(self._bulletins, self._next_looks, strict=True)
            if not any(now >= due and (dated or not board.dated) for board, due in boards):
                return
            self._looking = asyncio.create_task(self._apply_news())
        await asyncio.wait({self._looking}, timeout=LOOK_WAIT_SECONDS)

    async def _apply_news(self) -> None:
        try:
            for place, bulletin in enumerate(self._bulletins):
                now = self._clock.monotonic()
                if now >= self._next_looks[place]:
                    self._next_looks[place] = now + (0.0 if bulletin.at_hand else LOOK_SECONDS)
                    await self._apply_news_of(bulletin)
            self._begun = True
        finally:
            self._looking = None

    async def _apply_news_of(self, bulletin: Bulletin) -> None:
        try:
            for news in await bulletin.news():
                now = self._clock.time()
                self._heard += 1
                self._remember(now if news.at is None else min(news.at, now), news.invalidation)
                for layer in self._layers:
                    if layer.name in bulletin.reach:
                        await layer.invalidate(news.invalidation)
        except Exception as error:  # noqa: BLE001  # Without news the lifetimes still bound what is stale.
            self._warn("bulletin", error)

    async def _publish(self, invalidation: Invalidation) -> None:
        for bulletin in self._bulletins:
            # A layer that is a bulletin too has told the others when it was asked to drop.
            if id(bulletin) in {id(layer) for layer in self._layers}:
                continue
            try:
                await bulletin.publish(invalidation)
            except Exception as error:  # noqa: BLE001  # A fault of a cache is logged and forgotten.
                self._warn("bulletin", error)

    async def _keep(self, layer: Layer, key: str, entry: Entry) -> None:
        now = self._clock.time()
        expires_at = min(entry.expires_at, now + layer.ttl_seconds, self._end_by_task(entry))
        if expires_at <= now:
            return
        try:
            await layer.put(key, attrs.evolve(entry, expires_at=expires_at))
        except Exception as error:  # noqa: BLE001  # A fault of a cache is logged and forgotten.
            self._warn(layer.name, error)

    def _end_by_task(self, entry: Entry) -> float:
        seconds = self._ttl_by_task.get(Task(entry.tags.task).value)
        return float("inf") if seconds is None else entry.answer.stored_at + seconds

    def _warn(self, name: str, error: Exception) -> None:
        reason = f"{name}:{type(error).__name__}"
        if reason not in self._warned and len(self._warned) < 50:  # noqa: PLR2004  # Bound of the set of reasons.
            self._warned.add(reason)
            LOGGER.warning("The %s cache failed (%s) and counts as empty.", name, type(error).__name__)
