"""Windows of other documents that look like the place where somebody is typing, by the words that they share.

Jaccard similarity over the sets of identifiers: the size of what is shared divided by the size of what either has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.positions import split_lines

WINDOW_LINES: Final = 40
STEP_LINES: Final = 20
CURSOR_LINES: Final = 40
"""Lines before the cursor that are compared."""
LONGEST_SEARCHED: Final = 200_000
"""Characters of one document that are looked at."""
MOST_DOCUMENTS: Final = 20
LEAST_SIMILAR: Final = 0.08
_WORD: Final = re.compile(r"[^\W\d]\w{2,}")
_KEPT_DOCUMENTS: Final = 32
"""The bound on documents whose windows are kept between two requests."""


@attrs.frozen
class Window:
    """Lines of a document from `start` up to `end`, and how many words are in them."""

    start: int
    end: int
    text: str = attrs.field(repr=False)
    words: int


@attrs.frozen
class Similar:
    """A window of a named document and how similar it is, 0..1."""

    name: str
    window: Window
    score: float


def similar_windows(
    here: str, documents: Sequence[tuple[str, str]], *, most: int = 4, budget: int = 4_000
) -> tuple[Similar, ...]:
    """The windows of (name, text) documents most like the text before a cursor, best first, at most one a document."""
    wanted = words_of("".join(split_lines(here)[-CURSOR_LINES:]))
    if not wanted:
        return ()
    found: list[Similar] = []
    for name, text in documents[:MOST_DOCUMENTS]:
        best = _best(wanted, name, text)
        if best is not None and best.score >= LEAST_SIMILAR:
            found.append(best)
    found.sort(key=lambda similar: -similar.score)
    kept: list[Similar] = []
    seen: set[str] = set()
    left = budget
    for similar in found:
        text = similar.window.text.strip()
        if text not in seen and len(text) <= left and len(kept) < most:
            kept.append(similar)
            seen.add(text)
            left -= len(text)
    return tuple(kept)


def words_of(text: str) -> frozenset[str]:
    """The identifiers and words of a text, of three letters or more."""
    return frozenset(_WORD.findall(text))


def _best(wanted: frozenset[str], name: str, text: str) -> Similar | None:
    """A document's most similar window, found through its words instead of window by window."""
    windows, places = windows_of(text)
    shared: Counter[int] = Counter()
    for word in wanted & places.keys():
        shared.update(places[word])
    scored = ((count / (len(wanted) + windows[at].words - count), -at) for at, count in shared.items())
    score, at = max(scored, default=(0.0, 0))
    return Similar(name, windows[-at], score) if score else None


@lru_cache(maxsize=_KEPT_DOCUMENTS)
def windows_of(text: str) -> tuple[tuple[Window, ...], Mapping[str, tuple[int, ...]]]:
    """A document's overlapping windows, and for each word the windows that hold it.

    Kept, because most open documents do not change while one is typed in.
    """
    lines = split_lines(text[:LONGEST_SEARCHED])
    windows = []
    places: dict[str, list[int]] = {}
    for number, start in enumerate(range(0, max(1, len(lines) - STEP_LINES), STEP_LINES)):
        end = min(len(lines), start + WINDOW_LINES)
        piece = "".join(lines[start:end])
        words = words_of(piece)
        windows.append(Window(start, end, piece, len(words)))
        for word in words:
            places.setdefault(word, []).append(number)
    return tuple(windows), MappingProxyType({word: tuple(numbers) for word, numbers in places.items()})
