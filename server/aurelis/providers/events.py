"""Server-sent events and lines of JSON, read from bytes as they come.

In comes whatever the network delivers, split anywhere; out come decoded JSON objects. Written for servers as they are:
CRLF, LF or CR, comments, data over several lines, no blank line between events, no `[DONE]`, no newline at the end,
bare lines of JSON (Ollama), one object over many lines, JSON sequences, an error object without any field name. Source
of the format: the HTML standard, section "Server-sent events".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

MAX_EVENT_BYTES: Final = 16 * 1024 * 1024
"""Bound of one line, one event and one JSON body: an answer of 2,000,000 characters, escaped, fits."""


_AROUND_JSON: Final = b" \t\x1e"
"""White space, and what begins a text of a JSON sequence (RFC 7464)."""


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
        return json.loads(data.decode())  # as below, without a guess at the encoding
    except RecursionError as error:
        raise MalformedStreamError("not JSON") from error
    except ValueError:
        pass
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

    `done` tells whether `[DONE]` was seen; `read` counts objects and comments, by which servers keep a silent stream
    alive.
    """

    def __init__(self) -> None:
        self.done = False
        self.read = 0
        self._rest = bytearray()  # Of a line that has not ended yet.
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._event = b""
        self._first = True
        self._bare = False  # Within an object over several lines without field names.
        self._after_carriage_return = False

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        """Yield the objects that became complete.

        Raises:
            MalformedStreamError: for data that is not JSON or is too large.
        """
        if not self.done:
            yield from self._complete(chunk)

    def _complete(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        whole, newline, rest = self._by_newlines(chunk).rpartition(b"\n")
        if newline:
            lines = whole.split(b"\n")
            if self._rest:
                lines[0] = bytes(self._rest) + lines[0]
                self._rest.clear()
            for line in lines:
                value = self._line(line)
                if value is not None:
                    self.read += 1
                    yield value
                if self.done:
                    return
        self._rest += rest
        if len(self._rest) > MAX_EVENT_BYTES:
            raise StreamTooLargeError("a line is too long")

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield what the end of the stream completes.

        Raises:
            MalformedStreamError: when the stream ends within an object.
        """
        if self.done:
            return
        rest = bytes(self._rest)
        self._rest.clear()
        for value in (self._line(rest) if rest else None, self._dispatch()):
            if value is not None:
                yield value

    def _by_newlines(self, chunk: bytes) -> bytes:
        """The bytes with each line ended by LF alone; a CR LF that the network split is one end."""
        if self._after_carriage_return and chunk:
            self._after_carriage_return = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" not in chunk:
            return chunk
        self._after_carriage_return = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _line(self, line: bytes) -> dict[str, Any] | None:
        """The object that a line completes, if it does."""
        if self._first:
            self._first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            return self._dispatch()
        if self._bare:
            self._keep(line)
            return self._dispatch() if line.rstrip() == b"}" else None
        field, _, value = line.partition(b":")
        if field == b"data":
            return self._value(value.removeprefix(b" "))
        bare = line.strip(_AROUND_JSON)
        if bare[:1] == b"{":
            found = self._value(bare)
            self._bare = found is None
            return found
        if not field:
            self.read += 1
        elif field == b"event":
            self._event = value.strip()
        elif field == b"error":
            self._event = b"error"
            return self._value(value.strip())
        return None

    def _value(self, data: bytes) -> dict[str, Any] | None:
        if not self._data:
            stripped = data.strip()
            if stripped == b"[DONE]":
                self.done = True
                return None
            if stripped[:1] == b"{" and stripped[-1:] == b"}":
                try:
                    value: dict[str, Any] = decode_json(stripped)
                except MalformedStreamError:
                    pass
                else:
                    return self._named(value)
        self._keep(data)
        return None

    def _keep(self, data: bytes) -> None:
        self._data.append(data)
        self._data_bytes += len(data)
        if self._data_bytes > MAX_EVENT_BYTES:
            raise StreamTooLargeError("an event is too long")

    def _dispatch(self) -> dict[str, Any] | None:
        lines, self._data, self._data_bytes, self._bare = self._data, [], 0, False
        named = None
        if lines and any(line.strip() for line in lines):
            named = self._named(self._object(b"\n".join(lines)))
        self._event = b""
        return named

    def _object(self, data: bytes) -> dict[str, Any]:
        """The object of an event's data; an error may be told in plain words."""
        try:
            value = decode_json(data)
        except MalformedStreamError:
            if self._event != b"error":
                raise
            value = data.decode("utf-8", "replace")
        if isinstance(value, dict):
            return value
        if self._event != b"error":
            raise MalformedStreamError("not an object")
        return {"error": value}

    def _named(self, value: dict[str, Any]) -> dict[str, Any]:
        if self._event == b"error" and "error" not in value:
            return {"error": value}
        return value
