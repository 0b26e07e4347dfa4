"""Windows of other documents that look like the place where somebody is typing, by the words that they share.

Jaccard similarity over the sets of identifiers: the size of what is shared divided by the size of what either has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
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
    """Lines of a document from `start` up to `end` and the words in them."""

    start: int
    end: int
    text: str = attrs.field(repr=False)
    words: frozenset[str] = attrs.field(repr=False)


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
        scored = [(jaccard(wanted, window.words), window) for window in windows_of(text)]
        score, best = max(scored, key=lambda item: item[0], default=(0.0, None))
        if best is not None and score >= LEAST_SIMILAR:
            found.append(Similar(name, best, score))
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


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Shared words divided by all words; 0 where there are none."""
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared) if shared else 0.0


def words_of(text: str) -> frozenset[str]:
    """The identifiers and words of a text, of three letters or more."""
    return frozenset(_WORD.findall(text))


@lru_cache(maxsize=_KEPT_DOCUMENTS)
def windows_of(text: str) -> tuple[Window, ...]:
    """A document's overlapping windows; kept, because most open documents do not change while one is typed in."""
    lines = split_lines(text[:LONGEST_SEARCHED])
    windows = []
    for start in range(0, max(1, len(lines) - STEP_LINES), STEP_LINES):
        end = min(len(lines), start + WINDOW_LINES)
        piece = "".join(lines[start:end])
        windows.append(Window(start, end, piece, words_of(piece)))
    return tuple(windows)
