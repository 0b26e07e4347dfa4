"""What a hit costs in each cache layer, beside the library underneath it with a value of the same size.

Rounds alternate between a layer and its library, so that a busy machine slows both; ratios are medians over rounds of
the quotient within one round. The disk is shown beside diskcache called directly and beside the same call made from an
event loop on another thread, which is how it must be called. Redis needs `redis-server`; without it those rows are
left out.

    python benchmarks/cache_layers.py [--rounds 15] [--gets 300] [--characters 1000]
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import cachetools
import diskcache
import redis.asyncio

from aurelis.cache.bulletin import FileBulletin
from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Entry, encode_entry
from aurelis.cache.layered import LayeredCache
from aurelis.cache.memory import MemoryLayer
from aurelis.cache.redis import RedisLayer
from aurelis.core.deadline import SystemClock
from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer, CacheTags
from aurelis.core.reply import FinishReason, Usage
from aurelis.core.request import Task

CLOCK = SystemClock()
KEY = "1-" + "0" * 64
START_SECONDS = 10.0

Get = Callable[[], Awaitable[object]]


def an_entry(characters: int) -> Entry:
    """An answer of that length."""
    text = ("value = compute(value)\n" * (characters // 20))[:characters]
    answer = CachedAnswer(
        text, ModelReference("p", "m"), FinishReason.STOP, Usage(500, 250, 750), 0.001, 0.9, CLOCK.time()
    )
    return Entry(answer, CacheTags(Task.EXPLANATION, "python", "src/a.py", "project"), CLOCK.time() + 3_600)


async def microseconds(get: Get, count: int) -> float:
    """Median time of one hit."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        found = await get()
        times.append(time.perf_counter() - started)
        assert found
    return statistics.median(times) * 1e6


def library(call: Callable[[], object]) -> Get:
    """A synchronous look-up in the form that is measured; the wrapping costs about 0.1 us."""

    async def get() -> object:
        return call()

    return get


@asynccontextmanager
async def redis_url(folder: Path) -> AsyncIterator[str | None]:
    """A server on a free loopback port, or None where there is none."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = await asyncio.create_subprocess_exec(program, *options, stdout=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", int(port))
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    break
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        await process.wait()


async def pairs(folder: Path, entry: Entry, stack: AsyncExitStack) -> list[tuple[str, Get, Get]]:
    """What is compared: a name, the layer, the library."""
    value = encode_entry(entry)
    bare = cachetools.TTLCache[str, Entry](1_000, 300)
    bare[KEY] = entry
    memory = MemoryLayer(CLOCK)
    board = FileBulletin(folder / "state" / "dropped")
    stack.push_async_callback(board.aclose)
    whole = LayeredCache(CLOCK, [memory], bulletins=[board])
    await whole.put(KEY, entry.answer, entry.tags)

    plain = stack.enter_context(diskcache.Cache(str(folder / "plain")))
    plain.set(KEY, value)
    disk = DiskLayer(CLOCK, folder / "cache", folder / "state" / "cache.key", wait_seconds=5.0)
    stack.push_async_callback(disk.aclose)
    await disk.put(KEY, entry)
    thread = stack.enter_context(ThreadPoolExecutor(1))
    loop = asyncio.get_running_loop()
    found: list[tuple[str, Get, Get]] = [
        ("memory layer / cachetools.TTLCache", lambda: memory.get(KEY), library(lambda: bare.get(KEY))),
        ("all layers, memory hit / cachetools.TTLCache", lambda: whole.get(KEY), library(lambda: bare.get(KEY))),
        ("disk layer / diskcache", lambda: disk.get(KEY), library(lambda: plain.get(KEY))),
        (
            "disk layer / diskcache on a thread",
            lambda: disk.get(KEY),
            lambda: loop.run_in_executor(thread, plain.get, KEY),
        ),
    ]
    url = await stack.enter_async_context(redis_url(folder))
    if url is not None:
        client = redis.asyncio.Redis.from_url(url)
        stack.push_async_callback(client.aclose)
        await client.set("plain", value)
        shared = RedisLayer(CLOCK, url, b"the benchmark's own secret", wait_seconds=5.0)
        stack.push_async_callback(shared.aclose)
        await shared.put(KEY, entry)
        await shared.settled()
        found.append(("redis layer / redis-py", lambda: shared.get(KEY), lambda: client.get("plain")))
    return found


async def main(rounds: int, gets: int, characters: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        async with AsyncExitStack() as stack:
            compared = await pairs(Path(name), an_entry(characters), stack)
            print(f"{characters} characters, median of {rounds} rounds of {gets} hits, microseconds\n")
            print(f"{'':48}{'layer':>9}{'library':>9}{'ratio':>8}")
            measured: dict[str, list[tuple[float, float]]] = {label: [] for label, _, _ in compared}
            for number in range(rounds + 1):
                for label, layer, bare in compared:
                    pair = (await microseconds(layer, gets), await microseconds(bare, gets))
                    if number:
                        measured[label].append(pair)
            for label, results in measured.items():
                mine, theirs = (statistics.median(side) for side in zip(*results, strict=True))
                ratio = statistics.median(left / right for left, right in results)
                print(f"{label:48}{mine:9.1f}{theirs:9.1f}{ratio:8.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--gets", type=int, default=300)
    parser.add_argument("--characters", type=int, default=1_000)
    options = parser.parse_args()
    asyncio.run(main(options.rounds, options.gets, options.characters))
