"""The hosts that a person allowed automatic features to use: one explicit yes each, remembered between sessions."""

from __future__ import annotations

import json
import logging
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
        hosts: frozenset[str] = frozenset()
        if file is not None:
            try:
                read = json.loads(file.read_text("utf-8"))
                hosts = frozenset(host for host in read if isinstance(host, str)) if isinstance(read, list) else hosts
            except FileNotFoundError:
                pass
            except (OSError, ValueError):
                LOGGER.warning("%s cannot be read; automatic features will ask again.", FILE)
        return cls(file, hosts)

    def allow(self, host: str) -> None:
        """Remember a yes. Writes the disk."""
        self.hosts = frozenset(sorted(self.hosts | {host})[-MOST_HOSTS:])
        if self._file is None:
            return
        try:
            aside = self._file.with_suffix(".new")
            aside.write_text(json.dumps(sorted(self.hosts)), "utf-8")
            aside.replace(self._file)
        except OSError:
            LOGGER.warning("%s cannot be written; the consent lasts until the server stops.", FILE)
