"""What a command was called with: one JSON object, checked field by field before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeGuard

import attrs
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from aurelis.core.positions import Position

CONTEXT_DOCUMENTS: Final = 20
"""How many other documents one command may name."""

BATCH_ITEMS: Final = 1000
"""How many items one batch may hold."""

METADATA_ENTRIES: Final = 50
"""How many entries `metadata` may hold."""

LARGEST_NUMBER: Final = 2**31 - 1
"""Lines, characters and tokens are LSP's `uinteger`."""

MOST_TEMPERATURE: Final = 2.0
"""The hottest that any known provider takes."""

Priority = Literal["preference", "performance", "cost"]


@attrs.frozen
class Span:
    """A range in the client's units."""

    start: Position
    end: Position


@attrs.frozen(kw_only=True)
class CommandArguments:
    """The object that task commands share; see docs/protocol.md."""

    uri: str | None = None
    span: Span | None = None
    position: Position | None = None
    instruction: str | None = attrs.field(default=None, repr=False)
    question: str | None = attrs.field(default=None, repr=False)
    context: tuple[str, ...] = ()
    folder: str | None = None
    model: str | None = None
    priority: Priority | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    metadata: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    apply: bool = False
    progress_token: types.ProgressToken | None = None


def task_arguments(params: types.ExecuteCommandParams) -> CommandArguments:
    """Read a task command's arguments; unknown fields are ignored.

    Raises:
        JsonRpcInvalidParams: when a field has the wrong shape; the message names the field and what it should be.
    """
    data = single_object(params)
    return CommandArguments(
        uri=document_uri(data.get("textDocument")),
        span=span(data.get("range")),
        position=None if data.get("position") is None else position(data["position"], "position"),
        instruction=text(data, "instruction"),
        question=text(data, "question"),
        context=_context(data.get("context")),
        folder=text(data, "folder"),
        model=text(data, "model"),
        priority=_priority(data.get("priority")),
        temperature=_number(data.get("temperature")),
        max_tokens=whole_number(data, "maxTokens", least=1),
        metadata=_metadata(data.get("metadata")),
        apply=flag(data, "apply"),
        progress_token=progress_token(data),
    )


def single_object(params: types.ExecuteCommandParams) -> Mapping[str, Any]:
    """The one object that a command was given; an empty one for none.

    Raises:
        JsonRpcInvalidParams: when there is something else.
    """
    given: Sequence[Any] = params.arguments or ()
    if not given or given[0] is None:
        return {}
    if len(given) != 1 or not isinstance(given[0], Mapping):
        raise wrong("arguments", "one object")
    return given[0]


def wrong(field: str, expected: str) -> JsonRpcInvalidParams:
    """The error for a field of the wrong shape."""
    return JsonRpcInvalidParams(f"'{field}' must be {expected}.")


def text(data: Mapping[str, Any], field: str, *, required: bool = False) -> str | None:
    """A string."""
    value = data.get(field)
    if value is None and not required:
        return None
    if not isinstance(value, str):
        raise wrong(field, "a string")
    return value


def flag(data: Mapping[str, Any], field: str) -> bool:
    """A boolean; False when it is missing."""
    value = data.get(field)
    if value is not None and not isinstance(value, bool):
        raise wrong(field, "true or false")
    return bool(value)


def whole_number(data: Mapping[str, Any], field: str, *, least: int) -> int | None:
    """A whole number."""
    value = data.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST_NUMBER:
        raise wrong(field, f"a whole number from {least}")
    return value


def document_uri(value: Any) -> str | None:
    """The URI of a `TextDocumentIdentifier`."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("uri"), str):
        raise wrong("textDocument", "an object with a 'uri'")
    uri: str = value["uri"]
    return uri


def span(value: Any) -> Span | None:
    """A range; its ends are put in order."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise wrong("range", "an object with 'start' and 'end'")
    start = position(value.get("start"), "range.start")
    end = position(value.get("end"), "range.end")
    return Span(min(start, end), max(start, end))


def position(value: Any, field: str) -> Position:
    """A position."""
    if isinstance(value, Mapping):
        line, character = value.get("line"), value.get("character")
        if _is_unsigned(line) and _is_unsigned(character):
            return Position(line, character)
    raise wrong(field, "an object with 'line' and 'character' from 0")


def progress_token(data: Mapping[str, Any]) -> types.ProgressToken | None:
    """The token that a client which cannot set `workDoneToken` gives."""
    value = data.get("progressToken")
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise wrong("progressToken", "a string or a number")
    return value


def _is_unsigned(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_NUMBER


def _context(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong("context", "a list of URIs")
    if len(value) > CONTEXT_DOCUMENTS:
        raise wrong("context", f"a list of at most {CONTEXT_DOCUMENTS} URIs")
    return tuple(value)


def _priority(value: Any) -> Priority | None:
    if value is None:
        return None
    if value == "preference" or value == "performance" or value == "cost":  # noqa: PLR1714 -- mypy narrows these, not a set
        return value  # type: ignore[no-any-return]  # just compared with all three
    raise wrong("priority", "preference, performance or cost")


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_TEMPERATURE:
        raise wrong("temperature", f"a number from 0 to {MOST_TEMPERATURE:g}")
    return float(value)


def _metadata(value: Any) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > METADATA_ENTRIES:
        raise wrong("metadata", f"an object of at most {METADATA_ENTRIES} entries")
    return {str(name): item if isinstance(item, str) else str(item) for name, item in value.items()}
