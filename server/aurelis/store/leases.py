"""Places for requests at once, shared by all of the user's processes, each with an end in case its process dies."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3

from aurelis.store.database import Database, transaction


class SqliteLeaseLedger:
    """The `LeaseLedger` port over the store; what is over is dropped by the next one, which bounds the table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, key: str, limit: int, seconds: float, now: float) -> str | None:
        """Take one of `limit` places and return its name; None when all are taken."""
        lease = secrets.token_hex(12)
        try:
            taken = await self._database.run(lambda connection: _acquire(connection, key, limit, lease, now, seconds))
        except asyncio.CancelledError:
            # The place may be taken all the same, in a moment, and nobody would know its name.
            self._database.start(lambda connection: _release(connection, lease))
            raise
        return lease if taken else None

    async def renew(self, lease: str, seconds: float, now: float) -> None:
        """Keep a place for so many seconds from now."""
        await self._database.run(
            lambda connection: connection.execute("UPDATE leases SET ends = ? WHERE lease = ?", (now + seconds, lease))
        )

    async def release(self, lease: str) -> None:
        """Give a place back."""
        await self._database.run(lambda connection: _release(connection, lease))


def _acquire(connection: sqlite3.Connection, key: str, limit: int, lease: str, now: float, seconds: float) -> bool:
    with transaction(connection):
        # A lease that ends later than any could comes from a clock that has since been set back.
        connection.execute("DELETE FROM leases WHERE ends <= ? OR ends > ?", (now, now + max(3600.0, 2 * seconds)))
        taken = int(connection.execute("SELECT count(*) FROM leases WHERE key = ?", (key,)).fetchone()[0])
        if taken >= limit:
            return False
        connection.execute("INSERT INTO leases (lease, key, ends) VALUES (?, ?, ?)", (lease, key, now + seconds))
        return True


def _release(connection: sqlite3.Connection, lease: str) -> None:
    connection.execute("DELETE FROM leases WHERE lease = ?", (lease,))
