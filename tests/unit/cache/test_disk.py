from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import diskcache
import pytest

from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Entry
from aurelis.cache.safe_disk import BytesDisk, PatientCache
from aurelis.core.ports import Invalidation
from aurelis.core.request import Task
from fixtures.hand_clock import HandClock

MakeDisk = Callable[..., DiskLayer]
Make = Callable[..., Entry]


def planted(path: Path) -> bytes:
    """A pickle that makes a folder when it is loaded."""

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(path),)

    return pickle.dumps(Bomb())


@contextlib.contextmanager
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "cache" / "cache.db")
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


async def fill(layer: DiskLayer, make_entry: Make, *keys: str) -> None:
    for key in keys:
        await layer.put(key, make_entry(key))
    await layer.settled()


async def test_an_entry_outlives_the_process(make_disk: MakeDisk, make_entry: Make, clock: HandClock) -> None:
    """What one layer kept another one over the same folder finds, until its end."""
    first = make_disk()
    entry = make_entry(seconds=50)
    await first.put("k", entry)
    await first.aclose()
    second = make_disk()
    assert await second.get("k") == entry
    clock.now += 50
    assert await second.get("k") is None
    await second.aclose()


async def test_a_write_is_seen_by_the_next_look(make_disk: MakeDisk, make_entry: Make) -> None:
    """Nobody waits for a write, and yet a look-up after it finds it."""
    layer = make_disk()
    await layer.put("k", make_entry())
    assert await layer.get("k") is not None
    await layer.aclose()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize(
    ("before", "filled", "after", "used"),
    [
        (None, False, 0o700, True),
        (0o755, False, 0o700, True),
        (0o755, True, 0o755, True),
        (0o777, False, 0o777, False),
        (0o1777, True, 0o1777, False),
    ],
)
async def test_a_folder_is_the_users_alone(
    make_disk: MakeDisk, make_entry: Make, tmp_path: Path, before: int | None, *, filled: bool, after: int, used: bool
) -> None:
    """A folder in which others write is not used; one with other things in it is used and left as it is."""
    folder = tmp_path / "cache"
    if before is not None:
        folder.mkdir()
        folder.chmod(before)
    if filled:
        (folder / "something").write_text("else")
    layer = make_disk()
    await fill(layer, make_entry, "k")
    assert (await layer.get("k") is not None) is used
    await layer.aclose()
    assert stat.S_IMODE(folder.stat().st_mode) == after
    for path in folder.glob("cache.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE Cache SET mode = 4, value = :pickle",
        "UPDATE Cache SET mode = 4, value = NULL, filename = :file",
        "UPDATE Cache SET mode = 2, value = NULL, filename = :file",
        "UPDATE Cache SET mode = 3, value = NULL, filename = :file",
        "UPDATE Cache SET value = :pickle",
        "UPDATE Cache SET value = 'text'",
        "UPDATE Cache SET value = 7",
        "UPDATE Cache SET value = NULL",
        "UPDATE Cache SET key = :pickle, raw = 0 WHERE key = 'k'",
        "INSERT INTO Cache (key, raw, mode, value) SELECT :pickle, 0, 4, :pickle",
    ],
)
async def test_a_planted_row_is_a_miss(
    make_disk: MakeDisk, make_entry: Make, tmp_path: Path, statement: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No row that somebody planted runs code, reads or deletes a file, or comes back as an answer."""
    layer = make_disk()
    await fill(layer, make_entry, "k", "other")
    await layer.aclose()
    ran, file = tmp_path / "ran", tmp_path / "file"
    file.write_bytes(planted(ran))
    with database(tmp_path) as connection:
        values = {"pickle": planted(ran), "file": str(file)}
        connection.execute(statement, {name: value for name, value in values.items() if f":{name}" in statement})
    layer = make_disk()
    assert (await layer.get("k")) in (None, make_entry("k"))
    await fill(layer, make_entry, "k")
    assert await layer.get("k") == make_entry("k")
    await layer.invalidate(Invalidation(frozenset({Task.EXPLANATION}), path="x"))
    assert await layer.clear() >= 1
    await layer.aclose()
    assert not ran.exists()
    assert file.exists()
    assert len(caplog.records) <= 1


async def test_the_same_row_does_run_under_plain_diskcache(tmp_path: Path) -> None:
    """The planted pickle is a real one: diskcache's own JSONDisk runs it, which is why it is not used."""
    ran = tmp_path / "ran"
    with diskcache.Cache(str(tmp_path / "cache"), disk=diskcache.JSONDisk) as cache:
        cache.set("k", "v")
        with database(tmp_path) as connection:
            connection.execute("UPDATE Cache SET mode = 4, value = ?", (planted(ran),))
        with contextlib.suppress(Exception):
            cache.get("k")
    assert ran.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO Settings VALUES ('_directory', '/nowhere')",
        "INSERT INTO Settings VALUES ('sqlite_temp_store_directory', '/nowhere')",
        "INSERT INTO Settings VALUES ('disk_anything', 1)",
        "CREATE TRIGGER mine AFTER INSERT ON Cache BEGIN DELETE FROM Cache; END",
        "CREATE VIEW mine AS SELECT 1",
        "DROP TABLE Cache",
        "ALTER TABLE Cache DROP COLUMN access_count",
        "DROP TABLE Settings",
    ],
)
async def test_a_foreign_database_is_set_aside(
    make_disk: MakeDisk, make_entry: Make, tmp_path: Path, statement: str
) -> None:
    """Settings, triggers and tables that are not diskcache's own are not run; a new database takes over."""
    layer = make_disk()
    await fill(layer, make_entry, "k")
    await layer.aclose()
    with database(tmp_path) as connection:
        connection.execute(statement)
    layer = make_disk()
    for _ in range(2):
        await fill(layer, make_entry, "k")
    assert await layer.get("k") == make_entry("k")
    await layer.aclose()


async def test_an_entry_of_another_key_is_a_miss(make_disk: MakeDisk, make_entry: Make, tmp_path: Path) -> None:
    """A row copied to another key is not that key's answer."""
    layer = make_disk()
    await fill(layer, make_entry, "a", "b")
    with database(tmp_path) as connection:
        connection.execute("UPDATE Cache SET value = (SELECT value FROM Cache WHERE key = 'a') WHERE key = 'b'")
    assert await layer.get("b") is None
    assert await layer.get("a") is not None
    await layer.aclose()


async def test_a_locked_database_is_a_miss(make_disk: MakeDisk, make_entry: Make, tmp_path: Path) -> None:
    """While another process holds the database, writes are lost and reads go on; afterwards all is as before."""
    layer = make_disk()
    await fill(layer, make_entry, "a")
    with database(tmp_path) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        await fill(layer, make_entry, "b")
        assert await layer.get("b") is None
        assert (await layer.stats()).error is None or "locked" in (await layer.stats()).error
    await fill(layer, make_entry, "c")
    assert await layer.get("c") is not None
    assert await layer.get("a") is not None
    await layer.aclose()


@pytest.mark.parametrize("how", ["invalidate", "clear"])
async def test_a_lock_that_is_held_long_does_not_spare_what_is_to_be_dropped(
    make_disk: MakeDisk, make_entry: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Dropping is tried again when another process holds the database for longer than a write may wait."""
    layer = make_disk()
    await fill(layer, make_entry, "a", "b")
    other = sqlite3.connect(tmp_path / "cache" / "cache.db", check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    usual = diskcache.Cache._select_delete

    def held_once(*arguments: object, **more: object) -> int:
        try:
            return usual(*arguments, **more)  # type: ignore[no-any-return]  # diskcache carries no types
        except diskcache.Timeout:
            if other.in_transaction:
                other.execute("ROLLBACK")
            raise

    monkeypatch.setattr(diskcache.Cache, "_select_delete", held_once)
    stale = Invalidation(frozenset({Task.EXPLANATION}))
    assert await (layer.clear() if how == "clear" else layer.invalidate(stale)) == 2
    assert [await layer.get(key) for key in "ab"] == [None, None]
    await layer.aclose()
    other.close()


async def test_a_full_disk_is_a_miss(
    make_disk: MakeDisk, make_entry: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What does not fit is not kept, with one warning, and what is there stays readable."""
    layer = make_disk()
    await fill(layer, make_entry, "a")
    await layer._start(lambda cache: cache.sql("PRAGMA max_page_count = 20").fetchall(), [])
    for key in ("b", "c"):
        await layer.put(key, make_entry("x" * 500_000))
        await layer.settled()
        assert (await layer.stats()).error is None or "full" in (await layer.stats()).error
        await layer._start(lambda cache: cache.sql("PRAGMA max_page_count = 20").fetchall(), [])
    assert await layer.get("b") is None
    assert await layer.get("a") is not None
    assert len(caplog.records) == 1
    await layer.aclose()


async def test_a_folder_that_cannot_be_made_is_a_miss(
    clock: HandClock, make_entry: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the folder cannot be, everything is a miss, with one warning that names no path."""
    (tmp_path / "file").write_text("in the way")
    layer = DiskLayer(clock, tmp_path / "file" / "cache", tmp_path / "key", wait_seconds=30.0)
    await layer.put("k", make_entry())
    assert await layer.get("k") is None
    assert await layer.clear() == 0
    assert (await layer.stats()).entries is None
    assert len(caplog.records) == 1
    assert str(tmp_path) not in caplog.text
    await layer.aclose()


@pytest.mark.parametrize("name", ["cache.db", "cache.db-wal"])
async def test_a_damaged_database_is_replaced(
    make_disk: MakeDisk, make_entry: Make, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes that are no database are set aside with one warning, and the cache works again."""
    layer = make_disk()
    await fill(layer, make_entry, "k")
    await layer.aclose()
    (tmp_path / "cache" / name).write_bytes(b"this is no database" * 1_000)
    layer = make_disk()
    await layer.get("k")
    await fill(layer, make_entry, "k")
    assert await layer.get("k") == make_entry("k")
    await layer.aclose()
    assert len(caplog.records) <= 1


async def test_matching_entries_are_dropped_and_counted(make_disk: MakeDisk, make_entry: Make) -> None:
    """An invalidation drops what it matches by task, language, path and project."""
    layer = make_disk()
    await layer.put("a", make_entry(task=Task.FIX, language="python", path="src/a.py", project="one"))
    await layer.put("b", make_entry(task=Task.FIX, language="rust", path="src/b.rs", project="one"))
    await layer.put("c", make_entry(task=Task.REVIEW, language="python"))
    assert await layer.invalidate(Invalidation(frozenset({Task.FIX}), language="python", path="src")) == 1
    assert [key for key in "abc" if await layer.get(key)] == ["b", "c"]
    assert await layer.invalidate(Invalidation(frozenset(Task))) == 2
    await layer.aclose()


async def test_a_closed_layer_is_empty(make_disk: MakeDisk, make_entry: Make) -> None:
    """After closing, everything is a miss and nothing raises."""
    layer = make_disk()
    await fill(layer, make_entry, "k")
    await layer.aclose()
    await layer.put("k", make_entry())
    assert await layer.get("k") is None
    await layer.aclose()


WORKER = """
import asyncio, pathlib, sys
from aurelis.cache import disk, safe_disk
from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Entry
from aurelis.core.deadline import SystemClock
from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer, CacheTags
from aurelis.core.reply import FinishReason, Usage
from aurelis.core.request import Task

# However busy the machine is, nobody gives up on a lock here.
disk.LOCK_SECONDS = safe_disk.OPEN_SECONDS = disk.CLOSE_SECONDS = 60.0

async def main(folder, name):
    clock = SystemClock()
    layer = DiskLayer(clock, folder / "cache", folder / "state" / "cache.key", wait_seconds=30.0)
    wrong = 0
    for number in range(150):
        key = f"k{number % 40}"
        found = await layer.get(key)
        wrong += found is not None and found.answer.text != key * 50
        answer = CachedAnswer(key * 50, ModelReference(name, "m"), FinishReason.STOP, Usage(), None, 1.0, clock.time())
        await layer.put(key, Entry(answer, CacheTags(Task.FIX), clock.time() + 600))
    await layer.settled()
    found = [await layer.get(f"k{number}") for number in range(40)]
    await layer.aclose()
    print(wrong, sum(entry is not None for entry in found))

asyncio.run(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
"""


async def test_two_processes_share_one_folder(tmp_path: Path) -> None:
    """Two processes that begin at once use one key and one database without a wrong or lost answer."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            WORKER,
            str(tmp_path),
            name,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for name in ("one", "two")
    ]
    for process in processes:
        output, errors = await process.communicate()
        assert (output.split(), errors) == ([b"0", b"40"], b"")


def test_a_database_that_cannot_be_opened_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged database can be moved out of the way on systems that move no open file: no connection to it stays."""
    PatientCache(str(tmp_path), disk=BytesDisk).close()
    database = tmp_path / "cache.db"
    whole = database.read_bytes()
    database.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remembered(path: str, **options: Any) -> sqlite3.Connection:
        opened.append(connect(path, **options))
        return opened[-1]

    monkeypatch.setattr("diskcache.core.sqlite3.connect", remembered)

    with pytest.raises(sqlite3.DatabaseError):
        PatientCache(str(tmp_path), disk=BytesDisk)

    assert opened
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
