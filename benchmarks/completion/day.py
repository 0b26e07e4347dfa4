"""What a server that is used holds on to: resident memory, open files and threads while somebody types for minutes.

A real `aurelis serve` and a model that takes a moment. One person opens installed source files one after the other,
types in each with a request for ghost text at every key, each taking back the one before, hovers, saves, and closes the
oldest of eight. A message that needs no work is sent all the time: how long its answer takes tells how long anybody
waits for the server's one thread.

    python benchmarks/completion/day.py [--minutes 20]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sysconfig
import time
from collections import deque
from pathlib import Path
from typing import Final

from editor import Editor
from upstream import Upstream

TYPED: Final = ("value = compute(result, other)", "return first + second", "if result: pass", "print(value)")
TABS: Final = 8
SIZES: Final = range(2_000, 90_000)
EVERY_SECONDS: Final = 60.0


class Person:
    """Types until told to stop; counts what was typed and asked for."""

    def __init__(self, editor: Editor, files: list[Path]) -> None:
        self._editor = editor
        self._files = files
        self._random = random.Random(1)
        self._tabs: deque[str] = deque()
        self.keys = 0
        self.files = 0

    async def work(self) -> None:
        """Open a file, change it in a few places, and go on to the next."""
        while True:
            file = self._random.choice(self._files)
            self.files += 1
            uri = f"file:///{self.files}/{file.name}"
            self._editor.open(uri, "python", file.read_text("utf-8", "replace"))
            self._tabs.append(uri)
            if len(self._tabs) > TABS:
                self._editor.close(self._tabs.popleft())
            for _ in range(self._random.randint(2, 6)):
                await self._type(uri)
            self._editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

    async def _type(self, uri: str) -> None:
        text = self._editor.texts[uri]
        line_end = text.find("\n", self._random.randrange(len(text)))
        at = len(text) if line_end < 0 else line_end
        identifier, answer = 0, asyncio.get_running_loop().create_future()
        for key in f"\n{self._random.choice(TYPED)}":
            if identifier and not answer.done():
                self._editor.cancel(identifier)
            self._editor.edit(uri, at, at, key)
            at += 1
            self.keys += 1
            identifier, answer = self._editor.complete(uri, at)
            await asyncio.sleep(self._random.choice((0.06, 0.1, 0.15)))
        await answer
        place = {"textDocument": {"uri": uri}, "position": self._editor.position(uri, at - 3)}
        await self._editor.request("textDocument/hover", place)


async def pinged(editor: Editor, waits: list[float]) -> None:
    """Ask for nothing, fifty times a second."""
    while True:
        began = time.perf_counter()
        await editor.request("aurelis/nothing", None)
        waits.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.02)


def held(pid: int) -> tuple[float, int, int]:
    """Resident MB, open files and threads of a process (Linux)."""
    process = Path(f"/proc/{pid}")
    lines = dict(line.split(":", 1) for line in (process / "status").read_text("ascii", "replace").splitlines())
    return int(lines["VmRSS"].split()[0]) * 1.024e-3, len(list((process / "fd").iterdir())), int(lines["Threads"])


def source_files() -> list[Path]:
    """Files of the installed packages that are neither tiny nor huge."""
    packages = Path(sysconfig.get_path("purelib"))
    return sorted(file for file in packages.rglob("*.py") if file.stat().st_size in SIZES)


async def main() -> None:
    """Type and print a line a minute."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    arguments = parser.parse_args()
    upstream = Upstream(lambda _: (" = result + offset", False), 0.15)
    print("| minutes | files | keys | resident MB | open files | threads | wait p99 ms | longest |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    async with upstream.serving(), Editor.started(upstream) as editor:
        person, waits = Person(editor, source_files()), [0.0]
        end = time.monotonic() + arguments.minutes * 60
        tasks = [asyncio.create_task(work) for work in (person.work(), pinged(editor, waits))]
        while (left := end - time.monotonic()) > 0:
            await asyncio.wait(tasks, timeout=min(left, EVERY_SECONDS), return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            megabytes, open_files, threads = held(editor.pid)
            ordered = sorted(waits)
            waits[:] = [0.0]
            minutes = arguments.minutes - (end - time.monotonic()) / 60
            print(
                f"| {minutes:.0f} | {person.files} | {person.keys} | {megabytes:.1f} | {open_files} | {threads} | "
                f"{ordered[int(0.99 * (len(ordered) - 1))]:.0f} | {ordered[-1]:.0f} |",
                flush=True,
            )
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main())
