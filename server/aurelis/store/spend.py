"""Money counted over all of the user's processes, so that a daily sum holds however many editors are open.

Apart from the usage rows, because a limit must hold even when statistics are absent (control never depends on
observability).
"""

from __future__ import annotations

import sqlite3
from typing import Final

from aurelis.store.database import Database

KEEP_SECONDS: Final = 2 * 86_400.0
"""Entries older than this are forgotten: twice the window in use, a day. Bounds the table."""


class SqliteSpendLedger:
    """The `SpendLedger` port over the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, usd: float, *, automatic: bool, at: float) -> None:
        """Count what a request cost."""
        await self._database.run(lambda connection: _add(connection, usd, automatic, at))

    async def spent(self, *, since: float, automatic: bool) -> float:
        """The sum since then, of automatic requests alone or of all; not what a clock since set back put far ahead."""
        query = "SELECT coalesce(sum(usd), 0.0) FROM spend WHERE at >= ? AND at < ? AND automatic >= ?"
        values = (since, since + KEEP_SECONDS, int(automatic))
        return await self._database.run(lambda connection: float(connection.execute(query, values).fetchone()[0]))


def _add(connection: sqlite3.Connection, usd: float, automatic: bool, at: float) -> None:
    connection.execute("DELETE FROM spend WHERE at < ? OR at > ?", (at - KEEP_SECONDS, at + KEEP_SECONDS))
    connection.execute("INSERT INTO spend (at, usd, automatic) VALUES (?, ?, ?)", (at, usd, int(automatic)))
