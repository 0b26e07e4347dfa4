"""Cut a stream of bytes into JSON-RPC messages (LSP 3.18, "Base Protocol"), whatever the stream may hold.

Bytes come in as they arrive; whole message bodies go out, and in place of a body that is too large a note of it. A
wrong length costs the message that it belongs to: the next header that can be recognised is where reading goes on.
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
        self._skipped = 0
        self._head = b""

    def feed(self, data: bytes) -> Iterator[bytes | Oversized]:
        """Take more bytes and yield what is complete now."""
        self._buffer += data
        while self._in_body or self._read_header():
            length = self._length or 0
            if length > self._limit:
                if not self._skip(length):
                    return
                yield Oversized(length, self._head)
            elif len(self._buffer) < length:
                return
            else:
                body = bytes(self._buffer[:length])
                del self._buffer[:length]
                self._reset()
                yield body

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

    def _skip(self, length: int) -> bool:
        if not self._skipped:
            if len(self._buffer) < min(HEAD_BYTES, length):
                return False
            self._head = bytes(self._buffer[: min(HEAD_BYTES, length)])
        step = min(len(self._buffer), length - self._skipped)
        del self._buffer[:step]
        self._skipped += step
        if self._skipped < length:
            return False
        self._reset()
        return True

    def _reset(self) -> None:
        self._length = None
        self._in_body = False
        self._skipped = 0
