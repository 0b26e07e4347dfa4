"""From a keystroke to the answer: over a model that takes no time, over one of 200 ms, and without asking one.

A real `aurelis serve`, automatic completions without a delay, a document of 2,000 lines. `fresh` types something that
no completion said; `typed` and `taken back` are answered from what was said before.

    python benchmarks/completion/latency.py [--rounds 100] [--chat]
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from editor import Editor
from upstream import Upstream

URI = "file:///latency.py"
LINES = "".join(f"value_{number} = compute({number})\n" for number in range(1_000))
BEFORE, AFTER = LINES, "\n" + LINES


async def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--chat", action="store_true", help="a chat model instead of fill-in-the-middle")
    arguments = parser.parse_args()
    print("| | model ms | p50 ms | p95 ms |\n|---|---:|---:|---:|")
    for latency in (0.0, 0.2):
        upstream = Upstream(lambda _: (" = result + offset", False), latency)
        cache = {"memory": {"enabled": False}, "disk": {"enabled": False}}
        wanted = {"debounceMs": 0}
        async with (
            upstream.serving(),
            Editor.started(upstream, chat=arguments.chat, inlineCompletion=wanted, cache=cache) as editor,
        ):
            await measure(editor, latency, arguments.rounds)


async def measure(editor: Editor, latency: float, rounds: int) -> None:
    """Type, type on, take back."""
    times: dict[str, list[float]] = {"fresh": [], "typed": [], "taken back": []}
    for number in range(rounds + 5):
        name = f"name_{number}"
        editor.open(URI, "python", BEFORE + name[:-1] + AFTER)
        cursor = len(BEFORE) + len(name)
        for what, edit in (
            ("fresh", (cursor - 1, cursor - 1, name[-1])),
            ("typed", (cursor, cursor, " ")),
            ("taken back", (cursor, cursor + 1, "")),
        ):
            editor.edit(URI, *edit)
            seconds = await ask(editor, edit[0] + len(edit[2]))
            if number >= 5:
                times[what].append(seconds * 1000)
    for what, measured in times.items():
        ordered = sorted(measured)
        p95 = ordered[int(0.95 * (len(ordered) - 1))]
        print(f"| {what} | {latency * 1000:.0f} | {ordered[len(ordered) // 2]:.1f} | {p95:.1f} |", flush=True)


async def ask(editor: Editor, offset: int) -> float:
    """Seconds until the editor has the completion."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer: Any = await asyncio.wait_for(editor.complete(URI, offset)[1], 20)
    assert answer["result"]["items"], "nothing was offered"
    return loop.time() - began


if __name__ == "__main__":
    asyncio.run(main())
