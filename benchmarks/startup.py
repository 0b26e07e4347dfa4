"""Spawn to `initialize`, against a bare pygls server, and the memory that is used idle and warm.

Both kinds of server take turns, a fresh process each time, so that the ratio means something on a busy machine. Run it
as `python benchmarks/startup.py [rounds]`. Nothing is asserted.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping, Sequence

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


async def measure(command: Sequence[str], *, warm: bool) -> tuple[float, float, float]:
    """Milliseconds to the answer, and MB then and (if `warm`) after a first answer of the built-in model."""
    begun = time.perf_counter()
    editor = await Editor.start(command)
    await editor.initialize()
    milliseconds = (time.perf_counter() - begun) * 1000
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
    return milliseconds, idle, used


async def main(rounds: int) -> None:
    """Measure in turns and print a table."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    idle: dict[str, list[float]] = {name: [] for name in COMMANDS}
    ratios = []
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            milliseconds, megabytes, _ = await measure(command, warm=False)
            taken[name].append(milliseconds)
            idle[name].append(megabytes)
        ratios.append(taken["aurelis"][-1] / taken["bare pygls"][-1])
    _, _, warm = await measure(COMMANDS["aurelis"], warm=True)
    print(f"{'server':12} {'median ms':>10} {'min':>7} {'max':>7} {'idle MB':>8} {'warm MB':>8}")
    for name, times in taken.items():
        used = f"{warm:8.0f}" if name == "aurelis" else f"{'':8}"
        print(
            f"{name:12} {statistics.median(times):10.0f} {min(times):7.0f} {max(times):7.0f} "
            f"{statistics.median(idle[name]):8.0f} {used}"
        )
    print(f"ratio, median of rounds: {statistics.median(ratios):.2f} (goal: at most 1.15); warm memory goal: 75 MB")


if __name__ == "__main__":
    run_in_an_empty_home(main, ROUNDS)
