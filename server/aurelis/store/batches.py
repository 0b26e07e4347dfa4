"""What of a batch is done, so that a batch that was killed goes on where it stood."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from aurelis.store.database import Database, transaction

KEEP_SECONDS: Final = 7 * 86_400.0
"""How long the progress of a batch is kept: a week."""

MAX_ITEMS: Final = 10_000
"""Items kept over all batches; the oldest go first."""


class BatchProgress:
    """Finished items by batch. Both names are chosen by the caller; a result is text of the caller's own form."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def done(self, batch: str, item: str, result: str, now: float) -> None:
        """Keep the result of an item; `now` is in seconds since the epoch."""
        await self._database.run(lambda connection: _done(connection, batch, item, result, now))

    async def load(self, batch: str) -> Mapping[str, str]:
        """Results by item of a batch that was begun before."""
        query = "SELECT item, result FROM batch_items WHERE batch = ?"
        return await self._database.run(lambda connection: dict(connection.execute(query, (batch,)).fetchall()))

    async def forget(self, batch: str) -> None:
        """Drop a batch that has ended."""
        await self._database.run(
            lambda connection: connection.execute("DELETE FROM batch_items WHERE batch = ?", (batch,))
        )


def _done(connection: sqlite3.Connection, batch: str, item: str, result: str, now: float) -> None:
    with transaction(connection):
        connection.execute("INSERT OR REPLACE INTO batch_items VALUES (?, ?, ?, ?)", (batch, item, now, result))
        connection.execute("DELETE FROM batch_items WHERE at < ?", (now - KEEP_SECONDS,))
        connection.execute(
            "DELETE FROM batch_items WHERE at < (SELECT at FROM batch_items ORDER BY at DESC LIMIT 1 OFFSET ?)",
            (MAX_ITEMS,),
        )
