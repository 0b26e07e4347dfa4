"""The body of a chat request in one vendor's and one model's words, and what is learned when a word is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import attrs

from aurelis.core.request import Message, Parameters, RedactedRequest
from aurelis.providers.error_bodies import Details
from aurelis.providers.profile import Profile

Known = Callable[[str], Any]

_REFUSAL: Final = re.compile(
    r"(?i)unsupported|not supported|does not support|unrecogni[sz]ed|unknown (?:field|parameter|name)|not permitted|"
    r"not allowed|unexpected|extra inputs|extra fields|invalid parameter|cannot be (?:set|used)|deprecated"
)
_SYSTEM: Final = re.compile(
    r"(?i)system (?:role|message|prompt)|role:? ['\"]?system|['\"]system['\"]|messages\[0\]\.role"
)


def _merge_system(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    """The messages without the role system: its text goes before the first message of the user."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    rest = [{"role": message.role, "content": message.content} for message in messages if message.role != "system"]
    if not system:
        return rest
    if rest and rest[0]["role"] == "user":
        return [{"role": "user", "content": f"{system}\n\n{rest[0]['content']}"}, *rest[1:]]
    return [{"role": "user", "content": system}, *rest]


def chat_body(
    request: RedactedRequest,
    model: str,
    profile: Profile,
    known: Known,
    *,
    refused: frozenset[str],
    system_role: bool,
    longest: int | None = None,
) -> dict[str, Any]:
    """The body of `chat/completions`.

    `known` is the profile's word on a field of this model; `refused` are the parameters that it is known to refuse;
    `longest` is the longest answer in tokens, if it is known.
    """
    parameters = bounded(request.request.parameters, longest)
    if system_role and "system" not in refused:
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
    else:
        messages = _merge_system(request.messages)
    streams = known("streams") is not False
    body: dict[str, Any] = {"model": model, "messages": messages, "stream": streams}
    if streams and profile.stream_usage:
        body["stream_options"] = {"include_usage": True}
    if parameters.temperature is not None and profile.temperature and known("temperature") is not False:
        body["temperature"] = min(parameters.temperature, profile.hottest)
    field = bound_field(known("max_tokens_field") or profile.max_tokens_field, refused)
    if parameters.max_tokens is not None and field:
        body[field] = parameters.max_tokens
    if parameters.stop:
        body["stop"] = list(parameters.stop)
    if not request.request.reasoning:
        row = known("reasoning_off")
        body |= profile.reasoning_off if row is None else row
    return {name: value for name, value in body.items() if name not in refused}


def bounded(parameters: Parameters, longest: int | None) -> Parameters:
    """The parameters with no longer an answer than the model gives: the one place where that is looked after."""
    if longest is None or parameters.max_tokens is None or parameters.max_tokens <= longest:
        return parameters
    return attrs.evolve(parameters, max_tokens=longest)


def bound_field(preferred: str, refused: frozenset[str]) -> str:
    """The name of the parameter that bounds the answer, or "" when both were refused."""
    other = "max_tokens" if preferred == "max_completion_tokens" else "max_completion_tokens"
    return next((name for name in (preferred, other) if name not in refused), "")


def refused_parameter(status: int, details: Details, body: dict[str, Any]) -> str | None:
    """The parameter of a body that an answer says it does not take, or None.

    Only for 400, 404, 422 and 500-like answers that name one; `system` stands for the role of that name.
    """
    if status not in {400, 404, 422, 500, 501}:
        return None
    text = details.message
    if not (_REFUSAL.search(text) or details.parameter or "unsupported" in " ".join(details.codes)):
        return None
    names = [name for name in body if name not in {"model", "messages", "stream"}]
    if details.parameter in names:
        return details.parameter
    mentioned = [(match.start(), name) for name in names if (match := re.search(rf"\b{re.escape(name)}\b", text))]
    if mentioned:
        return min(mentioned)[1]
    roles = [message.get("role") for message in body.get("messages", ())]
    return "system" if "system" in roles and _SYSTEM.search(text) else None
