"""How failures reach the client: the contract's error codes and data, and never more than a sentence."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from aurelis.core.errors import ErrorKind, RequestError


def request_failed(error: RequestError) -> JsonRpcException:
    """An explicit request's failure: -32803 with `{kind, retryAfterSeconds?, requestId}`."""
    return JsonRpcException(error.message, types.LSPErrorCodes.RequestFailed.value, error_data(error))


def content_modified(message: str) -> JsonRpcException:
    """The document changed so far that a resolved edit no longer fits: -32801."""
    return JsonRpcException(message, types.LSPErrorCodes.ContentModified.value)


def declined() -> JsonRpcException:
    """The person was asked and wants no edit: -32800, which editors pass over in silence."""
    return JsonRpcException("The change was discarded.", types.LSPErrorCodes.RequestCancelled.value)


def refusal(kind: ErrorKind, message: str) -> JsonRpcException:
    """A request that is refused before any task was started: -32803."""
    return request_failed(RequestError(kind, message))


def error_data(error: RequestError) -> dict[str, Any]:
    """What a program can read of a failure."""
    # What failed before a task had begun has no id yet; clients rely on one.
    data: dict[str, Any] = {"kind": error.kind.value, "requestId": error.request_id or uuid4().hex}
    if error.retry_after_seconds is not None:
        data["retryAfterSeconds"] = error.retry_after_seconds
    return data
