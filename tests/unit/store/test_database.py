from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.model import ModelReference
from aurelis.core.ports import QuotaRule
from aurelis.core.record import CallRecord, Judgement
from aurelis.core.request import Task
from aurelis.store import database as store_database
from aurelis.store.batches import BatchProgress
from aurelis.store.database import MAX_PENDING, Database
from aurelis.store.health_history import HealthChange, HealthHistory
from aurelis.store.ledger import SqliteQuotaLedger
from aurelis.store.schema import MIGRATIONS, migrate
from aurelis.store.usage import COLUMNS, UsageStore

Open = Callable[..., Database]
MakeRecord = Callable[..., CallRecord]
ONCE = [QuotaRule(1, 60.0)]


async def reserve_twice(database: Database) -> list[float]:
    ledger = SqliteQuotaLedger(database)
    return [await ledger.reserve("k", ONCE, at) for at in (0.0, 1.0)]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_the_file_is_the_users_alone(open_store: Open, tmp_path: Path) -> None:
    """The store's file and folder are closed to others."""
    await reserve_twice(open_store())
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state" / "store.sqlite3").stat().st_mode) == 0o600


async def test_a_path_that_cannot_be_is_replaced_by_memory(
    open_store: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where no file can be, the store works in memory, with one warning that names no path."""
    (tmp_path / "file").write_text("in the way")
    assert await reserve_twice(open_store(tmp_path / "file" / "store")) == [0.0, 59.0]
    assert len(caplog.records) == 1
    assert str(tmp_path) not in caplog.text


async def test_a_held_file_is_replaced_by_memory_meanwhile(
    open_store: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program holds the file the quota is counted in memory, and in the file again afterwards."""
    monkeypatch.setattr(store_database, "LOCK_SECONDS", 0.01)
    store = open_store()
    ledger = SqliteQuotaLedger(store)
    assert await ledger.used("k", 60.0, 0.0) == 0
    with sqlite3.connect(tmp_path / "state" / "store.sqlite3") as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert [await ledger.reserve("k", ONCE, at) for at in (0.0, 1.0)] == [0.0, 59.0]
        assert store.error
        holder.rollback()
    holder.close()
    assert await ledger.reserve("k", ONCE, 2.0) == 0.0
    assert store.error is None
    assert len(caplog.records) == 1


async def test_a_full_disk_is_replaced_by_memory(open_store: Open, caplog: pytest.LogCaptureFixture) -> None:
    """What the disk does not take is kept in memory, with one warning, and what it holds stays."""
    store = open_store()
    progress = BatchProgress(store)
    await progress.done("b", "small", "x", 0.0)

    def fill(connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA database_list").fetchone()[2]:
            connection.execute("PRAGMA max_page_count = 30")
        connection.execute("INSERT INTO batch_items VALUES ('b', 'large', 0.0, ?)", ("x" * 900_000,))

    await store.run(fill)
    assert store.error is not None
    assert "full" in store.error
    assert set(await progress.load("b")) == {"small"}
    assert len(caplog.records) == 1


@pytest.mark.parametrize("damage", [b"this is no database" * 500, b"SQLite format 3\0" + b"\0" * 5_000])
async def test_a_damaged_file_is_set_aside(
    open_store: Open, tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that is no database is kept beside, with one warning, and a new one holds from the next job on."""
    path = tmp_path / "state" / "store.sqlite3"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(damage)
    store = open_store()
    await reserve_twice(store)
    assert await SqliteQuotaLedger(store).reserve("n", ONCE, 0.0) == 0.0
    assert path.with_suffix(".damaged").read_bytes() == damage
    version = await store.run(lambda db: db.execute("PRAGMA user_version").fetchone())
    assert version == (len(MIGRATIONS),)
    assert store.error is None
    assert len(caplog.records) == 1


async def test_a_newer_file_is_left_alone(open_store: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A store that a newer version made is neither changed nor set aside."""
    path = tmp_path / "state" / "store.sqlite3"
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert await reserve_twice(open_store()) == [0.0, 59.0]
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()
    assert [path.name for path in path.parent.iterdir() if "damaged" in path.name] == []
    assert len(caplog.records) == 1


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_an_older_store_is_brought_forward(version: int) -> None:
    """A file of any earlier version ends with the same tables as a new one."""

    def tables(start: int) -> set[tuple[str, str]]:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        for statements in MIGRATIONS[:start]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {start}")
        migrate(connection)
        found = set(connection.execute("SELECT name, sql FROM sqlite_master"))
        connection.close()
        return found

    assert tables(version) == tables(0)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["store.sqlite3", "store.sqlite3-wal", "store.sqlite3-shm"]), st.binary(max_size=9_000))
def test_random_bytes_never_raise(name: str, damage: bytes) -> None:
    """Whatever stands in the store's files, the quota still holds."""

    async def play(folder: Path) -> None:
        database = Database(folder / "store.sqlite3")
        assert await reserve_twice(database) in ([0.0, 59.0], [0.0, 0.0])
        await UsageStore(database).rows()
        await database.aclose()

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(damage)
        asyncio.run(play(Path(folder)))


async def test_jobs_that_nobody_waits_for_are_bounded(open_store: Open, make_record: MakeRecord) -> None:
    """While the disk hangs, records beyond the bound are dropped and counted."""
    store = open_store()
    held = threading.Event()
    store._executor.submit(held.wait)
    usage = UsageStore(store)
    for _ in range(MAX_PENDING + 5):
        usage.record(make_record(), None)
    assert store.dropped == 5
    held.set()
    await store.settled()


async def test_a_closed_store_drops_and_refuses(open_store: Open, make_record: MakeRecord) -> None:
    """After closing, records are dropped and questions refused."""
    store = open_store()
    await store.aclose()
    UsageStore(store).record(make_record(), None)
    assert store.dropped == 1
    with pytest.raises(RuntimeError, match="closed"):
        await UsageStore(store).rows()
    await store.aclose()


async def test_requests_are_kept_newest_first(open_store: Open, make_record: MakeRecord) -> None:
    """A row holds the request's numbers and names, and its acceptance when that comes later."""
    usage = UsageStore(open_store())
    usage.record(make_record(), None)
    usage.record(make_record(request_id="r2", started_at=2_000.0, model=None, cached="disk"), None)
    usage.accepted("r1", 12)
    usage.accepted("r1", 8)
    newest, oldest = await usage.rows()
    assert tuple(newest) == COLUMNS
    assert (newest["request_id"], newest["model"], newest["cached"]) == ("r2", None, "disk")
    assert (oldest["model"], oldest["task"], oldest["urgency"]) == ("sandbox/default", "completion", "ghost_text")
    assert (oldest["accepted_characters"], newest["accepted_characters"]) == (20, None)
    assert [row["request_id"] for row in await usage.rows(since=1_500.0)] == ["r2"]
    assert [row["request_id"] for row in await usage.rows(limit=1)] == ["r2"]


async def test_what_became_of_ghost_text_is_found_again(open_store: Open, make_record: MakeRecord) -> None:
    """Each request of its own accord is right if it was accepted or typed out; the latest is last."""
    usage = UsageStore(open_store())
    for request_id in ("accepted", "typed", "shown", "empty"):
        usage.record(make_record(request_id=request_id, language="python"), None)
    usage.record(make_record(request_id="failed", outcome="error:network"), None)
    usage.record(make_record(request_id="nobody", model=None), None)
    usage.record(make_record(request_id="explained", task=Task.EXPLANATION), None)
    usage.record(make_record(request_id="late", language="rust", outcome="cancelled"), None)
    for request_id in ("accepted", "typed", "shown"):
        usage.offered(request_id)
    usage.accepted("accepted", 3)
    usage.typed("typed", 9)
    model = ModelReference("sandbox", "default")
    assert await usage.judgements() == (
        Judgement(model, "python", right=True),
        Judgement(model, "python", right=True),
        Judgement(model, "python", right=False),
        Judgement(model, "python", right=False, shown=False),
        Judgement(model, "rust", right=False, shown=False),
    )


async def test_requests_are_bounded(open_store: Open, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest rows go when there are too many."""
    monkeypatch.setattr("aurelis.store.usage.MAX_ROWS", 20)
    monkeypatch.setattr("aurelis.store.usage.PRUNE_EVERY", 10)
    usage = UsageStore(open_store())
    for number in range(95):
        usage.record(make_record(request_id=str(number), started_at=float(number)), None)
    rows = await usage.rows(limit=1_000)
    assert 20 <= len(rows) < 30
    assert rows[0]["request_id"] == "94"


async def test_health_keeps_changes_only(open_store: Open) -> None:
    """A state is kept when it differs from the component's last one."""
    history = HealthHistory(open_store())
    states = [("models", "healthy"), ("cache", "healthy"), ("models", "healthy"), ("models", "unhealthy")]
    kept = [await history.add(HealthChange(float(at), *state)) for at, state in enumerate(states)]
    assert kept == [True, True, False, True]
    assert [change.status for change in await history.changes("models")] == ["unhealthy", "healthy"]
    assert len(await history.changes()) == 3
    assert len(await history.changes(limit=1)) == 1


async def test_a_batch_goes_on_after_a_kill(open_store: Open) -> None:
    """What was done is found again by the name of the batch, until it is forgotten or a week old."""
    store = open_store()
    progress = BatchProgress(store)
    await progress.done("one", "a.py", "first", 0.0)
    await progress.done("one", "a.py", "again", 1.0)
    await progress.done("one", "b.py", "second", 1.0)
    await progress.done("two", "a.py", "other", 1.0)
    await store.aclose()
    progress = BatchProgress(open_store())
    assert await progress.load("one") == {"a.py": "again", "b.py": "second"}
    await progress.forget("one")
    assert await progress.load("one") == {}
    await progress.done("three", "a.py", "x", 8 * 86_400.0)
    assert await progress.load("two") == {}


async def test_batch_items_are_bounded(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest items go when there are too many."""
    monkeypatch.setattr("aurelis.store.batches.MAX_ITEMS", 5)
    progress = BatchProgress(open_store())
    for number in range(12):
        await progress.done("b", str(number), "x", float(number))
    assert set(await progress.load("b")) == {str(number) for number in range(6, 12)}


async def test_what_is_noted_is_there_for_whoever_asks(
    open_store: Open, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records wait for each other, but not when somebody wants to see them or the store is closed."""
    monkeypatch.setattr(store_database, "GATHER_SECONDS", 3_600.0)
    database = open_store()
    usage = UsageStore(database)
    usage.record(make_record(request_id="a"), None)
    usage.accepted("a", 7)
    (row,) = await usage.rows()
    assert (row["request_id"], row["accepted_characters"]) == ("a", 7)
    usage.record(make_record(request_id="b"), None)
    await database.aclose()
    assert [row["request_id"] for row in await UsageStore(open_store()).rows()] == ["b", "a"]


async def test_what_is_noted_is_kept_after_a_moment(open_store: Open) -> None:
    """Nobody has to ask for a record to be kept."""
    done = threading.Event()
    open_store().note(lambda _: done.set())
    assert await asyncio.to_thread(done.wait, 30)


async def test_a_note_that_fails_spoils_no_other(open_store: Open, make_record: MakeRecord) -> None:
    """Each of the records that are kept together succeeds or fails alone."""
    database = open_store()
    usage = UsageStore(database)

    def fail(_: sqlite3.Connection) -> None:
        raise RuntimeError("no")

    usage.record(make_record(request_id="a"), None)
    database.note(fail)
    usage.record(make_record(request_id="b"), None)
    assert [row["request_id"] for row in await usage.rows()] == ["b", "a"]
