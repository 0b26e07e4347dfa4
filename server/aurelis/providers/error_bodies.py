"""What an error body says, whatever its shape.

In come bytes, or the decoded `error` value of a stream; out come `Details`. Gateways answer objects, arrays, strings,
plain text, pages and nothing, and put one error inside another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from aurelis.providers.events import MalformedStreamError, decode_json

_DEEPEST: Final = 6
"""Deeper than any real error body nests."""
_PLAIN_BYTES: Final = 4096
_MESSAGE_IN_PART: Final = re.compile(r'"(?:message|detail|error)"\s*:\s*"([^"\\]{1,1000})')
"""The message within an object that is cut off, or too deep to be decoded; up to its first escape."""
_LONGEST_SECONDS: Final = 10**9
_MOST_HEADERS: Final = 32
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_INNER: Final = (
    *("error", "message", "detail", "innererror", "details", "error_description", "errors", "metadata", "raw"),
)


@attrs.frozen
class Details:
    """What was said.

    `codes` are all codes, types and reasons in lower case, `status` an HTTP status in the body, `headers` those of
    another server's answer that a gateway passes on inside its own, names in lower case.
    """

    message: str = ""
    codes: frozenset[str] = frozenset()
    parameter: str = ""
    status: int | None = None
    retry_delay: str = ""
    headers: Mapping[str, str] = _NO_HEADERS


def read_details(body: bytes | Any) -> Details:
    """Read an error from a body (bytes) or from its decoded `error` value."""
    found = _Found()
    if isinstance(body, bytes):
        try:
            found.read(decode_json(body), 0)
        except MalformedStreamError:
            text = body[:_PLAIN_BYTES].decode("utf-8", "replace").strip()
            return _read_text(text)
    else:
        found.read({"error": body}, 0)
    return Details(
        found.message, frozenset(found.codes), found.parameter, found.status, found.retry_delay, found.headers
    )


def _read_text(text: str) -> Details:
    if text.startswith("<") or "\0" in text:
        return Details()  # a page, or no text
    part = _MESSAGE_IN_PART.search(text) if text.startswith(("{", "[{")) else None
    return Details(message=text if part is None else part[1].strip())


def _http_status(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and value.isascii():
        value = int(value[:4])
    known = isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599  # noqa: PLR2004 - an HTTP error
    return value if known else None


def _delay(value: dict[str, Any]) -> str:
    if isinstance(value.get("retryDelay"), str):
        return str(value["retryDelay"])
    for name in ("retry_after", "retryAfter", "retry_after_seconds"):
        seconds = value.get(name)
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds <= _LONGEST_SECONDS:
            return f"{seconds:f}s"
    return ""


class _Found:
    """Collects; the outermost message, parameter and status win."""

    def __init__(self) -> None:
        self.message = ""
        self.codes: set[str] = set()
        self.parameter = ""
        self.status: int | None = None
        self.retry_delay = ""
        self.headers: dict[str, str] = {}

    def read(self, value: Any, depth: int) -> None:
        """Read any value, to a bounded depth."""
        if depth > _DEEPEST:
            return
        if isinstance(value, str):
            self._text(value.strip(), depth)
        elif isinstance(value, list):
            self._list(value, depth)
        elif isinstance(value, dict):
            self._object(value, depth)

    def _text(self, text: str, depth: int) -> None:
        if text.startswith("{"):
            try:
                inner = decode_json(text.encode("utf-8", "replace"))
            except MalformedStreamError:
                pass
            else:
                self.read(inner, depth + 1)
                return
        self.message = self.message or text

    def _list(self, value: list[Any], depth: int) -> None:
        texts = []
        for item in value[:8]:
            if isinstance(item, str):
                texts.append(item)
            elif isinstance(item, dict) and isinstance(item.get("msg"), str):
                place = item.get("loc")
                parts = [str(part) for part in place if isinstance(part, str | int)] if isinstance(place, list) else []
                texts.append(": ".join([".".join(parts), item["msg"]]) if parts else item["msg"])
            else:
                self.read(item, depth + 1)
        self.message = self.message or "; ".join(texts)

    def _object(self, value: dict[str, Any], depth: int) -> None:
        for name in ("code", "type", "reason", "status"):
            if isinstance(value.get(name), str):
                self.codes.add(value[name].strip().lower())
        for name in ("code", "status", "status_code", "statusCode"):
            self.status = self.status or _http_status(value.get(name))
        if isinstance(value.get("param"), str):
            self.parameter = self.parameter or value["param"]
        self.retry_delay = _delay(value) or self.retry_delay
        if isinstance(value.get("headers"), dict):
            few = list(value["headers"].items())[:_MOST_HEADERS]
            self.headers |= {str(name).lower(): text for name, text in few if isinstance(text, str)}
        for name in _INNER:
            if name in value:
                self.read(value[name], depth + 1)
