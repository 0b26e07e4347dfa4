"""How much a team keeps in its Redis server, so that its cache stays within a size of its own.

Every entry ends within one lifetime, so what was written during the last lifetime is at least what is held. It is
counted in a dozen spans of time, which end by themselves as the entries do. An entry that is replaced or dropped early
still counts until its span ends: the cache keeps rather too little than too much.
"""

from __future__ import annotations

import math
from typing import Any, Final

from aurelis.cache.redis_invalidations import whole_number
from aurelis.core.deadline import Clock

SPANS: Final = 12
SHORTEST_SPAN_SECONDS: Final = 5.0

_BYTES: Final = "aurelis:1:bytes:"
_PUT: Final = """
local held = 0
for place = 2, #KEYS do
  local found = redis.pcall('GET', KEYS[place])
  held = held + (type(found) == 'string' and tonumber(found) or 0)
end
local size = string.len(ARGV[1]) + string.len(KEYS[1])
if held + size > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if type(redis.pcall('INCRBY', KEYS[2], size)) == 'number' then redis.call('EXPIRE', KEYS[2], ARGV[4]) end
return 1
"""
"""Count, and write if there is room, in one step: several machines write at once. A stranger's value counts nothing."""


class RedisRoom:
    """Writes entries while there is room.

    Args:
        client: the asynchronous Redis client, whose faults pass through.
        clock: wall-clock time.
        ttl_seconds: the longest lifetime of an entry.
        max_bytes: the most that may be written during one.
    """

    def __init__(self, client: Any, clock: Clock, ttl_seconds: float, max_bytes: int) -> None:
        self._client = client
        self._clock = clock
        self._span = max(SHORTEST_SPAN_SECONDS, ttl_seconds / SPANS)
        self._max_bytes = max_bytes

    async def put(self, name: str, value: bytes, milliseconds: int) -> bool:
        """Write an entry for so long; False when there is no room."""
        spans = self._spans()
        ends = math.ceil(self._span * (len(spans) + 1))
        found = await self._client.eval(_PUT, 1 + len(spans), name, *spans, value, milliseconds, self._max_bytes, ends)
        return bool(found)

    async def held(self) -> int:
        """About how many bytes the team keeps, rather too many than too few."""
        found = await self._client.mget(*self._spans())
        return sum(whole_number(value) for value in found)

    async def empty(self) -> None:
        """Count from nothing again: all entries were dropped."""
        await self._client.unlink(*self._spans())

    def _spans(self) -> list[str]:
        now = int(self._clock.time() / self._span)
        return [f"{_BYTES}{self._span:g}:{now - back}" for back in range(SPANS + 1)]
