from __future__ import annotations

import asyncio
from pathlib import Path

from aurelis.store.database import Database
from aurelis.store.leases import SqliteLeaseLedger


async def test_places_are_shared_by_processes(tmp_path: Path) -> None:
    """Two stores over one file give out no more places than there are, and a place given back can be taken again."""
    databases = [Database(tmp_path / "store") for _ in range(2)]
    one, two = (SqliteLeaseLedger(database) for database in databases)
    taken = await asyncio.gather(*(ledger.acquire("m", 3, 60, 0.0) for ledger in (one, two) for _ in range(4)))
    leases = [lease for lease in taken if lease is not None]
    assert len(leases) == len(set(leases)) == 3
    assert await two.acquire("other", 1, 60, 0.0) is not None

    await one.release(leases[0])
    await one.release(leases[0])
    assert await two.acquire("m", 3, 60, 1.0) is not None
    assert await one.acquire("m", 3, 60, 1.0) is None
    for database in databases:
        await database.aclose()


async def test_a_lease_ends_with_its_process(tmp_path: Path) -> None:
    """A place that nobody renews is free after its time; a renewed one is kept; a clock set back locks nobody out."""
    database = Database(tmp_path / "store")
    ledger = SqliteLeaseLedger(database)
    kept = await ledger.acquire("m", 2, 60, 0.0)
    assert kept is not None
    assert await ledger.acquire("m", 2, 60, 0.0) is not None
    await ledger.renew(kept, 60, 50.0)
    assert await ledger.acquire("m", 2, 60, 59.0) is None
    assert await ledger.acquire("m", 2, 60, 61.0) is not None
    assert await ledger.acquire("m", 2, 60, 62.0) is None
    assert await ledger.acquire("m", 2, 60, -100_000.0) is not None
    await database.aclose()


async def test_a_cancelled_wait_leaves_no_place_taken(tmp_path: Path) -> None:
    """Whoever leaves while the store is busy with its place leaves the place to others."""
    database = Database(tmp_path / "store")
    ledger = SqliteLeaseLedger(database)
    for _ in range(5):
        waiting = asyncio.create_task(ledger.acquire("m", 1, 60, 0.0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
    assert await ledger.acquire("m", 1, 60, 0.0) is not None
    await database.aclose()
