"""The layer that a team shares: a Redis server, which may be slow, gone, or full of other people's values.

Nothing that stands in the server is trusted (see `shared_entry`). A server that fails is left alone for a while, so
that it costs each request nothing. What is invalidated is deleted and also told to the other processes (see
`redis_invalidations`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final, TypeVar

import redis.asyncio
import redis.exceptions
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from aurelis.cache.bulletin import EVERYTHING, News
from aurelis.cache.entry import MAX_ENTRY_BYTES, Entry, LayerStats, matches
from aurelis.cache.redis_address import on_this_machine, redis_problem
from aurelis.cache.redis_invalidations import NUMBER_NAME, RedisInvalidations
from aurelis.cache.redis_room import RedisRoom
from aurelis.cache.shared_entry import (
    MAX_HEADER_BYTES,
    TeamKeys,
    from_shared,
    shared_name,
    tags_of_shared,
    to_shared,
)
from aurelis.core.deadline import Clock
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.ports import Invalidation
from aurelis.core.reply import CacheLayer

LOGGER: Final = logging.getLogger("aurelis.cache")

CONNECT_SECONDS: Final = 1.0
COMMAND_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = (1.0, 30.0)
"""How long a server that failed is left alone: at first, and at most. It doubles while the server goes on failing."""

FAILURES: Final = 3
"""Look-ups in a row that took too long before the server is left alone; a refused connection is enough at once, and
so is one more slow look-up after it was left alone."""

MAX_PENDING: Final = 100
"""Writes that may be under way; further ones are dropped."""

SCAN_SECONDS: Final = 10.0

_ENTRY: Final = "aurelis:1:entry:"
_STRANGER: Final = "the shared cache held a value that was not written with the team's key"

Result = TypeVar("Result")


class RedisLayer:
    """A team's cache of about `max_bytes`, each entry for at most `ttl_seconds`.

    Args:
        clock: for lifetimes and for how long a failed server is left alone.
        url: `rediss://`, `unix://`, or `redis://` on loopback.
        team_key: the team's secret, at least 16 bytes.
        ttl_seconds: how long an entry may stay.
        max_bytes: what the team may keep in the server at once; the server's own `maxmemory` may be less.
        wait_seconds: how long a look-up may take before it counts as a miss.

    Raises:
        RequestError: of kind `configuration`, when the address is unsafe or the key too short.
    """

    def __init__(
        self,
        clock: Clock,
        url: str,
        team_key: bytes,
        *,
        ttl_seconds: float = 3_600.0,
        max_bytes: int = 1_073_741_824,
        wait_seconds: float = 0.3,
    ) -> None:
        problem = redis_problem(url, team_key)
        if problem is not None:
            raise RequestError(ErrorKind.CONFIGURATION, problem)
        self._clock = clock
        self._at_hand = on_this_machine(url)
        self._keys = TeamKeys.of(team_key)
        self._ttl_seconds = ttl_seconds
        self._wait_seconds = wait_seconds
        # The library's own types mix the answers of its synchronous and asynchronous clients.
        self._client: Any = redis.asyncio.Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=COMMAND_SECONDS,
            retry=Retry(NoBackoff(), 0),
            max_connections=MAX_PENDING + 20,
        )
        self._dropped = RedisInvalidations(self._client, self._keys.sealing, lambda: self._warn("stranger", _STRANGER))
        self._writes: set[asyncio.Task[None]] = set()
        self._room = RedisRoom(self._client, clock, ttl_seconds, max_bytes)
        self._failures = 0
        self._silence = 0.0
        self._silent_until = float("-inf")
        self._warned: set[str] = set()
        self._error: str | None = None
        self._refusal: str | None = None
        self._hits = 0
        self._misses = 0

    @property
    def name(self) -> CacheLayer:
        """`redis`."""
        return "redis"

    @property
    def ttl_seconds(self) -> float:
        """How long an entry may stay."""
        return self._ttl_seconds

    @property
    def reach(self) -> frozenset[CacheLayer]:
        """A team's other machines have memories and disks of their own."""
        return frozenset({"memory", "disk"})

    @property
    def at_hand(self) -> bool:
        """Whether the server runs on this machine."""
        return self._at_hand

    @property
    def dated(self) -> bool:
        """Never: the clocks of a team's machines differ."""
        return False

    async def get(self, key: str) -> Entry | None:
        """The entry, or None: also when the server is slow or gone, or the value a stranger's."""
        entry = await self._attempt(self._get(key), None, self._wait_seconds)
        if entry is None or entry.expires_at <= self._clock.time():
            self._misses += 1
            return None
        self._hits += 1
        return entry

    async def put(self, key: str, entry: Entry) -> None:
        """Begin to write an entry; nobody waits for it."""
        seconds = min(entry.expires_at - self._clock.time(), self._ttl_seconds)
        if seconds <= 0 or len(self._writes) >= MAX_PENDING or self._silent():
            return
        work = self._put(key, entry, seconds, self._dropped.number)
        task = asyncio.create_task(self._attempt(work, None, COMMAND_SECONDS))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def invalidate(self, invalidation: Invalidation) -> int:
        """Drop matching entries, tell the other processes, and count what was dropped."""
        await self.settled()
        await self.publish(invalidation)
        return await self._attempt(self._drop(invalidation), 0, SCAN_SECONDS)

    async def clear(self) -> int:
        """Drop all of the team's entries, and nothing else in the server, tell the others, and count them."""
        await self.settled()
        await self.publish(EVERYTHING)
        dropped = await self._attempt(self._drop(None), 0, SCAN_SECONDS)
        await self._attempt(self._room.empty(), None, COMMAND_SECONDS)
        return dropped

    async def publish(self, invalidation: Invalidation) -> None:
        """Tell the other processes."""
        await self._attempt(self._dropped.publish(invalidation), None, COMMAND_SECONDS)

    async def news(self) -> tuple[News, ...]:
        """What others have published since the last look; the first look begins at the present."""
        await self._attempt(self._dropped.catch_up(), 0, self._wait_seconds)
        return tuple(map(News, self._dropped.news()))

    async def stats(self) -> LayerStats:
        """Hits, misses and about how many bytes the team keeps; how many entries those are is not asked."""
        held: int | None = await self._attempt(self._room.held(), None, self._wait_seconds)
        return LayerStats("redis", None, held, self._hits, self._misses, self._error or self._refusal)

    async def settled(self) -> None:
        """Wait until everything handed over so far is written or has failed."""
        await asyncio.gather(*self._writes, return_exceptions=True)

    async def aclose(self) -> None:
        """Finish writing and close the connections."""
        await self.settled()
        await self._client.aclose()

    async def _get(self, key: str) -> Entry | None:
        name = _ENTRY + shared_name(self._keys, key)
        # One command for both: a pipeline costs twice as much. A value of another kind is given as none.
        found, number = await self._client.mget(name, NUMBER_NAME)
        if not found:
            return None
        await self._dropped.catch_up(number or 0)
        try:
            entry, sequence = from_shared(self._keys, key, found)
        except ValueError:
            self._warn("stranger", _STRANGER)
            return None
        return None if self._dropped.stale(entry.tags, sequence) else entry

    async def _put(self, key: str, entry: Entry, seconds: float, number: int | None) -> None:
        value = to_shared(self._keys, key, entry, await self._dropped.catch_up() if number is None else number)
        if len(value) > MAX_ENTRY_BYTES:
            return
        name = _ENTRY + shared_name(self._keys, key)
        if not await self._room.put(name, value, max(1, int(seconds * 1_000))):
            self._warn(
                "full", "the shared cache holds as much as cache.redis.maxBytes allows; nothing more is kept there"
            )
        self._refusal = None

    async def _drop(self, invalidation: Invalidation | None) -> int:
        count = 0
        async for names in self._names():
            doomed = names
            if invalidation is not None:
                async with self._client.pipeline(transaction=False) as pipeline:
                    for name in names:
                        pipeline.getrange(name, 0, MAX_HEADER_BYTES)
                    beginnings = await pipeline.execute(raise_on_error=False)
                pairs = zip(names, beginnings, strict=True)
                doomed = [name for name, found in pairs if self._concerns(found, invalidation)]
            if doomed:
                count += int(await self._client.unlink(*doomed))
        return count

    async def _names(self) -> AsyncIterator[list[bytes]]:
        names: list[bytes] = []
        async for name in self._client.scan_iter(match=f"{_ENTRY}*", count=500):
            names.append(name)
            if len(names) == 500:  # noqa: PLR2004  # one round trip for so many
                yield names
                names = []
        if names:
            yield names

    def _concerns(self, beginning: Any, invalidation: Invalidation) -> bool:
        try:
            return matches(tags_of_shared(self._keys, beginning), invalidation)
        except (ValueError, TypeError):
            return False

    async def _attempt(self, work: Coroutine[Any, Any, Result], otherwise: Result, seconds: float) -> Result:
        """Do some work unless the server is left alone; a fault counts and gives the other result."""
        if self._silent():
            work.close()
            return otherwise
        try:
            async with asyncio.timeout(seconds):
                result = await work
        except redis.exceptions.ResponseError as error:
            # The server answers; it is the value that is of another kind, or the server takes no writing.
            self._refusal = _refusal(error)
            self._warn("stranger", f"the shared cache refused a command ({self._refusal}); it counts as empty then")
            return otherwise
        except Exception as error:  # noqa: BLE001 - what speaks in the server's place makes anything of the library
            self._failed(error)
            return otherwise
        self._failures, self._silence, self._error = 0, 0.0, None
        return result

    def _silent(self) -> bool:
        return self._clock.monotonic() < self._silent_until

    def _failed(self, error: Exception) -> None:
        self._error = "it takes too long to answer" if isinstance(error, TimeoutError) else type(error).__name__
        if self._silent():
            return  # Another look-up failed at the same time.
        self._failures += 1
        if self._failures >= FAILURES or self._silence or not isinstance(error, TimeoutError):
            first, longest = SILENCE_SECONDS
            self._failures = 0
            self._silence = min(longest, 2 * self._silence or first)
            self._silent_until = self._clock.monotonic() + self._silence
            # Whatever was published meanwhile is learnt from the list, whose numbers go on.
            self._warn("gone", f"the shared cache cannot be used ({self._error}); it is tried again later")

    def _warn(self, reason: str, message: str) -> None:
        if reason not in self._warned:
            self._warned.add(reason)
            LOGGER.warning("%s.", message)


def _refusal(error: redis.exceptions.ResponseError) -> str:
    """The server's own word for its error; the library has taken it from those that it has a class for."""
    word = str(error).partition(" ")[0]
    return word if word.isupper() else type(error).__name__
