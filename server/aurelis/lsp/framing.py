"""Cut a stream of bytes into JSON-RPC messages (LSP 3.18, "Base Protocol"), whatever the stream may hold.

Bytes come in as they arrive; whole message bodies go out, and in place of a body that is too large a note of it. A
wrong length costs the message that it belongs to, however long it claims to be: the next header is where reading goes
on. That is certain, as JSON can hold no header: a line break within a string is written as an escape (RFC 8259, 7).
Nothing here does input or output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

MESSAGE_BYTES: Final = 32 * 1024 * 1024
"""The largest body that is taken; a larger one is read past and answered with an error."""

HEADER_BYTES: Final = 8 * 1024
"""The longest header line; what is longer is no header."""

HEAD_BYTES: Final = 512
"""How much of the start of a body that is too large is kept, to find the request's id in it."""

_CONTENT_LENGTH: Final = re.compile(rb"content-length:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE)

_NEXT_HEADER: Final = re.compile(rb"Content-Length: ?\d{1,15}\r\n")
"""A header within a body, spelled as clients spell it: with letters of either case the search would take ten times as
long."""

_NEXT_HEADER_BYTES: Final = 40
"""More than the longest of them."""


@attrs.frozen
class Oversized:
    """A body that was read past: its length in bytes, and how it began."""

    length: int
    head: bytes = attrs.field(repr=False)


class MessageFramer:
    """The state of one stream."""

    def __init__(self, *, limit: int = MESSAGE_BYTES) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._length: int | None = None
        self._in_body = False
        self._searched = 0
        self._skipped = 0
        self._head = b""

    def feed(self, data: bytes) -> Iterator[bytes | Oversized]:
        """Take more bytes and yield what is complete now."""
        self._buffer += data
        while self._in_body or self._read_header():
            length = self._length or 0
            end = self._end_of_body(length)
            if length > self._limit:
                if not self._skip(length, end):
                    return
                yield Oversized(length, self._head)
            elif end is None:
                return
            else:
                body = bytes(self._buffer[:end])
                del self._buffer[:end]
                yield body
            self._reset()

    def _read_header(self) -> bool:
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if match := _CONTENT_LENGTH.search(line):
                self._length = int(match.group(1))
            elif self._length is not None and not line.strip():
                self._in_body = True
                return True
        if len(self._buffer) > HEADER_BYTES:
            del self._buffer[: -HEADER_BYTES // 2]
        return False

    def _end_of_body(self, length: int) -> int | None:
        """Where the body ends in the buffer: at its length, or before the next message; None when more is to come."""
        left = length - self._skipped
        found = _NEXT_HEADER.search(self._buffer, self._searched, left + _NEXT_HEADER_BYTES)
        if found is not None and found.start() < left:
            return found.start()
        self._searched = max(0, min(len(self._buffer), left) - _NEXT_HEADER_BYTES)
        return left if len(self._buffer) >= left else None

    def _skip(self, length: int, end: int | None) -> bool:
        """Read past what is there of a body that is too large; whether its end was reached."""
        if not self._skipped and not self._head:
            if end is None and len(self._buffer) < min(HEAD_BYTES, length):
                return False
            self._head = bytes(self._buffer[: min(HEAD_BYTES, len(self._buffer) if end is None else end)])
        # The end of the buffer stays: a header may have begun in it.
        step = max(0, len(self._buffer) - _NEXT_HEADER_BYTES) if end is None else end
        del self._buffer[:step]
        self._skipped += step
        self._searched = max(0, self._searched - step)
        return end is not None

    def _reset(self) -> None:
        self._length = None
        self._in_body = False
        self._searched = 0
        self._skipped = 0
        self._head = b""
