"""The wire protocols that the stand-in speaks: each route is a row, each vendor's error envelope a function.

In comes a request body that has been read as JSON; out goes an answer body or a stream of events in the shapes of
the OpenAI-compatible protocol. The words come from the model; this file knows only shapes. To add a route, write how
its body is understood and how its answer looks, and add a row to a profile. To add a vendor, add a profile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

MODEL: Final = "default"
"""The one model, `sandbox/default` to a user."""


class Refusal(Exception):  # noqa: N818 - it is an answer to the client, not a fault of ours
    """A request that is answered with an error.

    Attributes:
        status: the HTTP status.
        message: a sentence for the client.
        code: the machine-readable reason, or None.
        kind: the envelope's `type`.
        param: the field at fault, or None.
        headers: further response headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        kind: str = "invalid_request_error",
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.kind = kind
        self.param = param
        self.headers = headers or {}


@attrs.frozen(kw_only=True)
class Question:
    """What a request asks, whatever route it came by.

    `model` is None where the route names none. `messages` holds role and text of a chat, oldest first; `prefix` and
    `suffix` the text around a hole. One of the two is there. `max_tokens` None means no limit of the client's.
    """

    model: str | None = None
    messages: tuple[tuple[str, str], ...] = ()
    prefix: str | None = None
    suffix: str = ""
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    stream: bool = False
    include_usage: bool = False


@attrs.frozen(kw_only=True)
class Answered:
    """The model's words with what every envelope needs; tokens are words and marks as `count_tokens` counts them."""

    identifier: str
    model: str
    created: int
    pieces: tuple[str, ...]
    finish: str
    prompt_tokens: int
    completion_tokens: int

    @property
    def text(self) -> str:
        """The whole answer."""
        return "".join(self.pieces)

    @property
    def usage(self) -> dict[str, int]:
        """The envelope's usage object."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


@attrs.frozen
class Route:
    """One path that asks the model.

    `understand` raises `Refusal` for a body that makes no sense; `whole` is the body of a plain answer; `events` are
    the encoded events of a streamed one, the last included.
    """

    path: str
    understand: Callable[[Mapping[str, Any]], Question]
    whole: Callable[[Answered], Any]
    events: Callable[[Question, Answered], Iterator[bytes]]
    stream_type: str = "text/event-stream; charset=utf-8"


@attrs.frozen(kw_only=True)
class Profile:
    """A vendor.

    Attributes:
        name: as `--profile` takes it.
        routes: what asks the model.
        documents: what can be fetched, made of the time of the start.
        posted: what is asked for with a body and is no model's work.
        error: the shape of an error, made of the refusal and the path.
        base_path: where the OpenAI-compatible routes begin.
        models: the names that the model goes by, the first in the lists' order.
        words: what it says with a status that a scenario asks for, and with which headers, where that is known.
        any_organization: whether `/orgs/NAME` may stand before a path, whatever the name.
    """

    name: str
    routes: tuple[Route, ...]
    documents: Mapping[str, Callable[[int], Any]]
    error: Callable[[Refusal, str], Any]
    posted: Mapping[str, Callable[[Mapping[str, Any]], Any]] = MappingProxyType({})
    base_path: str = "/v1"
    models: tuple[str, ...] = (MODEL,)
    words: Mapping[int, tuple[str, Mapping[str, str]]] = MappingProxyType({})
    any_organization: bool = False

    def path_of(self, asked: str) -> str:
        """The path without an organization, where this vendor takes one."""
        return _ORGANIZATION.sub("", asked) if self.any_organization else asked

    def refusal(self, status: int) -> Refusal:
        """The vendor's usual refusal with a status, for a scenario that names nothing else."""
        usual = error_for_status(status)
        known = self.words.get(status)
        if known is None:
            return usual
        message, headers = known
        return Refusal(status, message, code=usual.code, kind=usual.kind, headers=headers)

    def check_model(self, model: str | None) -> str:
        """The model that answers.

        Raises:
            Refusal: with status 404, for one that there is not.
        """
        if model is None:
            return self.models[0]
        if model not in self.models:
            names = ", ".join(f"'{name}'" for name in self.models)
            many = "these models" if len(self.models) > 1 else "one model"
            raise Refusal(
                404,
                f"The model '{model[:200]}' does not exist; this server has {many}, {names}.",
                code="model_not_found",
                param="model",
            )
        return model


_ORGANIZATION: Final = re.compile(r"\A/orgs/[^/]+(?=/)")
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")


def count_tokens(text: str) -> int:
    """Count words and marks: the stand-in's notion of a token, close enough to be of use in totals."""
    return sum(1 for _ in _TOKEN.finditer(text))


def cut_to_tokens(text: str, limit: int | None) -> tuple[str, bool]:
    """The text up to so many tokens, and whether anything was cut off."""
    if limit is None:
        return text, False
    for index, match in enumerate(_TOKEN.finditer(text)):
        if index == limit:
            return text[: match.start()], True
    return text, False


_REASONS: Final[Mapping[int, tuple[str, str, str | None]]] = MappingProxyType(
    {
        400: ("The request could not be understood.", "invalid_request_error", None),
        401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
        403: ("You are not allowed to use this model.", "invalid_request_error", "no_access"),
        404: ("The model does not exist.", "invalid_request_error", "model_not_found"),
        408: ("The request took too long.", "timeout", None),
        410: ("This service has been retired.", "invalid_request_error", "gone"),
        413: ("The request is too large.", "invalid_request_error", "request_too_large"),
        429: ("Rate limit reached.", "requests", "rate_limit_exceeded"),
    }
)


def error_for_status(status: int) -> Refusal:
    """The usual refusal with a status, for a scenario that names nothing else."""
    message, kind, code = _REASONS.get(status, ("The server had an error.", "server_error", None))
    return Refusal(status, message, kind=kind, code=code)


def encoded(data: Any, *, compact: bool = False) -> bytes:
    """Data as JSON in UTF-8; what a client sent of half a character becomes a question mark."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":") if compact else None)
    return text.encode("utf-8", "replace")


# ---- understanding a body


def require_model(body: Mapping[str, Any]) -> str:
    """The model that a body names.

    Raises:
        Refusal: when it names none.
    """
    model = body.get("model")
    if model is None:
        raise Refusal(400, "you must provide a model parameter", param="model")
    if not isinstance(model, str):
        raise invalid("model", "a string")
    return model


def invalid(param: str, expected: str) -> Refusal:
    """The refusal of a field whose value is not what it must be."""
    return Refusal(400, f"Invalid value for '{param}': expected {expected}.", code="invalid_value", param=param)


def flag(body: Mapping[str, Any], name: str) -> bool:
    """A field that is true or false; absent is false."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(name, "true or false")
    return bool(value)


def _limit(body: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise invalid(name, "an integer of at least 1")
        return value
    return None


def stops(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts at which the answer ends."""
    value = body.get("stop")
    if value is None:
        return ()
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops):
        raise invalid("stop", "a string or a list of strings")
    return tuple(stop for stop in stops if stop)


def _check_sampling(body: Mapping[str, Any]) -> None:
    for name, highest in (("temperature", 2.0), ("top_p", 1.0)):
        value = body.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= highest:
            raise invalid(name, f"a number from 0 to {highest:g}")
    if body.get("n") is not None and body["n"] != 1:
        raise invalid("n", "1")


def _include_usage(body: Mapping[str, Any], stream: bool) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise invalid("stream_options", "an object")
    if not stream:
        raise Refusal(
            400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    return flag(options, "include_usage")


def content(value: Any, where: str) -> str:
    """The text of a message, given whole or in parts."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise invalid(where, "a string or a list of parts")
    texts: list[str] = []
    for part in value:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise invalid(where, "parts of type 'text'")
        texts.append(part["text"])
    return "".join(texts)


def understand_chat(body: Mapping[str, Any]) -> Question:
    """Read the body of `/chat/completions`."""
    model = require_model(body)
    _check_sampling(body)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("messages", "a list with at least one message")
    read: list[tuple[str, str]] = []
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise invalid(f"messages[{index}]", "an object with a role and content")
        read.append((message["role"], content(message.get("content"), f"messages[{index}].content")))
    stream = flag(body, "stream")
    return Question(
        model=model,
        messages=tuple(read),
        max_tokens=_limit(body),
        stop=stops(body),
        stream=stream,
        include_usage=_include_usage(body, stream),
    )


def understand_completion(body: Mapping[str, Any]) -> Question:
    """Read the body of `/completions`, `suffix` included (the fill-in-the-middle form of that route)."""
    model = require_model(body)
    _check_sampling(body)
    prompt = body.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise invalid("prompt", "one string")
    suffix = body.get("suffix")
    if suffix is not None and not isinstance(suffix, str):
        raise invalid("suffix", "a string")
    stream = flag(body, "stream")
    return Question(
        model=model,
        prefix=prompt,
        suffix=suffix or "",
        max_tokens=_limit(body),
        stop=stops(body),
        stream=stream,
        include_usage=_include_usage(body, stream),
    )
