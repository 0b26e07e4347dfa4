"""One call of the parser: bounded in time, without leaving anything behind, and told what has changed since the last.

In come a text's bytes and perhaps the tree of an earlier version; out comes a tree.
"""

from __future__ import annotations

import time
from functools import lru_cache
from itertools import count
from threading import get_ident
from typing import TYPE_CHECKING, Final

from aurelis.core.text_edits import common_prefix_length

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree

_ASKED_FOR_ONE_LOOK: Final = 16
"""How often a parser asks whether to go on for one look at the clock, which is a call to the system; it asks a hundred
times while it parses a thousand lines, and each half a millisecond where it recovers from errors."""

_READ_BYTES: Final = 65_536
_READING_THREADS: Final = 64
"""The bound on threads whose object to read with is kept; asyncio has no more of them, nor have we."""


def parsed_within(seconds: float, parser: Parser, data: bytes, old: Tree | None) -> Tree:
    """Parse the text that these bytes are, in UTF-16, in so much time on the processor.

    Raises:
        ValueError: when that takes longer.
    """
    end = time.thread_time() + seconds
    asked = count()

    def late(_byte: int, _failing: object) -> bool:
        return next(asked) % _ASKED_FOR_ONE_LOOK == 0 and time.thread_time() > end

    read = _Reader(data)
    try:
        if old is None:
            return parser.parse(read, encoding="utf16le", progress_callback=late)
        return parser.parse(read, old, encoding="utf16le", progress_callback=late)
    finally:
        read.close()


class _Reader:
    """Hands a text over piece by piece, as only then the parsing can be given up.

    All pieces are one object, emptied at the end: py-tree-sitter 0.26 never lets go of an object that it was handed,
    and a tree keeps what handed it over. A server would grow by up to `_READ_BYTES` with every key.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._piece = _piece(get_ident())

    def __call__(self, byte: int, _point: object) -> bytearray:
        self._piece[:] = self._data[byte : byte + _READ_BYTES]
        return self._piece

    def close(self) -> None:
        """Let go of the text."""
        self._data = b""
        self._piece.clear()


@lru_cache(maxsize=_READING_THREADS)
def _piece(thread: int) -> bytearray:  # noqa: ARG001 - what it is kept by
    """What a thread hands over, from one parse to the next."""
    return bytearray()


def edited(previous: Tree, old: str, text: str, data: bytes) -> Tree:
    """A copy of the tree of an old text that knows which part of it is no longer true of a text, with its bytes."""
    head, tail = common_ends(old, text)
    old_data = old.encode("utf-16-le", "surrogatepass")
    start = len(old[:head].encode("utf-16-le", "surrogatepass"))
    rest = len(old[len(old) - tail :].encode("utf-16-le", "surrogatepass")) if tail else 0
    tree = previous.copy()
    tree.edit(
        start_byte=start,
        old_end_byte=len(old_data) - rest,
        new_end_byte=len(data) - rest,
        start_point=_point(old, head),
        old_end_point=_point(old, len(old) - tail),
        new_end_point=_point(text, len(text) - tail),
    )
    return tree


def common_ends(old: str, text: str) -> tuple[int, int]:
    """How many characters two texts have in common at the start, and how many of the others at the end."""
    head = common_prefix_length(old, text)
    shorter = min(len(old), len(text)) - head
    return head, common_prefix_length(old[len(old) - shorter :][::-1], text[len(text) - shorter :][::-1])


def _point(text: str, offset: int) -> tuple[int, int]:
    row = text.count("\n", 0, offset)
    start = text.rfind("\n", 0, offset) + 1
    return row, len(text[start:offset].encode("utf-16-le", "surrogatepass"))
