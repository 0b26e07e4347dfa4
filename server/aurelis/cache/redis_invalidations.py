"""What a team has dropped: a sealed, numbered list in its Redis server.

An entry carries the number that was known when it was kept. An item with a higher number that concerns the entry makes
it stale, whoever wrote it back; items that others put there are news for this machine's own layers.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any, Final

from aurelis.cache.bulletin import EVERYTHING, invalidation_from_plain, invalidation_to_plain
from aurelis.cache.entry import matches
from aurelis.cache.sealed import seal, unseal
from aurelis.core.ports import CacheTags, Invalidation

MAX_ITEMS: Final = 500
"""Invalidations kept on the list. An entry that is older than a full list counts as a miss."""

NUMBER_NAME: Final = "aurelis:1:number"
ITEMS_NAME: Final = "aurelis:1:invalidations"

_PUBLISH: Final = """
local number = redis.call('INCR', KEYS[1])
redis.call('RPUSH', KEYS[2], number .. ':' .. ARGV[1])
redis.call('LTRIM', KEYS[2], ARGV[2], -1)
return number
"""


class RedisInvalidations:
    """This process's view of the list; it may be behind, and `catch_up` brings it forward.

    Args:
        client: the asynchronous Redis client, whose faults pass through.
        sealing_key: the team's key for seals.
        stranger: called when an item was not written with that key.
    """

    def __init__(self, client: Any, sealing_key: bytes, stranger: Callable[[], None]) -> None:
        self._client = client
        self._sealing_key = sealing_key
        self._stranger = stranger
        self._own = secrets.token_hex(8)
        self._items: dict[int, Invalidation] = {}
        self._fresh: list[Invalidation] = []
        self.number: int | None = None

    def stale(self, tags: CacheTags, number: int) -> bool:
        """Whether an entry that was kept at that number has been dropped since, or may have been."""
        newer = [item for place, item in self._items.items() if place > number]
        return (self.number or 0) - number > len(newer) or any(matches(tags, item) for item in newer)

    def news(self) -> tuple[Invalidation, ...]:
        """What others have dropped since this was last asked."""
        fresh, self._fresh = tuple(self._fresh), []
        return fresh

    async def publish(self, invalidation: Invalidation) -> None:
        """Tell the others, and know it oneself: what is kept from now on is newer."""
        data = {"from": self._own, **invalidation_to_plain(invalidation)}
        item = seal(self._sealing_key, ITEMS_NAME, json.dumps(data).encode())
        await self._client.eval(_PUBLISH, 2, NUMBER_NAME, ITEMS_NAME, item, -MAX_ITEMS)
        await self.catch_up()

    async def catch_up(self, number: Any = None) -> int:
        """Read the list if it has grown, and return its number; `number` is the server's, where it is known."""
        found = whole_number(await self._client.get(NUMBER_NAME) if number is None else number)
        if found == self.number:
            return found
        # A server that was emptied counts from the start again.
        seen = self.number if self.number is not None and self.number < found else 0
        items: dict[int, Invalidation] = {}
        fresh: list[Invalidation] = []
        for raw in await self._client.lrange(ITEMS_NAME, -MAX_ITEMS, -1):
            place, item, ours = self._read(raw)
            if item is None or not 0 < place <= found:
                continue
            items[place] = item
            if place > seen and not ours:
                fresh.append(item)
        if found - seen > sum(place > seen for place in items):
            fresh.append(EVERYTHING)
        if self.number is not None:
            self._fresh = [*self._fresh, *fresh][-MAX_ITEMS:]
        self._items, self.number = items, found
        return found

    def _read(self, raw: bytes) -> tuple[int, Invalidation | None, bool]:
        try:
            place, _, sealed = raw.partition(b":")
            data = json.loads(unseal(self._sealing_key, ITEMS_NAME, sealed))
            return int(place), invalidation_from_plain(data), data["from"] == self._own
        except (ValueError, KeyError, TypeError, RecursionError):
            self._stranger()
            return 0, None, False


def whole_number(value: Any) -> int:
    """The number that the server holds; 0 where it holds none, or a stranger's."""
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0
