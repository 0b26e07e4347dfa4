"""One set of numbers for all of the user's processes, whichever of them a scraper asks.

Every process writes its numbers to a file of its own and holds a lock beside it for as long as it lives. Whoever is
asked adds up all files. Numbers of a process that has ended (its lock is free) move into one file of the past, so that
counters never fall and files do not pile up; gauges end with their process. Everything here blocks.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from aurelis.core.whole_file import replace_whole
from aurelis.observe.file_lock import locked
from aurelis.observe.numbers import Numbers, from_plain, merge, to_plain

MAX_FILE_BYTES: Final = 2_000_000
MAX_PROCESSES: Final = 100
"""Files that are read; more processes of one user than this are not counted."""

LOCK_SECONDS: Final = 2.0

_PAST: Final = "past.json"
_REMEMBERED: Final = 1_000
"""Ended processes whose names are remembered, so that a crash while moving them never counts them twice."""


class SharedNumbers:
    """This process's place in a folder that all of the user's processes share; used on one thread only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._alive = ExitStack()
        self._joined = False

    def publish(self, numbers: Numbers) -> None:
        """Write this process's numbers.

        Raises:
            OSError: when the folder cannot be written.
        """
        if not self._joined:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._alive.enter_context(locked(self._folder / f"{self._name}.alive", 0.0))
            self._joined = True
        _write(self._folder / f"{self._name}.json", to_plain(numbers))

    def total(self, own: Numbers) -> Numbers:
        """The sum over all processes, this one's numbers as they are now.

        Raises:
            OSError: when the folder cannot be used.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._folder / "lock", LOCK_SECONDS):
            past, moved = self._past()
            living, ended = [own], {}
            for path in self._others():
                if _lives(path):
                    living.extend(_read(path))
                else:
                    ended[path.stem] = path
            if ended:
                fresh = [numbers for name, path in ended.items() if name not in moved for numbers in _read(path)]
                past = merge([past, *fresh])
                past.gauges.clear()
                names = [*moved, *(name for name in ended if name not in moved)][-_REMEMBERED:]
                _write(self._folder / _PAST, {**to_plain(past), "moved": names})
                for path in ended.values():
                    for gone in (path, path.with_suffix(".alive")):
                        with contextlib.suppress(OSError):
                            gone.unlink()
            return merge([past, *living])

    def leave(self) -> None:
        """End this process's part: the next one that is asked moves its numbers into the past."""
        self._alive.close()

    def _others(self) -> Iterator[Path]:
        found = (path for path in sorted(self._folder.glob("*-*.json")) if path.stem != self._name)
        for _, path in zip(range(MAX_PROCESSES), found, strict=False):
            yield path

    def _past(self) -> tuple[Numbers, list[str]]:
        try:
            data = json.loads((self._folder / _PAST).read_bytes()[:MAX_FILE_BYTES])
            return from_plain(data), [str(name) for name in data.get("moved", [])]
        except (OSError, ValueError, AttributeError, RecursionError):
            return Numbers(), []


def _lives(path: Path) -> bool:
    try:
        with locked(path.with_suffix(".alive"), 0.0):
            return False
    except OSError:
        return True


def _read(path: Path) -> list[Numbers]:
    try:
        return [from_plain(json.loads(path.read_bytes()[:MAX_FILE_BYTES]))]
    except (OSError, ValueError, RecursionError):
        return []


def _write(path: Path, data: Any) -> None:
    replace_whole(path, json.dumps(data))
