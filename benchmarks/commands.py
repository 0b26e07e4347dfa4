"""Hovers from the cache, and the memory of 1,000 commands, with a real server process and the sandbox as its model.

The hover is over a function whose explanation was asked for before, on 400 lines; a bare pygls server, which answers
nothing, is asked in turns. Every command is an `aurelis.document` of another function, so that each asks the model,
reads the answer and makes an edit; resident memory is read every 100 commands, after 100 that do not count, because
the caches fill up first. Run it as `python benchmarks/commands.py [commands]`. Nothing is asserted.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

from _editor import SERVE, Editor, edit, percentile, resident_megabytes, run_in_an_empty_home
from transport import BARE

from aurelis.sandbox.server import run_sandbox

URI = "untitled:a.py"
FUNCTIONS = 100
TEXT = "# \n\n\n\n" + "".join(
    f"def compute_{number}(first, second):\n    total = first + {number}\n    return total * second\n\n"
    for number in range(FUNCTIONS)
)
HOVERS = 300
COMMANDS = 1_000
WARM = 100
EVERY = 100


async def hover_times(editor: Editor, line: int) -> list[float]:
    """Microseconds of a block of hovers."""
    params = {"textDocument": {"uri": URI}, "position": {"line": line, "character": 5}}
    taken = []
    for _ in range(HOVERS // 3):
        begun = time.perf_counter()
        await editor.request("textDocument/hover", params)
        taken.append((time.perf_counter() - begun) * 1e6)
    return taken


async def execute(editor: Editor, command: str, line: int) -> Any:
    """Run a command on the function at a line."""
    span = {"start": {"line": line, "character": 0}, "end": {"line": line + 3, "character": 0}}
    arguments = {"textDocument": {"uri": URI}, "range": span, "instruction": f"Round {line}."}
    return await editor.request("workspace/executeCommand", {"command": command, "arguments": [arguments]})


async def main(commands: int) -> None:
    """Measure and print."""
    async with run_sandbox() as sandbox:
        provider = {"baseUrl": sandbox.base_url, "models": ["default"]}
        roles = dict.fromkeys(("completion", "code", "reasoning", "documentation", "fast"), "custom/default")
        options = {"providers": {"custom": provider}, "models": roles}
        ours = await Editor.start(SERVE)
        bare = await Editor.start((sys.executable, "-P", "-c", BARE))
        for editor in (ours, bare):
            params = {"capabilities": {}, "processId": None, "rootUri": None, "initializationOptions": options}
            await editor.request("initialize", params)
            editor.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
            editor.open(URI, TEXT)
        line = 4 * (FUNCTIONS // 2 + 1)
        await execute(ours, "aurelis.explain", line)
        times: dict[str, list[float]] = {"bare pygls": [], "aurelis": []}
        for _ in range(3):
            times["bare pygls"] += await hover_times(bare, line)
            times["aurelis"] += await hover_times(ours, line)
        for name, taken in times.items():
            print(f"hover, {name:12} {statistics.median(taken):8.0f} us  p95 {percentile(taken):8.0f} us")
        await bare.close()
        begun, edited = 0.0, 0
        for number in range(WARM + commands):
            if number == WARM:
                begun = time.perf_counter()
            # A changed first line makes the prompt another, so that no answer comes from a cache.
            ours.send_bytes(edit(URI, number + 1, 0, 2))
            result = await execute(ours, "aurelis.document", 4 * (number % FUNCTIONS + 1))
            edited += bool(result and result.get("edit"))
            if number >= WARM and (number - WARM) % EVERY == 0:
                print(f"after {number - WARM:5} commands {resident_megabytes(ours.pid):8.1f} MB", flush=True)
        seconds = time.perf_counter() - begun
        used = resident_megabytes(ours.pid)
        print(f"after {commands:5} commands {used:8.1f} MB, {1000 * seconds / commands:.1f} ms each")
        print(f"{edited} of {WARM + commands} answers became an edit")
        await ours.close()


if __name__ == "__main__":
    run_in_an_empty_home(main, COMMANDS)
