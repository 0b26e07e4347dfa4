"""The first layer: this process's own memory, least recently used out first, each entry with its own end."""

from __future__ import annotations

import sys
from typing import Final

import cachetools

from aurelis.cache.entry import Entry, LayerStats, matches
from aurelis.core.deadline import Clock
from aurelis.core.ports import Invalidation
from aurelis.core.reply import CacheLayer

ENTRY_OVERHEAD_BYTES: Final = 720
"""What an entry costs beside its texts: key, data objects, the cache's own links (measured by tracemalloc)."""


def entry_bytes(entry: Entry) -> int:
    """The real size of an entry in memory, in bytes."""
    answer, tags = entry.answer, entry.tags
    texts = (answer.text, *answer.confidence_reasons, tags.path, tags.project, tags.language, answer.model.model)
    return ENTRY_OVERHEAD_BYTES + sum(map(sys.getsizeof, texts))


class MemoryLayer:
    """At most `entries` entries and `max_bytes` bytes, each for at most `ttl_seconds`."""

    def __init__(
        self, clock: Clock, *, entries: int = 1_000, ttl_seconds: float = 300.0, max_bytes: int = 52_428_800
    ) -> None:
        self._clock = clock
        self._limit = max(0, entries)
        self._ttl_seconds = ttl_seconds
        self._entries: cachetools.TLRUCache[str, Entry] = cachetools.TLRUCache(
            max(0, max_bytes), ttu=lambda _key, entry, _now: entry.expires_at, timer=clock.time, getsizeof=entry_bytes
        )
        self._hits = 0
        self._misses = 0

    @property
    def name(self) -> CacheLayer:
        """`memory`."""
        return "memory"

    @property
    def ttl_seconds(self) -> float:
        """How long an entry may stay."""
        return self._ttl_seconds

    async def get(self, key: str) -> Entry | None:
        """The entry, or None."""
        entry = self._entries.get(key)
        if entry is None:
            self._misses += 1
        else:
            self._hits += 1
        return entry

    async def put(self, key: str, entry: Entry) -> None:
        """Keep an entry until its end; one that is larger than the whole cache is not kept."""
        if self._limit == 0 or entry_bytes(entry) > self._entries.maxsize:
            self._entries.pop(key, None)
            return
        self._entries[key] = entry
        while len(self._entries) > self._limit:
            self._entries.popitem()

    async def invalidate(self, invalidation: Invalidation) -> int:
        """Drop matching entries and count them."""
        self._entries.expire()
        # The base class's look-up leaves the order of use alone.
        stale = [
            key for key in self._entries if matches(cachetools.Cache.__getitem__(self._entries, key).tags, invalidation)
        ]
        for key in stale:
            self._entries.pop(key, None)
        return len(stale)

    async def clear(self) -> int:
        """Drop everything and count it."""
        self._entries.expire()
        count = len(self._entries)
        self._entries.clear()
        return count

    async def stats(self) -> LayerStats:
        """What the layer holds."""
        self._entries.expire()
        return LayerStats("memory", len(self._entries), int(self._entries.currsize), self._hits, self._misses)

    async def aclose(self) -> None:
        """Nothing to let go of."""
