"""Which layer answers in two days of a team, and how many calls requests at once save by sharing.

The days are not a recording of people, as nobody is recorded: they are made up, the same in every run. Three
programmers of one project look at its symbols, used symbols more often than others, each going back to what was looked
at a little while ago more often than to the rest. Editors are started each morning and after lunch. The layers are the
real ones, with a real `redis-server`, on a clock that jumps from event to event; lifetimes are the defaults. The goal
for the answers found is 60 % memory, 30 % Redis, 10 % disk.

The second part asks a real `aurelis serve` for the same explanation many times at once, against the sandbox, with
every cache layer off.

    python benchmarks/cache_session.py [--hours 8] [--symbols 300]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import attrs
from _editor import Editor
from cache_layers import redis_url

from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Layer
from aurelis.cache.layered import LayeredCache
from aurelis.cache.memory import MemoryLayer
from aurelis.cache.redis import RedisLayer
from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer, CacheTags
from aurelis.core.reply import FinishReason, Usage
from aurelis.core.request import Task
from aurelis.sandbox.server import run_sandbox

PEOPLE = 3
SECONDS_BETWEEN = 20.0
"""Mean time between two requests of one person."""
GOES_BACK = 0.6
"""How often a person goes back to one of the last symbols that they looked at."""
LATELY = 8
DAYS = 2
GOAL = {"memory": 60, "redis": 30, "disk": 10}
TASKS = (Task.EXPLANATION, Task.EXPLANATION, Task.EXPLANATION, Task.DOCUMENTATION, Task.CODE_GENERATION)
BURSTS = (1, 2, 5, 10, 20)


@attrs.define
class JumpingClock:
    """The product's clock port; it stands still until it is moved."""

    now: float = 1_800_000_000.0

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.now

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Move."""
        self.now += seconds


def days(hours: float, symbols: int) -> Iterator[tuple[float, int, int]]:
    """Requests in order: when, who, and which symbol; the more often a symbol is used, the lower its number."""
    random = Random(60_30_10)
    weights = [1 / (place + 1) for place in range(symbols)]
    events = []
    for start, person in itertools.product(range(DAYS), range(PEOPLE)):
        at, lately = 0.0, list[int]()
        while (at := at + random.expovariate(1 / SECONDS_BETWEEN)) < hours * 3_600:
            goes_back = lately and random.random() < GOES_BACK
            symbol = random.choice(lately) if goes_back else random.choices(range(symbols), weights)[0]
            lately = [symbol, *(other for other in lately if other != symbol)][:LATELY]
            events.append((start * 86_400 + at, person, symbol))
    yield from sorted(events)


async def session(hours: float, symbols: int, folder: Path, url: str | None) -> Counter[str]:
    """How often each layer answered, and how often none did."""
    clock, found = JumpingClock(), Counter[str]()
    started = clock.now

    def opened(person: int) -> LayeredCache:
        layers: list[Layer] = [MemoryLayer(clock)]
        if url is not None:
            layers.append(RedisLayer(clock, url, b"the benchmark's own secret", wait_seconds=5.0))
        home = folder / str(person)
        layers.append(DiskLayer(clock, home / "cache", home / "state" / "cache.key", wait_seconds=5.0))
        return LayeredCache(clock, layers)

    caches = [opened(person) for person in range(PEOPLE)]
    half = 0
    for at, person, symbol in days(hours, symbols):
        clock.now = started + at
        if half != (half := int(at / 86_400) * 2 + (at % 86_400 > hours * 1_800)):
            for cache in caches:
                await cache.aclose()
            caches = [opened(number) for number in range(PEOPLE)]
        hit = await caches[person].get(f"2-{symbol:064}")
        found[hit[1] if hit is not None else "nobody"] += 1
        if hit is None:
            answer = CachedAnswer(
                "text " * 200, ModelReference("p", "m"), FinishReason.STOP, Usage(), None, 0.9, clock.now
            )
            await caches[person].put(f"2-{symbol:064}", answer, CacheTags(TASKS[symbol % len(TASKS)]))
    for cache in caches:
        await cache.aclose()
    return found


async def calls_of_bursts(folder: Path) -> list[tuple[int, int]]:
    """For each size of burst, how many calls reached the model."""
    measured = []
    async with run_sandbox(chunk_seconds=0.02, kept_requests=10_000) as sandbox:
        settings = {
            "provider": "sandbox",
            "providers": {"sandbox": {"baseUrl": sandbox.base_url}},
            "cache": {"memory": {"enabled": False}, "disk": {"enabled": False}},
        }
        os.environ["AURELIS_CONFIG"] = str(folder / "config.toml")
        (folder / "config.toml").write_text("")
        editor = await Editor.start([sys.executable, "-P", "-m", "aurelis", "serve"])
        await editor.initialize()
        editor.send(
            {
                "jsonrpc": "2.0",
                "method": "workspace/didChangeConfiguration",
                "params": {"settings": {"aurelis": settings}},
            }
        )
        for size in BURSTS:
            uri = f"untitled:burst{size}.py"
            editor.open(uri, f"def burst{size}(number):\n    return number * {size}\n")
            before = sum(request.method == "POST" for request in sandbox.requests)
            argument = {"textDocument": {"uri": uri}}
            identifiers = [1_000 * size + place for place in range(size)]
            for identifier in identifiers:
                params = {"command": "aurelis.explain", "arguments": [argument]}
                editor.send(
                    {"jsonrpc": "2.0", "id": identifier, "method": "workspace/executeCommand", "params": params}
                )
            left = set(identifiers)
            while left:
                left.discard((await editor.receive()).get("id"))
            measured.append((size, sum(request.method == "POST" for request in sandbox.requests) - before))
        await editor.close()
    return measured


async def main(hours: float, symbols: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(redis_url(Path(name)))
            found = await session(hours, symbols, Path(name), url)
        hits = sum(found[layer] for layer in GOAL)
        print(f"{sum(found.values())} requests of {PEOPLE} people in {DAYS} days of {hours:g} hours")
        print(f"{hits} answered by a layer\n")
        print(f"{'layer':10}{'answers':>9}{'share':>8}{'goal':>7}")
        for layer, goal in GOAL.items():
            print(f"{layer:10}{found[layer]:9}{100 * found[layer] / max(1, hits):7.1f}%{goal:6}%")
        print(f"{'model':10}{found['nobody']:9}\n")
        print(f"{'at once':>9}{'calls':>7}{'saved':>7}")
        for size, calls in await calls_of_bursts(Path(name)):
            print(f"{size:9}{calls:7}{size - calls:7}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--symbols", type=int, default=300)
    options = parser.parse_args()
    asyncio.run(main(options.hours, options.symbols))
