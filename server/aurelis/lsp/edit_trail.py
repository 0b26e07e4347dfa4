"""The places that were edited last, and what stood there before: what somebody works on shows in what they changed.

In come edits by lines as the editor tells them, out go before and after of each place. An edit costs what it changes,
whatever the length of the document.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import attrs

PLACES: Final = 8
"""Places that are remembered, over all documents; the one edited longest ago goes first."""

LONGEST_PLACE: Final = 60
"""Lines of one place; an edit that is larger (a file that was formatted or replaced) is no trail."""

Lines = Callable[[str, int, int], Sequence[str]]
"""The lines of a document from one number up to another, as they stand now."""


@attrs.define(eq=False)
class _Place:
    """`old` stood where now the lines from `first` up to `first + count` stand."""

    uri: str
    first: int
    count: int
    old: list[str] = attrs.field(repr=False)


class EditTrail:
    """The trail over all documents; `lines` reads one of them."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._places: deque[_Place] = deque(maxlen=PLACES)

    def edit(self, uri: str, first: int, last: int, count: int) -> None:
        """Note, before it is done, that the lines `first` to `last` (inclusive) become `count` lines."""
        if max(last - first + 1, count) > LONGEST_PLACE:
            self.forget(uri)
            return
        place = self._latest(uri, first, last)
        for other in self._places:
            if other is not place and other.uri == uri and other.first > last:
                other.first += count - (last - first + 1)
        if place is None:
            self._places.append(_Place(uri, first, count, list(self._lines(uri, first, last + 1))))
            return
        end = place.first + place.count
        place.old[:0] = self._lines(uri, first, place.first)
        place.old += self._lines(uri, end, last + 1)
        start = min(first, place.first)
        place.count = max(end, last + 1) - start + count - (last - first + 1)
        place.first = start
        if max(len(place.old), place.count) > LONGEST_PLACE:
            self._places.remove(place)

    def forget(self, uri: str) -> None:
        """Forget the places of a document that was closed or replaced."""
        self._places = deque((place for place in self._places if place.uri != uri), maxlen=PLACES)

    def changes(self, but: tuple[str, int]) -> list[tuple[str, str, str]]:
        """URI, old and new text of each place, the latest last; the place that holds line `but` is left out."""
        uri, line = but
        return [
            (place.uri, "".join(place.old), "".join(self._lines(place.uri, place.first, place.first + place.count)))
            for place in self._places
            if place.uri != uri or not place.first <= line < place.first + place.count
        ]

    def _latest(self, uri: str, first: int, last: int) -> _Place | None:
        """The latest place, if the lines touch it."""
        place = self._places[-1] if self._places else None
        if place is None or place.uri != uri or last < place.first - 1 or first > place.first + place.count:
            return None
        return place
