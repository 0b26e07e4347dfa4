"""What completions cost while somebody types, and whether anything shown is out of date.

Pieces of real files are typed into a real `aurelis serve`, key by key in real time. As VS Code does, every key first
cancels the request before it, then tells the change, then asks again. The model either knows what is being typed or
always suggests something else. Beside it stands the same typing with a plain delay of 300 ms and nothing else: a
request for every pause that long.

    python benchmarks/completion/economy.py [--keys 400] [--seeds 3] [--speed 1.0] [--latency 0.25] [--held-out]

A suggestion is out of date if, taken, it makes something else of the document than the model's answer for that text
does: it is counted when the editor would show it, that is when its request was not cancelled.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import statistics
from pathlib import Path
from typing import Any, Final

import attrs
from corpus import SourceFile, source_files
from editor import INVOKED, Editor
from keys import BACKSPACE, Key, keys_of
from upstream import Asked, Upstream

PLAIN_DELAY: Final = 0.3
URI: Final = "file:///typed"
SUGGESTED_LINES: Final = 3
TAILS: Final = (600, 200, 60)
"""Characters before the cursor by which the model that knows finds its place, the first that stand in the text."""


@attrs.define
class Counted:
    """What one replay came to."""

    keys: int = 0
    requests: int = 0
    wasted: int = 0
    unused_characters: int = 0
    prompt_characters: int = 0
    shown: int = 0
    without_request: int = 0
    stale: int = 0
    plain: int = 0
    waits: list[float] = attrs.field(factory=list)


@attrs.frozen
class Piece:
    """A file with a piece that is typed."""

    file: SourceFile
    before: str = attrs.field(repr=False)
    typed: str = attrs.field(repr=False)
    after: str = attrs.field(repr=False)


def piece_of(file: SourceFile, length: int, chance: random.Random) -> Piece | None:
    """Whole lines from the middle of a file."""
    lines = file.text.replace("\r\n", "\n").splitlines(keepends=True)
    starts = [row for row in range(1, max(2, len(lines) // 2)) if lines[row].strip()]
    if not starts:
        return None
    first = chance.choice(starts)
    last, size = first, 0
    while last < len(lines) - 1 and size < length:
        size += len(lines[last])
        last += 1
    typed = "".join(lines[first:last]).rstrip("\n")
    after = "\n" + "".join(lines[last:])
    return Piece(file, "".join(lines[:first]), typed, after) if size >= length else None


def other(asked: Asked) -> str:
    """A suggestion that nobody types, another one for each text."""
    return f"zq_{hashlib.sha256(asked.prefix.encode()).hexdigest()[:12]}()"


def knows(piece: Piece, asked: Asked) -> str:
    """What is typed next: up to three lines."""
    written = piece.before + piece.typed
    # As much of the text before the cursor as the prompt has in one piece: the end of it alone may stand there twice.
    tails = (asked.prefix[-length:] for length in TAILS)
    places = ((written.rfind(tail, max(0, len(piece.before) - len(tail))), len(tail)) for tail in tails)
    at = next((at + length for at, length in places if at >= 0), len(written))
    rest = written[at:]
    return "".join(rest.splitlines(keepends=True)[:SUGGESTED_LINES]).rstrip("\n")


async def replay(piece: Piece, keys: list[Key], *, right: bool, latency: float) -> Counted:
    """Type the keys and count."""
    counted = Counted(keys=len(keys), plain=plain_requests(keys))
    upstream = Upstream(lambda asked: (knows(piece, asked) if right else other(asked), False), latency, pace=0.004)
    async with upstream.serving(), Editor.started(upstream) as editor:
        editor.open(URI, piece.file.language_id, piece.before + piece.after)
        cursor = len(piece.before)
        await editor.complete(URI, 0, INVOKED)[1]  # The server's start is not part of the typing.
        upstream.asked.clear()
        waiting: tuple[int, asyncio.Future[Any]] | None = None
        watching: list[asyncio.Task[None]] = []
        for key in keys:
            await asyncio.sleep(key.after)
            if waiting is not None and not waiting[1].done():
                editor.cancel(waiting[0])
            if key.text == BACKSPACE:
                editor.edit(URI, cursor - 1, cursor, "")
                cursor -= 1
            else:
                editor.edit(URI, cursor, cursor, key.text)
                cursor += 1
            waiting = editor.complete(URI, cursor)
            shown = Shown(piece, editor.texts[URI], cursor, right, len(upstream.asked))
            watching.append(asyncio.create_task(watch(waiting[1], shown, editor, upstream, counted)))
        await asyncio.sleep(1.0)
        if waiting is not None:
            editor.cancel(waiting[0])
        await asyncio.wait_for(asyncio.gather(*watching), 10)
    counted.requests = len(upstream.asked)
    counted.wasted = sum(asked.closed is not None for asked in upstream.asked)
    counted.unused_characters = sum(len(asked.sent) for asked in upstream.asked if asked.closed is not None)
    counted.prompt_characters = sum(asked.prompt_characters for asked in upstream.asked)
    return counted


@attrs.frozen
class Shown:
    """The moment of a request: the document, the cursor, how many requests the model had had."""

    piece: Piece
    text: str = attrs.field(repr=False)
    cursor: int
    right: bool
    asked: int


async def watch(
    answer: asyncio.Future[Any], moment: Shown, editor: Editor, upstream: Upstream, counted: Counted
) -> None:
    """Judge an answer once it comes."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    message = await answer
    items = (message.get("result") or {}).get("items", ())
    if not items or editor.texts[URI] != moment.text:
        return
    counted.shown += 1
    counted.without_request += len(upstream.asked) == moment.asked
    counted.waits.append(loop.time() - began)
    made = editor.taken(URI, items[0])
    if moment.right:
        whole = moment.piece.before + moment.piece.typed
        taken = made[: len(made) - len(moment.piece.after)]
        counted.stale += not whole.startswith(taken.rstrip()) and whole.startswith(moment.text[: moment.cursor])
    else:
        prefixes = [asked.prefix for asked in upstream.asked if other(asked) in made]
        current = moment.text[: moment.cursor]
        counted.stale += not any(prefix.endswith(current[-40:].lstrip()) for prefix in prefixes)


def plain_requests(keys: list[Key]) -> int:
    """How often a plain delay asks: at every pause that long."""
    return sum(key.after >= PLAIN_DELAY for key in keys[1:]) + 1


async def main() -> None:
    """Parse the arguments, replay, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--speed", type=float, nargs="+", default=[1.0], help="factors of the distances between keys")
    parser.add_argument("--latency", type=float, default=0.25)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--also", type=Path, action="append", default=[])
    arguments = parser.parse_args()
    files = source_files(7, held_out=arguments.held_out, also=arguments.also)
    print(
        "| model | ms between keys | keys | requests | per 100 keys | plain 300 ms, per 100 | closed early |"
        " unused tokens | prompt tokens a request | shown | without a request | out of date | median wait ms |"
    )
    print("|---|" + "---:|" * 12)
    for speed in arguments.speed:
        for right in (True, False):
            runs = []
            for seed in range(arguments.seeds):
                chance = random.Random(f"{seed} {speed}")
                code = [file for file in files if file.language_id not in {"json", "markdown"}]
                piece = next(p for p in (piece_of(chance.choice(code), arguments.keys, chance) for _ in range(99)) if p)
                keys = list(keys_of(piece.typed, chance, speed))[: arguments.keys]
                runs.append(replay(piece, keys, right=right, latency=arguments.latency))
            counts = await asyncio.gather(*runs)
            print_row("knows" if right else "does not know", counts, speed)


def print_row(model: str, counts: list[Counted], speed: float) -> None:
    """One row over several replays."""

    def total(name: str) -> int:
        return sum(getattr(counted, name) for counted in counts)

    keys = total("keys")
    waits = [wait for counted in counts for wait in counted.waits]
    cells = (
        model,
        f"{150 * speed:.0f}",
        keys,
        total("requests"),
        f"{100 * total('requests') / keys:.1f}",
        f"{100 * total('plain') / keys:.1f}",
        total("wasted"),
        total("unused_characters") // 4,
        total("prompt_characters") // 4 // max(1, total("requests")),
        f"{total('shown') / keys:.0%}",
        f"{total('without_request') / max(1, total('shown')):.0%}",
        total("stale"),
        f"{statistics.median(waits) * 1000:.0f}" if waits else "",
    )
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
