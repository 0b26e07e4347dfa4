"""From what a person typed, `PATH[:A[-B]]`, to a snapshot and the offsets that are meant."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs

from aurelis.cli.command_line import counted, wrong
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.closed_documents import FILE_BYTES, read_closed
from aurelis.syntax.parses import parse
from aurelis.syntax.scopes import enclosing_definition

STANDARD_INPUT: Final = "-"
_TARGET: Final = re.compile(r"(?P<path>.+?)(?::(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?)?", re.DOTALL)


@attrs.frozen
class Target:
    """A file and lines in it, counted from 1; None means all of it, `last` None the definition around `first`."""

    path: Path
    first: int | None = None
    last: int | None = None


@attrs.frozen
class Chosen:
    """A document with what was chosen in it: a range of offsets, and the position of a single line's code."""

    snapshot: Snapshot
    folder: Path
    range: tuple[int, int] | None = None
    position: int | None = None


def read_target(text: str) -> Target:
    """Take `PATH[:A[-B]]` apart; a file whose name really ends like that is meant as a whole.

    Raises:
        RequestError: of kind `configuration`, for lines that make no sense.
    """
    match = _TARGET.fullmatch(text)
    if match is None:
        raise wrong("There is an empty path; give a file.")
    if match["first"] is None or Path(text).is_file():
        return Target(Path(text))
    first = int(match["first"])
    last = int(match["last"]) if match["last"] is not None else None
    if first < 1 or (last is not None and last < first):
        raise wrong(f"'{text}' names no lines; they count from 1 and the first comes first, as in file.py:10-20.")
    return Target(Path(match["path"]), first, last)


async def open_target(target: Target) -> Chosen:
    """Read the file.

    Raises:
        RequestError: `configuration` when it is not there or has no such lines; `excluded` when it is no text.
    """
    snapshot, folder = await asyncio.to_thread(_read, target.path)
    if target.first is None:
        return Chosen(snapshot, folder)
    lines = snapshot.lines
    count = lines.line_count
    highest = target.last or target.first
    if highest > count:
        raise wrong(f"{snapshot.name} has {counted(count, 'line')} and no line {highest}; choose lines within it.")
    if target.last is None:
        return attrs.evolve(await asyncio.to_thread(_at_line, snapshot, target.first - 1), folder=folder)
    return Chosen(snapshot, folder, range=(lines.line_start(target.first - 1), lines.next_line_start(target.last - 1)))


def read_standard_input() -> Snapshot:
    """What was piped into the program, as a document that is no file; reads to the end, so that Ctrl-C must reach it.

    Raises:
        RequestError: `configuration` when nothing is piped in, `excluded` when it is no text, `too_large` over 4 MB.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise wrong('Nothing is piped into this; `-` stands for what is, as in `git diff | aurelis ask "Why?" -`.')
    data = sys.stdin.buffer.read(FILE_BYTES + 1)
    if len(data) > FILE_BYTES:
        message = f"What was piped in is larger than {FILE_BYTES // 1_048_576} MB; choose a part of it."
        raise RequestError(ErrorKind.TOO_LARGE, message)
    if b"\0" in data:
        raise RequestError(ErrorKind.EXCLUDED, "What was piped in is no text.")
    text = data.decode("utf-8-sig", "replace")  # A log may hold anything.
    if not text.strip():
        raise wrong("Nothing was piped in; the command before the pipe said nothing.")
    return Snapshot(uri="untitled:piped", language_id="plaintext", text=text, name="what was piped in")


async def open_context(texts: Iterable[str], piped: Snapshot | None = None) -> tuple[Snapshot, ...]:
    """Read further files, each cut to its lines where some are named; `-` stands for `piped`.

    Raises:
        RequestError: as `open_target` does.
    """
    found = []
    for text in texts:
        if piped is not None and text == STANDARD_INPUT:
            found.append(piped)
            continue
        target = read_target(text)
        chosen = await open_target(target if target.last is not None else attrs.evolve(target, last=target.first))
        snapshot = chosen.snapshot
        if chosen.range is not None:
            start, end = chosen.range
            snapshot = attrs.evolve(snapshot, text=snapshot.text[start:end])
        found.append(snapshot)
    return tuple(found)


def _at_line(snapshot: Snapshot, line: int) -> Chosen:
    """The definition around a line, else the line itself."""
    text = snapshot.lines.line_text(line)
    position = snapshot.lines.line_start(line) + len(text) - len(text.lstrip())
    tree = parse(snapshot.text, snapshot.language_id)
    around = None if tree is None else enclosing_definition(tree, position)
    if around is not None:
        return Chosen(snapshot, Path(), range=(around.start, around.end), position=position)
    return Chosen(snapshot, Path(), range=(snapshot.lines.line_start(line), position + 1), position=position)


def _read(path: Path) -> tuple[Snapshot, Path]:
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        if str(path) == STANDARD_INPUT:
            raise wrong("Only `aurelis ask` reads what is piped in, as edits need a file; name a file.") from None
        raise wrong(f"{path} is not there; check the path.") from None
    if resolved.is_dir():
        raise wrong(f"{path} is a folder; give a file.")
    here = Path.cwd().resolve()
    folder = here if resolved.is_relative_to(here) else resolved.parent
    # By the name that the person gave, so that it is judged as well as the file that links lead to.
    return read_closed(path.absolute().as_uri(), (folder,)), folder
