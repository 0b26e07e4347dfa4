from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aurelis.cache.disk import MAX_PENDING, DiskLayer
from aurelis.cache.entry import Entry
from fixtures.hand_clock import HandClock

MakeDisk = Callable[..., DiskLayer]
Make = Callable[..., Entry]


async def test_a_slow_disk_is_a_miss_and_the_work_goes_on(
    make_disk: MakeDisk, make_entry: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """A look-up that takes too long is a miss, with one warning; what was handed over is still done."""
    layer = make_disk(wait_seconds=0.0)
    held = threading.Event()
    layer._executor.submit(held.wait)
    await layer.put("k", make_entry())
    assert await layer.get("k") is None
    assert await layer.get("k") is None
    held.set()
    await layer.settled()
    layer._wait_seconds = 30.0
    assert await layer.get("k") is not None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    await layer.aclose()


async def test_waiting_jobs_are_bounded(make_disk: MakeDisk, make_entry: Make) -> None:
    """While the disk hangs, no more than a fixed number of jobs waits."""
    layer = make_disk(wait_seconds=0.0)
    held = threading.Event()
    layer._executor.submit(held.wait)
    for number in range(MAX_PENDING + 50):
        await layer.put(str(number), make_entry())
    assert len(layer._pending) == MAX_PENDING
    held.set()
    await layer.aclose()


async def test_a_disk_that_stays_slow_is_left_alone_for_a_while(
    clock: HandClock, make_disk: MakeDisk, make_entry: Make
) -> None:
    """After three slow looks in a row nobody waits for the disk any more; half a minute later it is tried again."""
    layer = make_disk()
    await layer.put("k", make_entry(seconds=1_000.0))
    await layer.settled()
    held = threading.Event()
    layer._executor.submit(held.wait)
    layer._wait_seconds = 0.0
    for _ in range(3):
        assert await layer.get("k") is None
    held.set()
    await layer.settled()
    layer._wait_seconds = 30.0
    assert await layer.get("k") is None
    clock.now += 30
    assert await layer.get("k") is not None
    await layer.aclose()


async def test_size_is_bounded(make_disk: MakeDisk, make_entry: Make, tmp_path: Path) -> None:
    """Beyond its size, all files together, the cache drops what was stored first; a very large entry is not kept."""
    layer = make_disk(max_bytes=400_000)
    for number in range(60):
        await layer.put(f"k{number}", make_entry("x" * 20_000))
        await layer.settled()
        assert sum(file.stat().st_size for file in (tmp_path / "cache").iterdir()) <= 400_000
    stats = await layer.stats()
    assert stats.bytes <= 400_000
    assert stats.entries >= 5
    assert await layer.get("k59") is not None
    assert await layer.get("k0") is None
    await layer.put("large", make_entry("x" * 100_000))
    assert await layer.get("large") is None
    await layer.aclose()


CUT_SHORT = """
import asyncio, os, pathlib, sys
from aurelis.cache import disk
from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Entry
from aurelis.core.deadline import SystemClock
from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer, CacheTags
from aurelis.core.reply import FinishReason, Usage
from aurelis.core.request import Task

async def main(folder):
    clock = SystemClock()
    layer = DiskLayer(clock, folder / "cache", folder / "state" / "cache.key", wait_seconds=30.0)
    answer = CachedAnswer("x" * 9_000, ModelReference("p", "m"), FinishReason.STOP, Usage(), None, 1.0, clock.time())
    entry = Entry(answer, CacheTags(Task.FIX), clock.time() + 600)
    for number in range(50):
        await layer.put(f"k{number}", entry)
    await layer.settled()
    for name in ("cache.db", "cache.db-wal"):
        os.truncate(folder / "cache" / name, 0)
    for _ in range(2):
        for number in range(50):
            await layer.get(f"k{number}")
            await layer.put(f"k{number}", entry)
        await layer.settled()
    print(await layer.get("k0") == entry)
    await layer.aclose()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


async def test_files_that_are_cut_short_in_use_end_no_process(tmp_path: Path) -> None:
    """What cleans up a disk may empty the files of a running process: the cache begins anew, and the process lives."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CUT_SHORT, str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said, _ = await process.communicate()
    assert (process.returncode, said.split()) == (0, [b"True"])
