"""Bodies in gzip, read as its specifications have them: under its old name too, and member after member.

The HTTP client knows neither the name `x-gzip`, which means the same (RFC 9110, section 8.4.1.3), nor that a file of
several members is the files in a row (RFC 1952, section 2.2), which is what a server sends that compresses each event.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any, Final

import httpx2

_NAMES: Final = frozenset({"gzip", "x-gzip"})
_FIRST_BYTE: Final = 0x1F
"""What every member begins with."""
_PIECE_BYTES: Final = 1024 * 1024
"""The most that is made of the compressed bytes at a time."""


def unpack(response: httpx2.Response) -> None:
    """Have the body of a response unpacked while it is read, if it is in gzip alone."""
    if response.headers.get("content-encoding", "").strip().lower() in _NAMES:
        response.stream = _Unpacked(response.stream)
        del response.headers["content-encoding"]


class _Unpacked(httpx2.AsyncByteStream):
    """The unpacked bytes of a packed stream."""

    def __init__(self, packed: Any) -> None:
        self._packed = packed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        members = _Members()
        async with aclosing(aiter(self._packed)) as chunks:
            async for chunk in chunks:
                try:
                    for piece in members.feed(chunk):
                        yield piece
                except zlib.error as error:
                    raise httpx2.DecodingError(str(error)) from error

    async def aclose(self) -> None:
        await self._packed.aclose()


class _Members:
    """Unpacks one member after the other; what follows the last of them is no part of the body."""

    def __init__(self) -> None:
        self._member = self._next()
        self._ended = False

    @staticmethod
    def _next() -> Any:
        return zlib.decompressobj(zlib.MAX_WBITS | 16)  # 16 asks for gzip and nothing else

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what some more packed bytes say.

        Raises:
            zlib.error: for what is no gzip.
        """
        piece = b""
        while not self._ended and (data or len(piece) == _PIECE_BYTES):
            if data and self._member.eof:
                self._ended = data[0] != _FIRST_BYTE
                self._member = self._next()
                continue
            piece = self._member.decompress(data, _PIECE_BYTES)
            data = self._member.unconsumed_tail or self._member.unused_data
            if piece:
                yield piece
