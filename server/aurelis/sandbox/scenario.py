"""Answers that go wrong on purpose: a finite list of steps, each used up by one request.

In comes a JSON list (a file, or plain data from a test); out come `Step` values that the server obeys. When all steps
are used up the server answers normally.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import attrs

from aurelis.core.errors import ErrorKind, RequestError

MAX_STEPS: Final = 10_000
"""Most steps that one scenario may hold."""

MAX_SCENARIO_BYTES: Final = 16 * 1024 * 1024
"""Largest scenario file that is read."""

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_TEXT: Final = re.compile(r"[ -~]*")
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Step:
    """What happens to one request instead of, or on top of, the normal answer.

    Attributes:
        status: the HTTP status; 0 closes the connection without any answer.
        headers: sent in addition to (or instead of) the usual ones.
        body: sent as it is when it is a string, as JSON when it is anything else. None means the normal answer for a
            status below 300 and the profile's usual error for any other.
        delay_seconds: how long the answer's first byte is held back.
        cut_after: the connection is closed after so many bytes of the body.
        malformed: a stream gets one broken event in its middle, a plain answer loses its second half.
        hold_after: after the event that completes so many bytes of the body nothing more comes until
            `Sandbox.release()` is called or the client goes away.
        path: only a request for this path uses the step up; None means any model request (POST).
    """

    status: int = 200
    headers: Mapping[str, str] = _NO_HEADERS
    body: Any = None
    delay_seconds: float = 0.0
    cut_after: int | None = None
    malformed: bool = False
    hold_after: int | None = None
    path: str | None = None

    def applies_to(self, method: str, path: str) -> bool:
        """Whether a request of this method and path uses the step up."""
        return path == self.path if self.path is not None else method == "POST"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_status(value: Any) -> bool:
    return _is_count(value) and (value == 0 or 200 <= value <= 599)  # noqa: PLR2004 - the range of final statuses


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600  # noqa: PLR2004 - an hour is enough for any test


def _is_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str)
        and _HEADER_NAME.fullmatch(name)
        and isinstance(text, str)
        and _HEADER_TEXT.fullmatch(text)
        for name, text in value.items()
    )


_FIELDS: Final = MappingProxyType(
    {
        "status": ("status", _is_status, "0 or an HTTP status from 200 to 599"),
        "headers": ("headers", _is_headers, "an object of strings"),
        "body": ("body", lambda _value: True, "anything"),
        "delaySeconds": ("delay_seconds", _is_seconds, "seconds from 0 to 3600"),
        "cutAfter": ("cut_after", lambda value: value is None or _is_count(value), "a number of bytes"),
        "malformed": ("malformed", lambda value: isinstance(value, bool), "true or false"),
        "holdAfter": ("hold_after", lambda value: value is None or _is_count(value), "a number of bytes"),
        "path": ("path", lambda value: value is None or isinstance(value, str), "a request path"),
    }
)


def read_step(data: Any, where: str = "step") -> Step:
    """Make a step of plain data in the contract's spelling (camelCase).

    Raises:
        RequestError: of kind `configuration`, naming the place, what was expected, and nothing else of the content.
    """
    if not isinstance(data, dict):
        raise _unreadable(f"{where} is not an object")
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in _FIELDS:
            raise _unreadable(f"{where} has the unknown field '{key}' (known: {', '.join(_FIELDS)})")
        name, accepts, expected = _FIELDS[key]
        if not accepts(value):
            raise _unreadable(f"{where}.{key} must be {expected}")
        values[name] = value
    return Step(**values)


def read_steps(data: Any) -> tuple[Step, ...]:
    """Make steps of a list of plain data; ready-made `Step` values pass through.

    Raises:
        RequestError: of kind `configuration`.
    """
    if isinstance(data, str | bytes | Mapping) or not isinstance(data, Iterable):
        raise _unreadable("it is not a list of steps")
    steps = tuple(item if isinstance(item, Step) else read_step(item, f"[{index}]") for index, item in enumerate(data))
    if len(steps) > MAX_STEPS:
        raise _unreadable(f"it has more than {MAX_STEPS} steps")
    return steps


def load_scenario(path: Path) -> tuple[Step, ...]:
    """Read a scenario file (UTF-8 JSON).

    Raises:
        RequestError: of kind `configuration`, when the file cannot be read or understood.
    """
    try:
        if path.stat().st_size > MAX_SCENARIO_BYTES:
            raise _unreadable(f"{path} is larger than {MAX_SCENARIO_BYTES} bytes")
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise _unreadable(f"{path}: {error.strerror or 'it cannot be opened'}") from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"{path} is not JSON in UTF-8") from error
    return read_steps(data)


def _unreadable(why: str) -> RequestError:
    return RequestError(
        ErrorKind.CONFIGURATION, f"The scenario cannot be read: {why}. Write a JSON list of steps and try again."
    )
