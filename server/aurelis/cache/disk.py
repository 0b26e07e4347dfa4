"""The last layer: the user's own disk, shared by all of the user's processes (diskcache on SQLite).

All work happens on one thread of its own. A caller waits at most 0.3 s, which is less than any model takes, and then
takes a miss, while the work goes on. A disk that is slow several times in a row is left alone for a while.
Entries are evicted by age of storing: evicting by use writes on every look-up, which costs four times the look-up
itself and halves two processes' throughput (docs/caching.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import diskcache

from aurelis.cache.entry import MAX_ENTRY_BYTES, Entry, LayerStats, decode_entry, encode_entry, matches
from aurelis.cache.safe_disk import DATABASE_NAME, BytesDisk, PatientCache, refuse_foreign_database
from aurelis.cache.sealed import private_file, private_folder, seal, unseal, user_secret
from aurelis.core.deadline import Clock
from aurelis.core.ports import CacheTags, Invalidation
from aurelis.core.reply import CacheLayer
from aurelis.core.request import Task

LOGGER: Final = logging.getLogger("aurelis.cache")

OPEN_SECONDS: Final = 1.0
"""Opening creates files and tables the first time; a start-up waits no longer than this."""

LOCK_SECONDS: Final = 0.25
"""How long the cache's own thread waits for another process's lock."""

DROP_SECONDS: Final = 5.0
"""How long dropping is tried again while other processes hold the lock: what is stale must not stay."""

FAILURES: Final = 3
"""Look-ups in a row that took too long before the disk is left alone."""

SILENCE_SECONDS: Final = 30.0
"""How long a slow disk is left alone."""

CLOSE_SECONDS: Final = 5.0
"""How long closing waits for what was handed over; the rest is dropped."""

MAX_PENDING: Final = 200
"""Jobs that may wait for the thread; beyond that a look-up is a miss and a write is dropped."""

LOG_BYTES: Final = 4_194_304
"""The longest that SQLite's write-ahead log grows beside the database; a tenth of the cache if that is less."""

_PAGE_BYTES: Final = 4_096
_INDEX_BYTES: Final = 32_768
"""SQLite's index of the log, a file of its own."""

_TAG_SEPARATOR: Final = "\x1f"

Result = TypeVar("Result")


class DiskLayer:
    """At most `max_bytes` bytes on disk, each entry for at most `ttl_seconds`.

    Args:
        clock: wall-clock time.
        folder: the cache's own folder, made private to the user.
        secret_file: the user's key for sealing entries, created when missing; best kept outside `folder`.
        ttl_seconds: how long an entry may stay.
        max_bytes: size of the folder, the database and its write-ahead log together, that eviction keeps to.
        wait_seconds: how long a look-up may take before it counts as a miss.
    """

    def __init__(
        self,
        clock: Clock,
        folder: Path,
        secret_file: Path,
        *,
        ttl_seconds: float = 86_400.0,
        max_bytes: int = 1_073_741_824,
        wait_seconds: float = 0.3,
    ) -> None:
        self._clock = clock
        self._folder = folder
        self._secret_file = secret_file
        self._ttl_seconds = ttl_seconds
        self._log_bytes = min(LOG_BYTES, max_bytes // 10)
        self._max_bytes = max_bytes - 2 * self._log_bytes - _INDEX_BYTES
        self._wait_seconds = wait_seconds
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="aurelis-cache-disk")
        self._pending: set[asyncio.Future[Any]] = set()
        self._cache: PatientCache | None = None
        self._secret = b""
        self._warned: set[str] = set()
        self._error: str | None = None
        self._closed = False
        self._slow = 0
        self._silent_until = float("-inf")
        self._hits = 0
        self._misses = 0

    @property
    def name(self) -> CacheLayer:
        """`disk`."""
        return "disk"

    @property
    def ttl_seconds(self) -> float:
        """How long an entry may stay."""
        return self._ttl_seconds

    async def open(self, patience_seconds: float = OPEN_SECONDS) -> None:
        """Open the database ahead of the first look-up, which waits for nothing; gives up waiting after a while."""
        await asyncio.wait({self._start(len, 0)}, timeout=patience_seconds)

    async def get(self, key: str) -> Entry | None:
        """The entry, or None: also when the disk is slow, locked, damaged or not ours."""
        entry = await self._within(lambda cache: self._read(cache, key), None)
        if entry is None or entry.expires_at <= self._clock.time():
            self._misses += 1
            return None
        self._hits += 1
        return entry

    async def put(self, key: str, entry: Entry) -> None:
        """Hand an entry to the thread; a look-up made afterwards stands behind it in the queue."""
        seconds = entry.expires_at - self._clock.time()
        if seconds > 0:
            self._start(lambda cache: self._write(cache, key, entry, seconds), None)

    async def invalidate(self, invalidation: Invalidation) -> int:
        """Drop matching entries and count them; waits until it is done."""
        return await self._start(lambda cache: _evict(cache, lambda tags: matches(tags, invalidation)), 0)

    async def clear(self) -> int:
        """Drop everything and count it; waits until it is done."""
        return await self._start(lambda cache: _patiently(cache.clear), 0)

    async def stats(self) -> LayerStats:
        """What the layer holds; counts are None when the disk does not answer in time."""
        held: tuple[int | None, int | None] = await self._within(
            lambda cache: (len(cache), int(cache.volume())), (None, None)
        )
        return LayerStats("disk", held[0], held[1], self._hits, self._misses, self._error)

    async def settled(self) -> None:
        """Wait until everything handed over so far is done."""
        await asyncio.gather(*self._pending, return_exceptions=True)

    async def aclose(self) -> None:
        """Finish what was handed over and close the database."""
        if self._closed:
            return
        self._closed = True
        closing = asyncio.get_running_loop().run_in_executor(self._executor, self._close)
        await asyncio.wait({*self._pending, closing}, timeout=CLOSE_SECONDS)
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _within(self, job: Callable[[PatientCache], Result], otherwise: Result) -> Result:
        if self._clock.monotonic() < self._silent_until:
            return otherwise
        future = self._start(job, otherwise)
        done, _ = await asyncio.wait({future}, timeout=self._wait_seconds)
        if done:
            self._slow = 0
            return future.result()
        self._slow += 1
        if self._slow >= FAILURES:
            self._slow = 0
            self._silent_until = self._clock.monotonic() + SILENCE_SECONDS
        self._warn("slow", "the disk cache is slow; answers are fetched anew meanwhile")
        return otherwise

    def _start(self, job: Callable[[PatientCache], Result], otherwise: Result) -> asyncio.Future[Result]:
        loop = asyncio.get_running_loop()
        if self._closed or len(self._pending) >= MAX_PENDING:
            refused: asyncio.Future[Result] = loop.create_future()
            refused.set_result(otherwise)
            return refused
        future = loop.run_in_executor(self._executor, self._run, job, otherwise)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    def _run(self, job: Callable[[PatientCache], Result], otherwise: Result) -> Result:
        """Do a job on the thread; a damaged database is replaced by an empty one and the job is given up."""
        try:
            result = job(self._open())
        except Exception as error:  # noqa: BLE001  # Whatever a damaged database makes the library raise is a miss.
            if _passing(error):
                self._warn("passing", f"the disk cache cannot be used just now ({_reason(error)})")
                self._error = _reason(error)
                if not _locked(error):
                    self._close()
                return otherwise
            self._error = "the database was damaged and has been replaced"
            self._warn(
                "damaged", f"the disk cache was damaged ({type(error).__name__}); it is set aside, a new one begins"
            )
            self._set_aside()
            return otherwise
        self._error = None
        return result

    def _open(self) -> PatientCache:
        if self._cache is None:
            private_folder(self._folder)
            private_file(self._folder / DATABASE_NAME)
            self._secret = user_secret(self._secret_file)
            refuse_foreign_database(self._folder)
            self._cache = PatientCache(
                str(self._folder),
                timeout=LOCK_SECONDS,
                disk=BytesDisk,
                eviction_policy="least-recently-stored",
                size_limit=self._max_bytes,
                statistics=0,
                tag_index=1,
                sqlite_trusted_schema=0,
                # Looking at a mapped file that something has cut short ends the process, past any exception.
                sqlite_mmap_size=0,
                sqlite_wal_autocheckpoint=max(1, self._log_bytes // _PAGE_BYTES),
                sqlite_journal_size_limit=self._log_bytes,
            )
        return self._cache

    def _read(self, cache: PatientCache, key: str) -> Entry | None:
        try:
            found = cache.get(key)
            return None if found is None else decode_entry(unseal(self._secret, key, found))
        except ValueError:
            self._warn("foreign", "the disk cache held an entry that is damaged or not ours; it is ignored")
            cache.delete(key)
            return None

    def _write(self, cache: PatientCache, key: str, entry: Entry, seconds: float) -> None:
        payload = encode_entry(entry)
        if len(payload) > min(MAX_ENTRY_BYTES, self._max_bytes // 10):
            return
        cache.set(key, seal(self._secret, key, payload), expire=seconds, tag=_tag(entry.tags))
        if cache.volume() > self._max_bytes:
            cache.cull()

    def _set_aside(self) -> None:
        self._close()
        database = self._folder / DATABASE_NAME
        with contextlib.suppress(OSError):
            database.replace(database.with_suffix(".damaged"))
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                database.with_name(DATABASE_NAME + suffix).unlink(missing_ok=True)

    def _close(self) -> None:
        cache, self._cache = self._cache, None
        if cache is not None:
            with contextlib.suppress(sqlite3.Error):
                cache.close()

    def _warn(self, reason: str, message: str) -> None:
        if reason not in self._warned:
            self._warned.add(reason)
            LOGGER.warning("%s.", message)


def _passing(error: Exception) -> bool:
    """Whether a fault lies around the database (locked, full, read-only, no permission) and not within it."""
    if isinstance(error, sqlite3.OperationalError):
        return not str(error).startswith(("no such", "table ", "malformed"))
    return isinstance(error, diskcache.Timeout | OSError)


def _locked(error: Exception) -> bool:
    """Whether another process merely holds the database; the connection stays good."""
    return isinstance(error, diskcache.Timeout) or "locked" in str(error)


def _tag(tags: CacheTags) -> str:
    return _TAG_SEPARATOR.join((tags.task.value, tags.language, tags.path, tags.project))


def _evict(cache: PatientCache, stale: Callable[[CacheTags], bool]) -> int:
    count = 0
    for (tag,) in cache.sql("SELECT DISTINCT tag FROM Cache").fetchall():
        task, *rest = tag.split(_TAG_SEPARATOR) if isinstance(tag, str) else [""]
        if len(rest) != 3 or task not in set(Task) or stale(CacheTags(Task(task), *rest)):  # noqa: PLR2004  # after the task
            count += _patiently(partial(cache.evict, tag))
    return count


def _patiently(drop: Callable[[], int]) -> int:
    """Drop entries, again and again while the lock is held, and count them."""
    limit = time.monotonic() + DROP_SECONDS
    count = 0
    while True:
        try:
            return count + int(drop())
        except diskcache.Timeout as error:
            count += int(error.args[0]) if error.args else 0
            if time.monotonic() > limit:
                raise


def _reason(error: Exception) -> str:
    """A fault in words that name no path."""
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return str(error) or type(error).__name__
