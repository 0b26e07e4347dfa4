"""What the configuration files of a project were like when they were last looked at, by whichever process.

A change that nobody watched, for example one made while no server ran, is found by comparing; of two processes that
see the same change only one is told so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from aurelis.store.database import Database, transaction

MAX_ROWS: Final = 20_000
"""Files kept over all projects; those looked at longest ago go first."""

_KNOWN: Final = ""
"""The name of the row that says that a project has been looked at, even if it has no such file."""


class ProjectFiles:
    """Digests by project and file; both names are chosen by the caller."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def changed(self, project: str, digests: Mapping[str, str], now: float, *, watched: bool) -> frozenset[str]:
        """Which files are not as they were, and note how they are; an empty digest is a file that is not there.

        A project that was never looked at has no changed file. A file that is new in a known one is a changed one.

        Args:
            project: whose files.
            digests: how they are now.
            now: seconds since the epoch.
            watched: whether somebody saw these very files change, so that one without a past counts as changed.
        """
        return await self._database.run(lambda connection: _changed(connection, project, digests, now, watched))


def _changed(
    connection: sqlite3.Connection, project: str, digests: Mapping[str, str], now: float, watched: bool
) -> frozenset[str]:
    with transaction(connection):
        rows = connection.execute("SELECT file, digest FROM project_files WHERE project = ?", (project,)).fetchall()
        past = dict(rows)
        unseen = None if watched else ""
        known = watched or _KNOWN in past
        changed = {file for file, digest in digests.items() if past.get(file, unseen) != digest} if known else set()
        connection.executemany(
            "INSERT OR REPLACE INTO project_files VALUES (?, ?, ?, ?)",
            [(project, file, digest, now) for file, digest in {_KNOWN: "", **digests}.items()],
        )
        connection.execute(
            "DELETE FROM project_files WHERE at < (SELECT at FROM project_files ORDER BY at DESC LIMIT 1 OFFSET ?)",
            (MAX_ROWS,),
        )
        return frozenset(changed)
