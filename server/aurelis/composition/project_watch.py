"""A change of a project's formatter, linter, documentation or dependency configuration drops what it made stale.

A client that watches files tells of changes anywhere in the workspace. Those in a project's own folder are found
without one too: they are looked at before an answer is given, and compared with how they were when any process last
looked.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from fnmatch import translate
from itertools import islice
from pathlib import Path
from typing import Final

import attrs

from aurelis.cache.invalidation import invalidations_for_file, watched_globs
from aurelis.core.deadline import Clock
from aurelis.core.ports import Invalidation
from aurelis.store.project_files import ProjectFiles

LOGGER: Final = logging.getLogger("aurelis.cache")

LOOK_SECONDS: Final = 1.0
"""How long a change that no client tells of may go unnoticed by automatic features and batches."""

LOOK_WAIT_SECONDS: Final = 0.1
"""How long an answer waits for a look, once there has been one."""

FIRST_WAIT_SECONDS: Final = 2.0
"""How long the first answer waits for the first look, which tells whether anything changed while no server ran."""

MOST_NAMES: Final = 5_000
"""Names of one folder that are looked at."""

MOST_BYTES: Final = 4_194_304
"""What is read of a file; beyond it a change is seen in its size."""

_INNER_FOLDERS: Final = ("docs", "doc", "docs/source", "doc/source", "requirements", "gradle")
_CONFIGURES: Final = re.compile("|".join(f"(?:.*/)?{translate(glob[3:])}" for glob in watched_globs()))
"""A quick look at names: a folder may hold thousands."""
_Signature = tuple[int, int, int]


@attrs.frozen
class _Seen:
    """How a file was when this process last read it."""

    signature: _Signature
    digest: str


class ProjectWatch:
    """Looks at the configuration files of the workspace's folders.

    Args:
        clock: for how often.
        files: how they were.
        stale: drops what a change made stale.
    """

    def __init__(self, clock: Clock, files: ProjectFiles, stale: Callable[[Invalidation], Awaitable[object]]) -> None:
        self._clock = clock
        self._files = files
        self._stale = stale
        self._folders: tuple[Path, ...] = ()
        self._seen: dict[Path, dict[str, _Seen]] = {}  # By folder; at most MOST_NAMES each.
        self._next_look = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._warned = False

    def adopt(self, folders: Sequence[Path]) -> None:
        """Look at these folders from now on."""
        if tuple(folders) != self._folders:
            self._folders = tuple(folders)
            self._seen = {folder: seen for folder, seen in self._seen.items() if folder in folders}
            self._next_look = float("-inf")

    async def look(self, *, closely: bool) -> None:
        """Find changes; unless `closely`, only if the last look was a while ago. A slow look goes on without us."""
        if self._looking is None:
            if not self._folders or not (closely or self._clock.monotonic() >= self._next_look):
                return
            self._looking = asyncio.create_task(self._look())
        wait = LOOK_WAIT_SECONDS if self._seen else FIRST_WAIT_SECONDS
        await asyncio.wait({self._looking}, timeout=wait)

    async def changed(self, paths: Sequence[Path]) -> None:
        """Take files that somebody saw change; those that configure nothing are passed over."""
        for folder in self._folders:
            names = [path.relative_to(folder).as_posix() for path in paths if path.is_relative_to(folder)]
            names = [name for name in names if invalidations_for_file(name)]
            if names:
                digests = await asyncio.to_thread(_digests, folder, names)
                await self._compare(folder, digests, watched=True)

    async def aclose(self) -> None:
        """Wait for a look that is under way."""
        if self._looking is not None:
            await asyncio.wait({self._looking})

    async def _look(self) -> None:
        try:
            for folder in self._folders:
                before = self._seen.get(folder)
                now = await asyncio.to_thread(_scan, folder, before or {})
                gone = before.keys() - now.keys() if before else ()
                if before is None or gone or any(now[name] != before.get(name) for name in now):
                    digests = {name: seen.digest for name, seen in now.items()} | dict.fromkeys(gone, "")
                    await self._compare(folder, digests, watched=False)
                self._seen[folder] = now  # Only now: what could not be compared is looked at again.
        except Exception as error:  # noqa: BLE001  # Without it the lifetimes still bound what is stale.
            if not self._warned:
                self._warned = True
                LOGGER.warning("The projects' configuration files cannot be looked at (%s).", type(error).__name__)
        finally:
            self._next_look = self._clock.monotonic() + LOOK_SECONDS
            self._looking = None

    async def _compare(self, folder: Path, digests: dict[str, str], *, watched: bool) -> None:
        project = hashlib.sha256(os.fsencode(folder)).hexdigest()
        changed = await self._files.changed(project, digests, self._clock.time(), watched=watched)
        for name in sorted(changed):
            for invalidation in invalidations_for_file(name, folder.name):
                LOGGER.debug("A configuration file changed; what it made stale is dropped.")
                await self._stale(invalidation)


def _scan(folder: Path, before: dict[str, _Seen]) -> dict[str, _Seen]:
    """The configuration files of a folder by relative name; only what looks changed is read."""
    found = {}
    for name in _names(folder):
        path = folder / name
        try:
            stat = path.stat()
        except OSError:
            continue
        signature = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        seen = before.get(name)
        found[name] = seen if seen is not None and seen.signature == signature else _Seen(signature, _digest(path))
    return found


def _names(folder: Path) -> Iterator[str]:
    for inner in ("", *_INNER_FOLDERS):
        try:
            with os.scandir(folder / inner) as entries:
                for entry in islice(entries, MOST_NAMES):
                    name = f"{inner}/{entry.name}" if inner else entry.name
                    if _CONFIGURES.fullmatch(name) and invalidations_for_file(name):
                        yield name
        except OSError:
            continue


def _digests(folder: Path, names: Sequence[str]) -> dict[str, str]:
    return {name: _digest(folder / name) for name in names}


def _digest(path: Path) -> str:
    """The digest of a file's size and beginning; empty where there is no such file."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return hashlib.sha256(b"%d:%b" % (size, file.read(MOST_BYTES))).hexdigest()
    except OSError:
        return ""
