"""Spawn to `initialize`, against a bare pygls server, and the memory that is used idle and warm.

Both kinds of server take turns, a fresh process each time, so that the ratio means something on a busy machine; the
processor time until the answer suffers least from one. What is measured is the second start of an installed package:
each server is started once before, so that Python has compiled its modules and kept the result. Run it as
`python benchmarks/startup.py [rounds]`. Nothing is asserted.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from _editor import SERVE, Editor, resident_megabytes, run_in_an_empty_home

BARE = """
from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("bare", "1")

@server.feature(types.TEXT_DOCUMENT_HOVER)
def hover(ls, params):
    return None

server.start_io()
"""
COMMANDS: Mapping[str, Sequence[str]] = {
    "bare pygls": (sys.executable, "-P", "-c", BARE),
    "aurelis": SERVE,
}
ROUNDS = 15
WARM_ROUNDS = 3


def processor_milliseconds(pid: int) -> float:
    """What a process's threads have used so far (Linux)."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text("ascii").split()[0]) for thread in threads) / 1e6


async def measure(command: Sequence[str], *, warm: bool) -> tuple[float, float, float, float]:
    """Milliseconds to the answer, processor time of it, MB then and (if `warm`) after a first answer."""
    begun = time.perf_counter()
    editor = await Editor.start(command)
    await editor.initialize()
    milliseconds, processor = (time.perf_counter() - begun) * 1000, processor_milliseconds(editor.pid)
    idle = used = resident_megabytes(editor.pid)
    if warm:
        uri = "untitled:a.py"
        editor.open(uri, "def add(a, b):\n    return a + b\n")
        await editor.request(
            "workspace/executeCommand",
            {"command": "aurelis.explain", "arguments": [{"textDocument": {"uri": uri}}]},
        )
        used = resident_megabytes(editor.pid)
    await editor.close()
    return milliseconds, processor, idle, used


async def main(rounds: int) -> None:
    """Measure in turns and print a table."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    used: dict[str, list[float]] = {name: [] for name in COMMANDS}
    idle: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):
        for name, command in COMMANDS.items():
            milliseconds, processor, megabytes, _ = await measure(command, warm=False)
            if turn:  # The first one leaves compiled modules to the others.
                taken[name].append(milliseconds)
                used[name].append(processor)
                idle[name].append(megabytes)
    warm = statistics.median([(await measure(COMMANDS["aurelis"], warm=True))[-1] for _ in range(WARM_ROUNDS)])
    print(f"{'server':12} {'median ms':>10} {'min':>7} {'max':>7} {'processor':>10} {'idle MB':>8} {'warm MB':>8}")
    for name, times in taken.items():
        last = f"{warm:8.1f}" if name == "aurelis" else f"{'':8}"
        print(
            f"{name:12} {statistics.median(times):10.0f} {min(times):7.0f} {max(times):7.0f} "
            f"{statistics.median(used[name]):10.0f} {statistics.median(idle[name]):8.1f} {last}"
        )
    for what, both in (("time", taken), ("processor time", used)):
        ratio = statistics.median(a / b for a, b in zip(both["aurelis"], both["bare pygls"], strict=True))
        print(f"{what}: {ratio:.2f} of bare pygls, median of rounds (goal: at most 1.15)")
    print("warm memory goal: at most 75 MB")


if __name__ == "__main__":
    run_in_an_empty_home(main, ROUNDS)
