"""Completions that were made before, found again while the person types what they say, or goes back.

A completion is known by the text around the place where it begins. It still holds when the cursor stands behind a
beginning of it, be it typed, taken back or typed again, and what follows is what followed then (closers that an editor
puts in by itself aside).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

import attrs

from aurelis.core.snapshot import Snapshot

KEPT: Final = 100
"""Completions that are remembered; the oldest goes first."""

TAIL: Final = 1_000
"""Characters before the place that must be the same."""

HEAD: Final = 500
"""Characters behind it that must be the same."""

COVERED: Final = 120
"""The most characters behind the cursor, on its line, that a completion may replace."""

CLOSERS: Final = frozenset(")]}>\"'`")
MOST_CLOSERS: Final = 3
"""So many of them an editor may have put in behind the cursor by itself."""


@attrs.frozen
class Place:
    """Where a completion begins: the characters around it. `start` is an offset."""

    uri: str
    start: int
    tail: str = attrs.field(repr=False)
    head: str = attrs.field(repr=False)

    @classmethod
    def of(cls, snapshot: Snapshot, start: int, end: int) -> Place:
        """The place of a replacement from `start` to `end`."""
        text = snapshot.text
        return cls(snapshot.uri, start, text[max(0, start - TAIL) : start], text[end : end + HEAD])

    def typed(self, snapshot: Snapshot, position: int) -> str | None:
        """What was typed here since; None when the cursor or the text before is elsewhere."""
        text = snapshot.text
        if snapshot.uri != self.uri or position < self.start:
            return None
        if text[max(0, self.start - TAIL) : self.start] != self.tail:
            return None
        return text[self.start : position]

    def cursors(self, snapshot: Snapshot) -> range:
        """Where the cursor may stand in a document that was sent anew: before what follows, closers put in aside.

        None where what stands around the place is not there any more.
        """
        if len(self.head) < HEAD:  # The document ended here.
            end = len(snapshot.text) - len(self.head)
        else:
            end = snapshot.text.find(self.head, self.start)
        if end < self.start or not snapshot.text.startswith(self.head, end):
            return range(0)
        first = end
        while first > max(self.start, end - MOST_CLOSERS) and snapshot.text[first - 1] in CLOSERS:
            first -= 1
        return range(first, end + 1)

    def covered(self, snapshot: Snapshot, position: int, rest: str) -> int | None:
        """How many characters behind the cursor the rest of the completion replaces; None when the text differs.

        All of them must come again, in their order, in the rest.
        """
        text = snapshot.text
        most = min(COVERED, snapshot.lines.line_end(snapshot.lines.line_at(position)) - position)
        for length in range(most + 1):
            if text[position + length : position + length + HEAD] == self.head and _comes_again(
                text[position : position + length], rest
            ):
                return length
        return None


@attrs.frozen
class Offered:
    """A completion for a cursor: put `text` in place of the snapshot's characters from `start` to `end`.

    `typed` counts the characters of it that the person has typed already.
    """

    start: int
    end: int
    text: str = attrs.field(repr=False)
    request_id: str = ""
    typed: int = attrs.field(default=0, eq=False)


@attrs.frozen
class Kept:
    """One completion; an empty text says that there was nothing to offer at exactly this place.

    `further` tells one that was asked for beside another: it is offered behind those that were not.
    """

    place: Place
    text: str = attrs.field(repr=False)
    request_id: str
    further: bool = False


class KeptCompletions:
    """The last completions, newest first."""

    def __init__(self) -> None:
        self._kept: deque[Kept] = deque(maxlen=KEPT)

    def keep(self, kept: Kept) -> None:
        """Remember a completion."""
        if kept not in self._kept:
            self._kept.appendleft(kept)

    def find(self, snapshot: Snapshot, position: int) -> tuple[Offered, ...] | None:
        """What is known for a cursor; an empty tuple when it is known that there is nothing, None when nothing is."""
        found: list[Offered] = []
        empty = False
        for kept in sorted(self._kept, key=lambda kept: kept.further):
            offered = _rest(kept, snapshot, position)
            if offered is not None and offered.text:
                if all(offered.text != other.text for other in found):
                    found.append(offered)
            elif offered is not None:
                empty = True
        return tuple(found) if found or empty else None

    def of_request(self, request_id: str) -> Iterator[Kept]:
        """The completions that a request made."""
        return (kept for kept in self._kept if kept.request_id == request_id)

    def forget(self) -> None:
        """Drop everything, because the settings or the model changed."""
        self._kept.clear()


def _rest(kept: Kept, snapshot: Snapshot, position: int) -> Offered | None:
    typed = kept.place.typed(snapshot, position)
    if typed is None or not kept.text.startswith(typed):
        return None
    rest = kept.text[len(typed) :]
    covered = kept.place.covered(snapshot, position, rest)
    if covered is None:
        return None
    if not kept.text:
        return Offered(position, position, "", kept.request_id) if not covered else None
    if not rest.strip() or rest == snapshot.text[position : position + covered]:
        return None
    return Offered(position, position + covered, rest, kept.request_id, len(typed))


def _comes_again(characters: str, text: str) -> bool:
    at = 0
    for character in characters:
        at = text.find(character, at) + 1
        if not at:
            return False
    return True
