"""Requests counted over all of the user's processes, in sliding windows.

A reservation is one row; counting and inserting happen under SQLite's write lock, so that two processes can never both
take the last place. A window is the `seconds` up to and including now: a request at t no longer counts at t + seconds.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import Sequence
from typing import Final

from aurelis.core.ports import QuotaRule
from aurelis.store.database import Database, transaction

KEEP_SECONDS: Final = 2 * 86_400.0
"""Reservations older than this are forgotten: twice the longest window in use, a day. Bounds the table."""

FUTURE_SECONDS: Final = 60.0
"""Reservations further ahead than this come from a clock that has since been set back and are forgotten."""

MINIMUM_WAIT: Final = 0.001
"""Seconds: a refusal is never answered with 0.0, which means success."""


class SqliteQuotaLedger:
    """The `QuotaLedger` port over the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, key: str, rules: Sequence[QuotaRule], now: float) -> float:
        """Count one request if every rule allows it and return 0.0; else the seconds until it would.

        `now` is in seconds since the epoch, as other processes read it too. A rule that allows none gives infinity.
        """
        wanted = tuple(rules)
        waits: list[float] = []

        def reserve(connection: sqlite3.Connection) -> float:
            waits.append(_reserve(connection, key, wanted, now))
            return waits[-1]

        def give_back(connection: sqlite3.Connection) -> None:
            if waits and waits[-1] == 0.0:
                _cancel(connection, key, now)

        try:
            return await self._database.run(reserve)
        except asyncio.CancelledError:
            self._database.start(give_back)  # Whoever asked is gone and sends nothing.
            raise

    async def cancel(self, key: str, now: float) -> None:
        """Give back one reservation made at `now` whose request was never sent."""
        await self._database.run(lambda connection: _cancel(connection, key, now))

    async def used(self, key: str, seconds: float, now: float) -> int:
        """How many requests count within the last so many seconds."""
        return await self._database.run(lambda connection: _count(connection, key, now - seconds))


def _reserve(connection: sqlite3.Connection, key: str, rules: tuple[QuotaRule, ...], now: float) -> float:
    with transaction(connection):
        keep = max([KEEP_SECONDS, *(rule.seconds for rule in rules if math.isfinite(rule.seconds))])
        connection.execute(
            "DELETE FROM reservations WHERE key = ? AND (at <= ? OR at > ?)", (key, now - keep, now + FUTURE_SECONDS)
        )
        wait = max((_wait(connection, key, rule, now) for rule in rules), default=0.0)
        if wait == 0.0:
            connection.execute("INSERT INTO reservations (key, at) VALUES (?, ?)", (key, now))
        return wait


def _wait(connection: sqlite3.Connection, key: str, rule: QuotaRule, now: float) -> float:
    """Seconds until the rule has a place: until so many of the oldest have left the window."""
    if rule.requests <= 0:
        return math.inf
    surplus = _count(connection, key, now - rule.seconds) - rule.requests
    if surplus < 0:
        return 0.0
    row = connection.execute(
        "SELECT at FROM reservations WHERE key = ? AND at > ? ORDER BY at LIMIT 1 OFFSET ?",
        (key, now - rule.seconds, surplus),
    ).fetchone()
    return max(MINIMUM_WAIT, float(row[0]) + rule.seconds - now)


def _count(connection: sqlite3.Connection, key: str, after: float) -> int:
    query = "SELECT count(*) FROM reservations WHERE key = ? AND at > ?"
    return int(connection.execute(query, (key, after)).fetchone()[0])


def _cancel(connection: sqlite3.Connection, key: str, now: float) -> None:
    connection.execute(
        "DELETE FROM reservations WHERE id = (SELECT id FROM reservations WHERE key = ? AND at = ? LIMIT 1)", (key, now)
    )
