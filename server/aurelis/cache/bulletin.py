"""How one process tells the others what was dropped, so that no memory goes on serving it.

What is on disk or in Redis is dropped there by whoever invalidates; only the other processes' memories (and, for a
team's Redis, their disks) must be told.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

import attrs

from aurelis.cache.sealed import private_folder
from aurelis.core.ports import Invalidation
from aurelis.core.reply import CacheLayer
from aurelis.core.request import Task

EVERYTHING: Final = Invalidation(frozenset(Task))

MAX_FILE_BYTES: Final = 262_144
"""The file is begun anew beyond this size; readers that missed its end drop everything."""


@attrs.frozen
class News:
    """What another process dropped, and when, in seconds since the epoch; None where that is not known."""

    invalidation: Invalidation
    at: float | None = None


class Bulletin(Protocol):
    """A board on which processes leave invalidations for each other."""

    @property
    def reach(self) -> frozenset[CacheLayer]:
        """The layers of other processes that what is published here concerns."""

    @property
    def at_hand(self) -> bool:
        """Whether it lies on this machine, so that it is looked at before each answer."""

    @property
    def dated(self) -> bool:
        """Whether its news say when; then nobody need look before there is an answer to serve or to keep."""

    async def publish(self, invalidation: Invalidation) -> None:
        """Tell the others."""

    async def news(self) -> tuple[News, ...]:
        """What others have published since the last look; the first look begins at the present."""


class FileBulletin:
    """A board for the processes of one user: a file to which each appends lines.

    Args:
        path: the file, in a folder that is made private to the user.
        now: seconds since the epoch.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._own = secrets.token_hex(8)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="aurelis-cache-bulletin")
        self._inode: int | None = None
        self._offset: int | None = None

    @property
    def reach(self) -> frozenset[CacheLayer]:
        """The processes share a disk, so that only memories differ."""
        return frozenset({"memory"})

    @property
    def at_hand(self) -> bool:
        """Always: looking is asking for a file's size."""
        return True

    @property
    def dated(self) -> bool:
        """Always: a look is a way to another thread and back, which a request that finds nothing is spared."""
        return True

    async def publish(self, invalidation: Invalidation) -> None:
        """Tell the others.

        Raises:
            OSError: when the file cannot be written.
        """
        await asyncio.get_running_loop().run_in_executor(self._executor, self._publish, invalidation)

    async def news(self) -> tuple[News, ...]:
        """What others have published since the last look; the first look begins at the present.

        Raises:
            OSError: when the file cannot be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._news)

    async def aclose(self) -> None:
        """Let go of the thread."""
        self._executor.shutdown(wait=False)

    def _publish(self, invalidation: Invalidation) -> None:
        private_folder(self._path.parent)
        line = json.dumps({"from": self._own, "at": self._now(), **invalidation_to_plain(invalidation)}) + "\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        if self._size() > MAX_FILE_BYTES:
            aside = self._path.with_suffix(f".{self._own}")
            aside.touch(mode=0o600)
            aside.replace(self._path)
        descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, line.encode("ascii"))
        finally:
            os.close(descriptor)

    def _news(self) -> tuple[News, ...]:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._inode, self._offset = None, 0
            return ()
        if self._offset is None:
            self._inode, self._offset = found.st_ino, found.st_size
            return ()
        if self._offset > 0 and (found.st_ino != self._inode or found.st_size < self._offset):
            self._inode, self._offset = found.st_ino, found.st_size
            return (News(EVERYTHING),)
        self._inode = found.st_ino
        if found.st_size == self._offset:
            return ()
        with self._path.open("rb") as file:
            file.seek(self._offset)
            lines = file.read(2 * MAX_FILE_BYTES)
        whole = lines[: lines.rfind(b"\n") + 1]
        self._offset += len(whole)
        return tuple(item for line in whole.splitlines() for item in self._of_others(line))

    def _of_others(self, line: bytes) -> tuple[News, ...]:
        try:
            data = json.loads(line)
            at = data.get("at")
            news = News(invalidation_from_plain(data), float(at) if isinstance(at, int | float) else None)
            return () if data["from"] == self._own else (news,)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            return (News(EVERYTHING),)

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0


def invalidation_to_plain(invalidation: Invalidation) -> dict[str, Any]:
    """An invalidation as JSON data."""
    return {
        "tasks": sorted(task.value for task in invalidation.tasks),
        "language": invalidation.language,
        "path": invalidation.path,
        "project": invalidation.project,
    }


def invalidation_from_plain(data: Any) -> Invalidation:
    """The invalidation that `invalidation_to_plain` wrote.

    Raises:
        ValueError: when the data are none.
    """
    try:
        narrow = tuple(data[name] for name in ("language", "path", "project"))
        if not all(value is None or isinstance(value, str) for value in narrow):
            raise ValueError("expected text")
        return Invalidation(frozenset(Task(task) for task in data["tasks"]), *narrow)
    except (KeyError, TypeError) as error:
        raise ValueError("the data are not an invalidation") from error
