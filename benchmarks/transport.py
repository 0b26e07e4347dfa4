"""Round trips and edits per second over standard streams, against a bare pygls server.

Both servers run at once and take turns in short blocks. `hover` is over a blank in a document, `codeAction` lists
actions for a selection; the bare server answers nothing to either. Edits are insertions of one character into
10,000 lines, sent in one go and followed by a request. Run it as `python benchmarks/transport.py [rounds]`. Nothing is
asserted.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence

from _editor import SERVE, Editor, edit, percentile, run_in_an_empty_home

BARE = """
from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("bare", "1")

@server.feature(types.TEXT_DOCUMENT_HOVER)
async def hover(ls, params):
    ls.workspace.get_text_document(params.text_document.uri)
    return None

@server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
async def code_action(ls, params):
    return None

server.start_io()
"""
URI = "untitled:a.py"
LINES = 10_000
TEXT = "".join(f"value_{number} = compute(value_{number}, {number})  # line\n" for number in range(LINES))
HOVER = {"textDocument": {"uri": URI}, "position": {"line": 7000, "character": 12}}
ACTIONS = {
    "textDocument": {"uri": URI},
    "range": {"start": {"line": 10, "character": 0}, "end": {"line": 12, "character": 0}},
    "context": {"diagnostics": [], "triggerKind": 1},
}
BLOCK = 100
EDITS = 500
ROUNDS = 10


async def round_trips(editor: Editor, method: str, params: object) -> list[float]:
    """Microseconds of each of a block of requests."""
    taken = []
    for _ in range(BLOCK):
        begun = time.perf_counter()
        await editor.request(method, params)
        taken.append((time.perf_counter() - begun) * 1e6)
    return taken


async def edits_per_second(editor: Editor, line: int, version: int) -> float:
    """How many insertions at a line are taken in a second."""
    data = b"".join(edit(URI, version + number, line, number % 10) for number in range(EDITS))
    begun = time.perf_counter()
    editor.send_bytes(data)
    await editor.request("textDocument/codeAction", ACTIONS)
    return EDITS / (time.perf_counter() - begun)


async def main(rounds: int) -> None:
    """Measure in turns and print a table."""
    commands: dict[str, Sequence[str]] = {
        "bare pygls": (sys.executable, "-P", "-c", BARE),
        "aurelis": SERVE,
    }
    editors = {name: await Editor.start(command) for name, command in commands.items()}
    for editor in editors.values():
        await editor.initialize()
        editor.open(URI, TEXT)
        await editor.request("textDocument/hover", HOVER)
    if "aurelis" in editors:  # Its heavy parts are imported by now or by the end of this.
        await editors["aurelis"].request("workspace/executeCommand", {"command": "aurelis.stats"})
    results: dict[str, dict[str, list[float]]] = {name: {} for name in editors}
    version = 1
    for _ in range(rounds):
        for name, editor in editors.items():
            found = results[name]
            found.setdefault("hover us", []).extend(await round_trips(editor, "textDocument/hover", HOVER))
            found.setdefault("codeAction us", []).extend(await round_trips(editor, "textDocument/codeAction", ACTIONS))
        for place, line in (("top", 0), ("middle", LINES // 2), ("end", LINES - 1)):
            for name, editor in editors.items():
                rate = await edits_per_second(editor, line, version)
                results[name].setdefault(f"edits/s {place}", []).append(rate)
            version += EDITS
    print(f"{'what':15} {'bare pygls':>12} {'p95':>8} {'aurelis':>12} {'p95':>8} {'aurelis/bare':>13}")
    for what in results["aurelis"]:
        bare, ours = results["bare pygls"][what], results["aurelis"][what]
        row = [f"{statistics.median(values):12.0f} {percentile(values):8.0f}" for values in (bare, ours)]
        print(f"{what:15} {row[0]} {row[1]} {statistics.median(ours) / statistics.median(bare):13.2f}")
    for editor in editors.values():
        await editor.close()


if __name__ == "__main__":
    run_in_an_empty_home(main, ROUNDS)
