"""The hosts that a person allowed automatic features to use: one explicit yes each, remembered between sessions."""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
from pathlib import Path
from typing import Final, Self

from aurelis.config.folders import Folders

LOGGER: Final = logging.getLogger("aurelis")

FILE: Final = "consent.json"
MOST_HOSTS: Final = 100


class ConsentFile:
    """A small file in the state folder; without one the yes lasts as long as the process."""

    def __init__(self, file: Path | None, hosts: frozenset[str]) -> None:
        self._file = file
        self.hosts = hosts

    @classmethod
    def open(cls, folders: Folders) -> Self:
        """Read what was allowed before; an unreadable file allows nothing. Reads the disk."""
        file = folders.state / FILE if folders.state is not None else None
        try:
            return cls(file, _read(file))
        except (OSError, ValueError):
            LOGGER.warning("%s cannot be read; automatic features will ask again.", FILE)
            return cls(file, frozenset())

    def allow(self, host: str) -> None:
        """Remember a yes, beside those that other processes have remembered meanwhile. Writes the disk."""
        with contextlib.suppress(OSError, ValueError):
            self.hosts |= _read(self._file)
        self.hosts = frozenset([*sorted(self.hosts - {host})[: MOST_HOSTS - 1], host])
        if self._file is None:
            return
        aside = self._file.with_suffix(f".{secrets.token_hex(8)}")  # Another process may write at the same moment.
        try:
            aside.write_text(json.dumps(sorted(self.hosts)), "utf-8")
            aside.replace(self._file)
        except OSError:
            LOGGER.warning("%s cannot be written; the consent lasts until the server stops.", FILE)
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)


def _read(file: Path | None) -> frozenset[str]:
    """The hosts of the file; none where there is no file."""
    if file is None or not file.exists():
        return frozenset()
    read = json.loads(file.read_text("utf-8"))
    return frozenset(host for host in read if isinstance(host, str)) if isinstance(read, list) else frozenset()
