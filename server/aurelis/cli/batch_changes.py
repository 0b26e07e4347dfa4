"""The files of a batch: each is changed in one step, once everything that concerns it is answered.

Several items may lie in one file. Their edits are put together against the file as it was read, so that a batch that
is killed leaves each file either as it was or finished, and can go on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import attrs

from aurelis.cli.outcomes import write_change, write_text
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.snapshot import Snapshot
from aurelis.core.text_edits import TextEdit, apply_edits
from aurelis.workflow.events import Outcome

Note = Callable[[int, str], Awaitable[None]]
"""Told the number of an item and the text that its file is about to have."""


@attrs.frozen
class Written:
    """What became of an item's change: applied, or why not."""

    number: int
    error: RequestError | None = None


class FileChanges:
    """Collects the outcomes of a batch by file.

    Args:
        snapshots: each item's document, in the order of the items.
    """

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._uris = [snapshot.uri for snapshot in snapshots]
        self._waiting = {uri: self._uris.count(uri) for uri in set(self._uris)}
        self._outcomes: dict[str, list[tuple[int, Outcome]]] = {}

    def ended(self, number: int, outcome: Outcome | None) -> Sequence[tuple[int, Outcome]]:
        """Take what an item ended with; the outcomes of its file, in the order of the items, once it was the last."""
        uri = self._uris[number]
        outcomes = self._outcomes.setdefault(uri, [])
        if outcome is not None:
            outcomes.append((number, outcome))
        self._waiting[uri] -= 1
        return sorted(self._outcomes.pop(uri), key=lambda item: item[0]) if not self._waiting[uri] else ()


async def write_file(outcomes: Sequence[tuple[int, Outcome]], folder: Path, note: Note) -> list[Written]:
    """Apply the changes that the outcomes of one file make; what each came to."""
    written = [await _create(number, outcome, folder, note) for number, outcome in outcomes if outcome.new_file]
    edits = [(number, outcome) for number, outcome in outcomes if outcome.edits]
    if not edits or edits[0][1].base is None:
        return written
    base = edits[0][1].base
    taken: list[TextEdit] = []
    fitting: list[int] = []
    for number, outcome in edits:
        new = [edit for edit in outcome.edits or () if edit not in taken]
        if any(_clash(edit, other) for edit in new for other in taken):
            written.append(Written(number, _conflict(base.name)))
        else:
            taken += new
            fitting.append(number)
    text = apply_edits(base.text, sorted(taken, key=lambda edit: edit.start))
    # Noted before it is done: should we be killed in between, the file tells which of the two it is.
    for number in fitting:
        await note(number, text)
    try:
        await asyncio.to_thread(write_text, base, text)
    except RequestError as error:
        return [*written, *(Written(number, error) for number in fitting)]
    return [*written, *(Written(number) for number in fitting)]


async def _create(number: int, outcome: Outcome, folder: Path, note: Note) -> Written:
    new, base = outcome.new_file, outcome.base
    if new is None or base is None:
        return Written(number)
    try:
        if not await asyncio.to_thread(_holds, folder / new.name, new.text):
            await asyncio.to_thread(write_change, outcome, folder)
    except RequestError as error:
        return Written(number, error)
    await note(number, base.text)
    return Written(number)


def _holds(path: Path, text: str) -> bool:
    """Whether a file has just this content already, as after a kill between writing and noting it."""
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _clash(one: TextEdit, other: TextEdit) -> bool:
    return one.start == other.start or (one.start < other.end and other.start < one.end)


def _conflict(name: str) -> RequestError:
    message = f"Another part of this batch changes the same lines of {name}; run it again for what is left."
    return RequestError(ErrorKind.REJECTED, message)
