"""Server-sent events and lines of JSON, read from bytes as they come.

In comes whatever the network delivers, split anywhere; out come decoded JSON objects. Written for servers as they are:
CRLF, LF or CR, comments, data over several lines, no blank line between events, no `[DONE]`, no newline at the end,
bare lines of JSON (Ollama), an error object without any field name. Source of the format: the HTML standard, section
"Server-sent events".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

MAX_EVENT_BYTES: Final = 16 * 1024 * 1024
"""Bound of one line, one event and one JSON body: an answer of 2,000,000 characters, escaped, fits."""


class MalformedStreamError(ValueError):
    """The stream is not what its format promises."""


class StreamTooLargeError(MalformedStreamError):
    """A line or event is larger than any sensible one."""


def decode_json(data: bytes) -> Any:
    """Decode one JSON value.

    Raises:
        MalformedStreamError: for anything that is not one, too deep a nesting included.
    """
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    except (ValueError, RecursionError) as error:
        raise MalformedStreamError("not JSON") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedStreamError("not JSON") from error


class EventReader:
    """Turns bytes into JSON objects.

    `done` tells whether `[DONE]` was seen; `comments` counts the comments, by which servers keep a silent stream alive.
    """

    def __init__(self) -> None:
        self.done = False
        self.comments = 0
        self._buffer = bytearray()
        self._searched = 0
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._event = b""
        self._first = True
        self._after_carriage_return = False

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        """Yield the objects that became complete.

        Raises:
            MalformedStreamError: for data that is not JSON or is too large.
        """
        buffer = self._buffer
        buffer += self._by_newlines(chunk)
        start = 0
        while not self.done and (end := buffer.find(b"\n", max(start, self._searched))) >= 0:
            line = bytes(buffer[start:end])
            start = end + 1
            self._searched = start
            yield from self._line(line)
        del buffer[:start]
        self._searched = len(buffer)
        if len(buffer) > MAX_EVENT_BYTES:
            raise StreamTooLargeError("a line is too long")

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield what the end of the stream completes.

        Raises:
            MalformedStreamError: when the stream ends within an object.
        """
        if self.done:
            return
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        if rest:
            yield from self._line(rest)
        yield from self._dispatch()

    def _by_newlines(self, chunk: bytes) -> bytes:
        """The bytes with each line ended by LF alone; a CR LF that the network split is one end."""
        if self._after_carriage_return and chunk:
            self._after_carriage_return = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" not in chunk:
            return chunk
        self._after_carriage_return = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _line(self, line: bytes) -> Iterator[dict[str, Any]]:
        if self._first:
            self._first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            yield from self._dispatch()
            return
        if line.lstrip()[:1] == b"{":
            yield from self._value(line.strip())
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            yield from self._value(value)
        elif not field:
            self.comments += 1
        elif field == b"event":
            self._event = value.strip()
        elif field == b"error":
            self._event = b"error"
            yield from self._value(value.strip())

    def _value(self, data: bytes) -> Iterator[dict[str, Any]]:
        if not self._data:
            stripped = data.strip()
            if stripped == b"[DONE]":
                self.done = True
                return
            if stripped[:1] == b"{" and stripped[-1:] == b"}":
                try:
                    value = decode_json(stripped)
                except MalformedStreamError:
                    pass
                else:
                    yield self._named(value)
                    return
        self._data.append(data)
        self._data_bytes += len(data)
        if self._data_bytes > MAX_EVENT_BYTES:
            raise StreamTooLargeError("an event is too long")

    def _dispatch(self) -> Iterator[dict[str, Any]]:
        lines, self._data, self._data_bytes = self._data, [], 0
        if lines and any(line.strip() for line in lines):
            value = decode_json(b"\n".join(lines))
            if not isinstance(value, dict):
                raise MalformedStreamError("not an object")
            yield self._named(value)
        self._event = b""

    def _named(self, value: dict[str, Any]) -> dict[str, Any]:
        if self._event == b"error" and "error" not in value:
            return {"error": value}
        return value
