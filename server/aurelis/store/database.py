"""The SQLite file on a thread of its own, with a stand-in in memory for when the file cannot be used.

WAL lets any number of processes read while one writes (https://www.sqlite.org/wal.html); a writer waits at most
`LOCK_SECONDS` for another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from aurelis.store.schema import NewerSchemaError, migrate

LOGGER: Final = logging.getLogger("aurelis.store")

LOCK_SECONDS: Final = 2.0
"""How long the store's own thread waits for another process's write; a write takes well under a millisecond."""

_RETRY_SECONDS: Final = 0.005

CLOSE_SECONDS: Final = 5.0
"""How long closing waits for what was handed over; the rest is dropped."""

MAX_PENDING: Final = 2_000
"""Jobs that may wait for the thread; further ones that nobody waits for are dropped and counted."""

GATHER_SECONDS: Final = 0.03
"""How long records wait for others, so that keeping those of one request does not hold up the next one's first word."""

Result = TypeVar("Result")


class Database:
    """One SQLite file, or memory while the file cannot be used.

    Args:
        path: the file, in a folder that is made private to the user; None keeps everything in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="aurelis-store")
        self._pending: set[asyncio.Future[Any]] = set()
        self._gathered: list[Callable[[sqlite3.Connection], Any]] = []  # At most MAX_PENDING.
        self._gathering: asyncio.TimerHandle | None = None
        self._file: sqlite3.Connection | None = None
        self._memory: sqlite3.Connection | None = None
        self._warned: set[str] = set()
        self._closed = False
        self.dropped = 0
        self.error: str | None = None

    async def run(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do a job on the thread, in the file or else in memory; a job may run a second time after a fault.

        Raises:
            RuntimeError: after `aclose`.
        """
        if self._closed:
            raise RuntimeError("the store is closed")
        return await asyncio.shield(self._track(job))

    def start(self, job: Callable[[sqlite3.Connection], Any]) -> None:
        """Hand over a job that nobody waits for; must be called on the event loop."""
        if self._closed or len(self._pending) >= MAX_PENDING:
            self.dropped += 1
            return
        self._track(job).add_done_callback(self._report)

    def note(self, job: Callable[[sqlite3.Connection], Any]) -> None:
        """As `start`, for what may wait a moment: it is done together with others, in order."""
        if self._closed or len(self._pending) + len(self._gathered) >= MAX_PENDING:
            self.dropped += 1
            return
        self._gathered.append(job)
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHER_SECONDS, self.hurry)

    def hurry(self) -> None:
        """Hand over what was noted, so that a job that is run now finds it done; each succeeds or fails alone."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        jobs, self._gathered = self._gathered, []
        if jobs:
            self._submit(lambda: self._do_all(jobs)).add_done_callback(self._report)

    async def settled(self) -> None:
        """Wait until everything handed over so far is done."""
        self.hurry()
        await asyncio.gather(*self._pending, return_exceptions=True)

    async def aclose(self) -> None:
        """Finish what was handed over and close the file."""
        if self._closed:
            return
        self.hurry()
        self._closed = True
        closing = asyncio.get_running_loop().run_in_executor(self._executor, self._close)
        await asyncio.wait({*self._pending, closing}, timeout=CLOSE_SECONDS)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _track(self, job: Callable[[sqlite3.Connection], Result]) -> asyncio.Future[Result]:
        return self._submit(lambda: self._do(job))

    def _submit(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    def _report(self, future: asyncio.Future[Any]) -> None:
        if not future.cancelled() and future.exception() is not None:
            self._warn("job", "a record could not be kept")

    def _do_all(self, jobs: Sequence[Callable[[sqlite3.Connection], Any]]) -> None:
        faults: list[Exception] = []
        for job in jobs:
            try:
                self._do(job)
            except Exception as fault:  # noqa: BLE001  # The others must still be done.
                faults.append(fault)
        if faults:
            raise faults[0]

    def _do(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._path is not None:
            try:
                result = job(self._open(self._path))
            except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
                self._failed(self._path, error)
            else:
                self.error = None
                return result
        if self._memory is None:
            self._memory = _connect(":memory:")
        return job(self._memory)

    def _open(self, path: Path) -> sqlite3.Connection:
        if self._file is None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._file = _connect(str(path))
        return self._file

    def _failed(self, path: Path, error: Exception) -> None:
        """Close the file, set it aside when it is damaged, and warn once."""
        if self._file is not None:
            with contextlib.suppress(sqlite3.Error):
                self._file.close()
            self._file = None
        self.error = str(error) if isinstance(error, sqlite3.Error) else type(error).__name__
        if _damaged(error):
            with contextlib.suppress(OSError):
                path.replace(path.with_suffix(".damaged"))
            for suffix in ("-wal", "-shm"):
                with contextlib.suppress(OSError):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._warn("damaged", "the store of quotas and statistics was damaged; it is set aside for a new one")
        else:
            self._warn("unusable", f"the store cannot be used just now ({self.error}); quotas are kept in memory")

    def _close(self) -> None:
        for connection in (self._file, self._memory):
            if connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    connection.close()
        self._file = self._memory = None

    def _warn(self, reason: str, message: str) -> None:
        if reason not in self._warned:
            self._warned.add(reason)
            LOGGER.warning("%s.", message)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Hold the write lock from the start, so that what is read is still true when it is written."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connect(target: str) -> sqlite3.Connection:
    connection = sqlite3.connect(target, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA trusted_schema = 0")
        _switch_to_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA journal_size_limit = 4000000")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Two processes that open a new file at once refuse each other the switch, whatever their patience: try again."""
    limit = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > limit:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _damaged(error: Exception) -> bool:
    """Whether the file itself is bad, rather than locked, full, read-only, forbidden or of a newer version."""
    if isinstance(error, NewerSchemaError | sqlite3.ProgrammingError):
        return False
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith(("no such", "table ", "malformed"))
    return isinstance(error, sqlite3.DatabaseError | UnicodeDecodeError)
