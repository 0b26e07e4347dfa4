"""Completions that were made before, found again while the person types what they say, or goes back.

A completion is known by the document around the place where it begins. It still holds when the cursor stands behind a
beginning of it, be it typed, taken back or typed again, and the rest of the document is what it was then (closers that
an editor puts in by itself aside): an edit elsewhere may be what another completion would follow from.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import attrs

from aurelis.core.snapshot import Snapshot

KEPT: Final = 100
"""Completions that are remembered; the oldest goes first."""

COVERED: Final = 120
"""The most characters behind the cursor, on its line, that a completion may replace."""

COMPARED_FIRST: Final = 80
"""Characters before a place, about two lines."""

CLOSERS: Final = frozenset(")]}>\"'`")
MOST_CLOSERS: Final = 3
"""So many of them an editor may have put in behind the cursor by itself."""


@attrs.frozen
class Place:
    """Where a completion begins, in a document that is otherwise the same.

    `start` is an offset, `behind` counts the characters behind the place, `rest` is a hash of all but the place, a
    notebook's cells above included. `above` is what stands right before the place, as far as it is compared first: to
    hash a long document takes a moment.
    """

    uri: str
    language_id: str
    start: int
    behind: int
    rest: int = attrs.field(repr=False)
    above: str = attrs.field(repr=False)

    @classmethod
    def of(cls, snapshot: Snapshot, start: int, end: int) -> Place:
        """The place of a replacement from `start` to `end`."""
        text = snapshot.text
        rest, above = _hash_of_rest(snapshot, start, end), text[max(0, start - COMPARED_FIRST) : start]
        return cls(snapshot.uri, snapshot.language_id, start, len(text) - end, rest, above)

    def typed(self, snapshot: Snapshot, position: int) -> str | None:
        """What stands between the place's beginning and the cursor; None when the cursor is elsewhere."""
        if (snapshot.uri, snapshot.language_id) != (self.uri, self.language_id) or position < self.start:
            return None
        return snapshot.text[self.start : position]

    def covered(self, snapshot: Snapshot, position: int, rest: str) -> int | None:
        """How many characters behind the cursor the rest of the completion replaces; None when it cannot.

        All of them lie on the cursor's line and must come again, in their order, in the rest.
        """
        text = snapshot.text
        length = len(text) - self.behind - position
        if not 0 <= length <= COVERED:
            return None
        between = text[position : position + length]
        if "\n" in between or "\r" in between or not _comes_again(between, rest):
            return None
        return length

    def holds(self, snapshot: Snapshot) -> bool:
        """Whether the document is the same but for what stands at the place."""
        text = snapshot.text
        if text[max(0, self.start - COMPARED_FIRST) : self.start] != self.above:
            return False
        return _hash_of_rest(snapshot, self.start, len(text) - self.behind) == self.rest

    def cursors(self, snapshot: Snapshot) -> range:
        """Where the cursor may stand once the document was changed: before what follows, closers put in aside."""
        end = len(snapshot.text) - self.behind
        if end < self.start:
            return range(0)
        first = end
        while first > max(self.start, end - MOST_CLOSERS) and snapshot.text[first - 1] in CLOSERS:
            first -= 1
        return range(first, end + 1)


@attrs.frozen
class Offered:
    """A completion for a cursor: put `text` in place of the snapshot's characters from `start` to `end`.

    `typed` counts the characters of what the model said that the person has typed already.
    """

    start: int
    end: int
    text: str = attrs.field(repr=False)
    request_id: str = ""
    typed: int = attrs.field(default=0, eq=False)


@attrs.frozen
class Kept:
    """One completion.

    `proposed` counts the characters at its beginning that the editor's own list of completions proposed. A text of no
    more says that there was nothing to offer at exactly this place. `further` tells one that was asked for beside
    another: it is offered behind those that were not.
    """

    place: Place
    text: str = attrs.field(repr=False)
    request_id: str
    proposed: int = 0
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
        known: dict[Place, bool] = {}  # Many begin at one place, and to look at the whole document takes a moment.
        empty = False
        for kept in sorted(self._kept, key=lambda kept: kept.further):
            offered = _rest(kept, snapshot, position)
            if offered is None:
                continue
            if kept.place not in known:
                known[kept.place] = kept.place.holds(snapshot)
            if not known[kept.place]:
                continue
            if not offered.text:
                empty = True
            elif all(offered.text != other.text for other in found):
                found.append(offered)
        return tuple(found) if found or empty else None

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
    if len(kept.text) <= kept.proposed:
        return Offered(position, position, "", kept.request_id) if not rest and not covered else None
    if not rest.strip():
        return None
    if rest == snapshot.text[position : position + covered]:  # The editor's closers are all that it said comes next.
        return Offered(position, position, "", kept.request_id)
    return Offered(position, position + covered, rest, kept.request_id, max(0, len(typed) - kept.proposed))


def _hash_of_rest(snapshot: Snapshot, start: int, end: int) -> int:
    return hash((snapshot.cells_above, snapshot.text[:start], snapshot.text[end:]))


def _comes_again(characters: str, text: str) -> bool:
    at = 0
    for character in characters:
        at = text.find(character, at) + 1
        if not at:
            return False
    return True
