"""The hosts that a person allowed automatic features to use: one explicit yes each, remembered between sessions."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import Final, Self

from aurelis.composition.names_file import read_names, write_names
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
            return cls(file, read_names(file))
        except (OSError, ValueError):
            LOGGER.warning("%s cannot be read; automatic features will ask again.", FILE)
            return cls(file, frozenset())

    def allow(self, host: str) -> None:
        """Remember a yes, beside those that other processes have remembered meanwhile. Writes the disk."""
        with contextlib.suppress(OSError, ValueError):
            self.hosts |= read_names(self._file)
        self.hosts = frozenset([*sorted(self.hosts - {host})[: MOST_HOSTS - 1], host])
        if self._file is None:
            return
        try:
            write_names(self._file, self.hosts)
        except OSError:
            LOGGER.warning("%s cannot be written; the consent lasts until the server stops.", FILE)
