"""What can be read of `initialize`: a value that nobody here knows must not keep a whole editor from being served.

Clients tell of everything that they can do, in the words of newer or other protocols too, and lsprotocol refuses a
message for a single unknown one. In comes the message as JSON, out comes lsprotocol's, without the parts that are
unreadable.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Final

import cattrs
from lsprotocol import types

log: Final = logging.getLogger(__name__)

ROUNDS: Final = 8
"""So often parts are left out before the message is given up: without one part another may be incomplete."""

Path = tuple[str | int, ...]

_NEEDED: Final[frozenset[Path]] = frozenset({(), ("params",), ("params", "capabilities")})
"""What cannot be left out. Capabilities that are null are none."""


def read_initialize(converter: cattrs.Converter, message: dict[str, Any]) -> types.InitializeRequest:
    """The request, as far as it can be read; what cannot is removed from the message.

    Raises:
        Exception: whatever the converter raises for a message that is beyond that.
    """
    params = message.get("params")
    if isinstance(params, dict) and params.get("capabilities") is None:
        params["capabilities"] = {}
    for _ in range(ROUNDS):
        try:
            return converter.structure(message, types.InitializeRequest)
        except cattrs.ClassValidationError as error:
            paths = list(_paths(error))
            if not isinstance(params, dict) or any(path in _NEEDED for path in paths):
                raise
            _leave_out_all(message, paths)
    return converter.structure(message, types.InitializeRequest)


def _paths(error: BaseException, above: Path = ()) -> Iterator[Path]:
    """Where the values are that could not be read, in attributes' names and lists' indices."""
    if not isinstance(error, BaseExceptionGroup):
        yield above
        return
    for one in error.exceptions:
        steps: list[str | int] = []
        for note in getattr(one, "__notes__", ()):
            if isinstance(note, cattrs.AttributeValidationNote):
                steps.append(note.name)
            elif isinstance(note, cattrs.IterableValidationNote):
                steps.append(note.index)
        yield from _paths(one, (*above, *steps))


def _leave_out_all(message: dict[str, Any], paths: list[Path]) -> None:
    for path in reversed(paths):  # Backwards, so that the indices of a list stay what they are.
        _leave_out(message, path)
        log.debug("Left out of initialize: %s", ".".join(map(str, path)))


def _leave_out(message: dict[str, Any], path: Path) -> None:
    """Remove the value at a path; where it is what is missing, that which misses it."""
    found: tuple[Any, str | int] | None = None
    at: Any = message
    for step in path:
        key = _json_name(step) if isinstance(step, str) else step
        if not _has(at, key):
            break
        found = (at, key)
        at = at[key]
    if found is not None and found[0] is not message:
        del found[0][found[1]]


def _has(holder: Any, key: str | int) -> bool:
    if isinstance(holder, dict):
        return key in holder
    return isinstance(holder, list) and isinstance(key, int) and key < len(holder)


def _json_name(attribute: str) -> str:
    """An attribute's name as the protocol spells it."""
    first, *others = attribute.strip("_").split("_")
    return first + "".join(other.capitalize() for other in others)
