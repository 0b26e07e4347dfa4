"""Holes in real files, filled by a model that knows the answer but talks as models do: how many files come back whole?

Each hole is answered in each shape of `oracle.py` that makes sense for it, and what the completion makes of the
document is compared with the file that the hole was cut from. Beside it stands what happens when replies are taken as
they are. A document is broken that parsed before the hole was cut and does not parse with the completion in it; the
share of those is one of the documents that did.

    python benchmarks/completion/surgery.py [--files 60] [--held-out | --only FOLDER] [--also FOLDER] [--server]
        [--show SHAPE]

Without `--server` only the cleaning runs, in this process; with it every hole goes through a real `aurelis serve` and
a chat model on the loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs
from corpus import files_of, is_held_out, source_files
from holes import KINDS, Hole, holes_of
from lookalikes import LOOK_ALIKES
from oracle import SHAPES, Reply, raw, reply_of
from through_cleaner import Cleaner
from through_server import Server
from wellformed import is_well_formed, was_well_formed

Filler = Cleaner | Server
SHOWN: Final = 12
UNKNOWN: Final = "\N{EN DASH}"
"""In place of how many are broken, where nothing can tell."""


@attrs.define
class Tally:
    """What became of the holes of one row."""

    holes: int = 0
    restored: int = 0
    nothing: int = 0
    checked: int = 0
    broken: int = 0
    off_restored: int = 0
    off_broken: int = 0
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        """Count another row in."""
        for field in attrs.fields(Tally):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def is_broken(hole: Hole, document: str) -> bool:
    """Whether a file that parsed does not any more, with a completion in it; without one it is as it was."""
    if document in {hole.original, hole.document} or not was_well_formed(hole.original, hole.file.language_id):
        return False
    return is_well_formed(document, hole.file.language_id) is False


def judged(hole: Hole, reply: Reply, document: str) -> Tally:
    """One hole as a row."""
    off = (hole.before + reply.text + hole.inserted + hole.after).replace("\r\n", "\n").replace("\n", hole.eol)
    return Tally(
        holes=1,
        restored=int(document == hole.original),
        nothing=int(document == hole.document),
        checked=int(was_well_formed(hole.original, hole.file.language_id)),
        broken=int(is_broken(hole, document)),
        off_restored=int(off == hole.original),
        off_broken=int(is_broken(hole, off)),
    )


def table(rows: dict[str, Tally], first: str) -> None:
    """Print rows as Markdown, their sum last."""
    print(f"| {first} | holes | restored | nothing shown | broken | cleaner off: restored | broken |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    total = Tally()
    for row in rows.values():
        total.add(row)
    for name, row in [*rows.items(), ("**all**", total)]:
        kept = [f"{part / max(1, row.holes):.1%}" for part in (row.restored, row.nothing)]
        # So few are broken that a share would hide the last ones.
        broken = f"{row.broken} ({row.broken / row.checked:.2%})" if row.broken else "0"
        off_broken = f"{row.off_broken / max(1, row.checked):.1%}"
        told = [broken, off_broken] if row.checked else [UNKNOWN, UNKNOWN]
        off_restored = f"{row.off_restored / max(1, row.holes):.1%}"
        print(f"| {name} | {row.holes} | " + " | ".join([*kept, told[0], off_restored, told[1]]) + " |")
    print(flush=True)


def show(hole: Hole, shape: str, reply: Reply, document: str) -> None:
    """One failure, for whoever improves the cleaner."""
    start = len(hole.before.replace("\n", hole.eol))
    print(f"--- {shape} / {hole.kind} / {hole.file.language_id} {hole.file.package}/{hole.file.name}")
    print(f"before:  {hole.before[-160:]!r}\nafter:   {hole.inserted!r} + {hole.after[:120]!r}")
    print(
        f"missing: {hole.missing!r}\nreply:   {reply.text[:600]!r}\nmade:    {document[start : start + 300]!r}",
        flush=True,
    )


async def fill(filler: Filler, holes: Sequence[Hole], arguments: argparse.Namespace) -> None:
    """Fill every hole in every shape and print the tables."""
    shapes = {
        name: shape
        for name, shape in SHAPES.items()
        if arguments.all_shapes or (is_held_out(name) is arguments.held_out)
    }
    shapes.setdefault("raw", raw)
    by_shape: dict[str, Tally] = defaultdict(Tally)
    by_kind: dict[str, Tally] = defaultdict(Tally)
    by_language: dict[str, Tally] = defaultdict(Tally)
    alike: dict[str, Tally] = defaultdict(Tally)
    shown: Counter[str] = Counter()
    for hole in holes:
        for name, shape in shapes.items():
            reply = reply_of(shape, hole)
            if reply is None:
                continue
            document = await filler.fill(hole, reply)
            row = judged(hole, reply, document)
            for group, key in ((by_shape, name), (by_kind, hole.kind), (by_language, hole.file.language_id)):
                group[key].add(row)
            if name == "raw":
                for kind, looks in LOOK_ALIKES.items():
                    if looks(hole):
                        alike[kind].add(row)
            if not row.restored and arguments.show in {name, hole.kind, "all"} and shown[name] < SHOWN:
                shown[name] += 1
                show(hole, name, reply, document)
    table(by_shape, "shape")
    table(by_kind, "hole")
    table(by_language, "language")
    table(alike, "look-alike")


async def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--held-out", action="store_true", help="the packages and shapes that nothing was tuned on")
    parser.add_argument("--all-shapes", action="store_true", help="both sides of the division of shapes")
    parser.add_argument("--also", type=Path, action="append", default=[], help="a folder with one folder per package")
    parser.add_argument("--only", type=Path, help="a folder with one folder per project: those and no other ones")
    parser.add_argument("--server", action="store_true", help="through a real server process")
    parser.add_argument("--show", help="a shape or kind of hole whose failures are shown, or all")
    arguments = parser.parse_args()
    if arguments.only:
        files = files_of(arguments.only, arguments.seed)[: arguments.files]
    else:
        files = source_files(arguments.seed, held_out=arguments.held_out, also=arguments.also)[: arguments.files]
    holes = [hole for file in files for hole in holes_of(file, arguments.seed)]
    random.Random(arguments.seed).shuffle(holes)
    began = time.perf_counter()
    packages = {file.package for file in files}
    print(f"{len(files)} files of {len(packages)} packages, {len(holes)} holes of {len(KINDS)} kinds\n")
    if arguments.server:
        async with Server.started() as server:
            await fill(server, holes, arguments)
    else:
        await fill(Cleaner(), holes, arguments)
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main())
