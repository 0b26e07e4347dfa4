from __future__ import annotations

import asyncio
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.ports import QuotaRule
from aurelis.store.database import Database
from aurelis.store.ledger import FUTURE_SECONDS, KEEP_SECONDS, SqliteQuotaLedger

Open = Callable[..., Database]
MINUTE = QuotaRule(2, 60.0)
DAY = QuotaRule(3, 86_400.0)


async def test_a_window_slides(open_store: Open) -> None:
    """Any sixty seconds hold at most the rule's number; a place is free when the oldest has left the window."""
    ledger = SqliteQuotaLedger(open_store())
    answers = [await ledger.reserve("k", [MINUTE], at) for at in (0.0, 10.0, 20.0, 59.5, 60.0, 65.0, 70.0)]
    assert answers == [0.0, 0.0, 40.0, 0.5, 0.0, 5.0, 0.0]


async def test_every_rule_must_allow(open_store: Open) -> None:
    """The longest wait of all rules is what is answered, and a refused request counts nowhere."""
    ledger = SqliteQuotaLedger(open_store())
    for at in (0.0, 100.0, 200.0):
        assert await ledger.reserve("k", [MINUTE, DAY], at) == 0.0
    assert await ledger.reserve("k", [MINUTE, DAY], 300.0) == 86_100.0
    assert await ledger.used("k", 86_400.0, 300.0) == 3
    assert await ledger.reserve("k", [], 300.0) == 0.0


async def test_keys_do_not_share_a_quota(open_store: Open) -> None:
    """Each key has places of its own."""
    ledger = SqliteQuotaLedger(open_store())
    assert [await ledger.reserve(key, [QuotaRule(1, 60)], 0.0) for key in ("a", "b", "a")] == [0.0, 0.0, 60.0]


async def test_a_rule_without_places_never_allows(open_store: Open) -> None:
    """A rule of none is answered with infinity."""
    assert await SqliteQuotaLedger(open_store()).reserve("k", [QuotaRule(0, 60)], 0.0) == math.inf


async def test_a_cancelled_reservation_is_free_again(open_store: Open) -> None:
    """Giving back frees exactly one place of that moment, and one that was never taken frees none."""
    ledger = SqliteQuotaLedger(open_store())
    now = 1_795_447_461.123_456_7
    for _ in range(2):
        assert await ledger.reserve("k", [MINUTE], now) == 0.0
    await ledger.cancel("k", now + 1)
    await ledger.cancel("other", now)
    assert await ledger.reserve("k", [MINUTE], now) == 60.0
    await ledger.cancel("k", now)
    assert await ledger.reserve("k", [MINUTE], now) == 0.0
    assert await ledger.reserve("k", [MINUTE], now) > 0.0


async def test_whoever_leaves_while_reserving_has_reserved_nothing(open_store: Open) -> None:
    """A request cancelled while it is counted does not count, and takes nobody else's place with it."""
    ledger = SqliteQuotaLedger(open_store())
    for reserved, rule in ((1, QuotaRule(2, 60)), (2, QuotaRule(1, 60))):
        assert await ledger.reserve("k", [QuotaRule(9, 60)], 0.0) == 0.0
        leaving = asyncio.create_task(ledger.reserve("k", [rule], 0.0))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert leaving.cancelled()
        assert await ledger.used("k", 60, 0.0) == reserved


async def test_a_quota_outlives_the_process(open_store: Open) -> None:
    """What one process counted another one finds."""
    first = open_store()
    await SqliteQuotaLedger(first).reserve("k", [QuotaRule(1, 60)], 0.0)
    await first.aclose()
    assert await SqliteQuotaLedger(open_store()).reserve("k", [QuotaRule(1, 60)], 1.0) == 59.0


async def test_a_clock_that_was_set_back_does_not_block_for_days(open_store: Open) -> None:
    """Reservations from a future that was taken back are forgotten; a few seconds ahead is another process."""
    ledger = SqliteQuotaLedger(open_store())
    await ledger.reserve("k", [MINUTE], 1_000_000.0)
    await ledger.reserve("k", [MINUTE], 5_000.0 + FUTURE_SECONDS - 1)
    assert await ledger.reserve("k", [MINUTE], 5_000.0) == 0.0
    assert await ledger.reserve("k", [MINUTE], 5_000.0) > 0.0


async def test_old_reservations_are_forgotten(open_store: Open) -> None:
    """The table holds no more than the windows need."""
    store = open_store()
    ledger = SqliteQuotaLedger(store)
    for number in range(50):
        await ledger.reserve("k", [], number * KEEP_SECONDS / 10)
    assert await store.run(lambda db: db.execute("SELECT count(*) FROM reservations").fetchone()[0]) <= 11


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=40),
    st.lists(st.builds(QuotaRule, st.integers(1, 4), st.floats(1, 100)), min_size=1, max_size=3),
)
def test_no_window_ever_holds_more_than_its_rule(steps: list[tuple[float, bool]], rules: list[QuotaRule]) -> None:
    """Whatever the order, every window of every rule holds at most its number, and a wait that is waited is enough."""

    async def play() -> None:
        database = Database(None)
        ledger = SqliteQuotaLedger(database)
        now, taken = 1_000.0, []
        for pause, patient in steps:
            now += pause
            wait = await ledger.reserve("k", rules, now)
            for _ in range(60):
                if wait == 0.0 or not patient:
                    break
                now += wait
                wait = await ledger.reserve("k", rules, now)
            assert wait == 0.0 or not patient
            if wait == 0.0:
                taken.append(now)
        for rule in rules:
            for end in taken:
                assert len([at for at in taken if end - rule.seconds < at <= end]) <= rule.requests
        await database.aclose()

    asyncio.run(play())


WORKER = """
import asyncio, pathlib, sys
from aurelis.core.ports import QuotaRule
from aurelis.store import database as store_database
from aurelis.store.database import Database
from aurelis.store.ledger import SqliteQuotaLedger

# However busy the machine is, nobody gives up on a lock here.
store_database.LOCK_SECONDS = store_database.CLOSE_SECONDS = 60.0

async def main(path):
    database = Database(path)
    ledger = SqliteQuotaLedger(database)
    rules = [QuotaRule(10, 20.0), QuotaRule(25, 86400.0)]
    got = 0
    for number in range(200):
        got += await ledger.reserve("k", rules, 1000.0 + number * 0.25) == 0.0
    await database.aclose()
    print(got, database.error)

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


async def test_processes_share_one_quota(tmp_path: Path, open_store: Open) -> None:
    """Three processes that ask at once get together what the rules allow, and no window is overdrawn."""
    path = tmp_path / "state" / "store.sqlite3"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, str(path), stdout=pipe, stderr=pipe, env=environment
        )
        for _ in range(3)
    ]
    granted = 0
    for process in processes:
        output, errors = await process.communicate()
        assert errors == b""
        count, error = output.split()
        assert error == b"None"
        granted += int(count)
    rows = await open_store(path).run(lambda db: [row[0] for row in db.execute("SELECT at FROM reservations")])
    assert len(rows) == granted
    assert granted == 25
    for end in rows:
        assert len([at for at in rows if end - 20.0 < at <= end]) <= 10


async def test_a_ledger_without_a_file_counts_in_memory(open_store: Open) -> None:
    """Without a file the quota still holds within the process."""
    ledger = SqliteQuotaLedger(open_store(None))
    assert [await ledger.reserve("k", [QuotaRule(1, 60)], 0.0) for _ in range(2)] == [0.0, 60.0]
