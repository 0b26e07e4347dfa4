"""Money over processes and days: what counts, for how long, and what a wrong clock leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aurelis.store.database import Database
from aurelis.store.spend import KEEP_SECONDS, SqliteSpendLedger

Open = Callable[..., Database]

NOW = 1_780_000_000.0
DAY = 86_400.0


async def test_a_sum_is_one_for_all_processes(open_store: Open) -> None:
    """Two processes see what both have spent since a moment; automatic requests can be told apart."""
    one, other = SqliteSpendLedger(open_store()), SqliteSpendLedger(open_store())
    await one.add(0.25, automatic=True, at=NOW - DAY - 1)
    await one.add(0.5, automatic=True, at=NOW)
    await other.add(2.0, automatic=False, at=NOW)
    assert await one.spent(since=NOW - DAY, automatic=False) == 2.5
    assert await other.spent(since=NOW - DAY, automatic=True) == 0.5


@pytest.mark.parametrize("ahead", [2 * DAY, 70 * 365 * DAY])
async def test_a_clock_that_was_set_back_does_not_use_up_every_day_to_come(open_store: Open, ahead: float) -> None:
    """What was spent under a clock that ran far ahead blocks nobody for years, and is forgotten."""
    store = open_store()
    ledger = SqliteSpendLedger(store)
    await ledger.add(100.0, automatic=True, at=NOW + ahead)
    assert await ledger.spent(since=NOW - DAY, automatic=True) == 0.0
    await ledger.add(1.0, automatic=True, at=NOW)
    assert await ledger.spent(since=NOW - DAY, automatic=True) == 1.0
    rows = await store.run(lambda connection: connection.execute("SELECT count(*) FROM spend").fetchone()[0])
    assert rows == 1 + (ahead <= KEEP_SECONDS)
