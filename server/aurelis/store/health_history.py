"""States of health over time, so that a report can say since when something is wrong."""

from __future__ import annotations

import sqlite3
from typing import Final

import attrs

from aurelis.store.database import Database

MAX_ROWS: Final = 5_000
"""Changes kept over all components; the oldest go first."""


@attrs.frozen
class HealthChange:
    """A component's state from `at` (seconds since the epoch) on; `response_ms` is None where nothing was asked."""

    at: float
    component: str
    status: str
    response_ms: float | None = None
    error: str | None = None


class HealthHistory:
    """Changes of health; a state that only repeats the last one of its component is not kept again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, change: HealthChange) -> bool:
        """Keep a state; whether it differs from the component's last one."""
        return await self._database.run(lambda connection: _add(connection, change))

    def note(self, change: HealthChange) -> None:
        """Hand a state over to be kept; nobody waits for it."""
        self._database.start(lambda connection: _add(connection, change))

    async def changes(self, component: str | None = None, limit: int = 100) -> tuple[HealthChange, ...]:
        """The latest changes, newest first, of one component or of all."""
        query = (
            "SELECT at, component, status, response_ms, error FROM health"
            " WHERE component = coalesce(?, component) ORDER BY id DESC LIMIT ?"
        )
        return await self._database.run(
            lambda connection: tuple(HealthChange(*row) for row in connection.execute(query, (component, limit)))
        )


def _add(connection: sqlite3.Connection, change: HealthChange) -> bool:
    last = connection.execute(
        "SELECT status FROM health WHERE component = ? ORDER BY id DESC LIMIT 1", (change.component,)
    ).fetchone()
    if last is not None and last[0] == change.status:
        return False
    connection.execute(
        "INSERT INTO health (at, component, status, response_ms, error) VALUES (?, ?, ?, ?, ?)", attrs.astuple(change)
    )
    connection.execute("DELETE FROM health WHERE id <= (SELECT max(id) FROM health) - ?", (MAX_ROWS,))
    return True
