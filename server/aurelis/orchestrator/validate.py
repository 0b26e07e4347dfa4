"""The first stage: a request that cannot be sent is refused in words, and text is made fit for JSON and UTF-8."""

from __future__ import annotations

import re
from typing import Final

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import FillInTheMiddle, Message, Neighbour, Request
from aurelis.orchestrator.policy import PRIORITIES, PromptLimits

_UNSENDABLE: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters other than tab, line breaks, vertical tab and form feed; lone surrogates."""

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
TEMPERATURES: Final = (0.0, 2.0)


def validated(request: Request, limits: PromptLimits) -> Request:
    """The request with clean texts.

    Raises:
        RequestError: `too_large` for a prompt over the limits, `configuration` for a parameter out of range.
    """
    _check_parameters(request)
    messages = tuple(Message(m.role, cleaned(m.content)) for m in request.messages)
    system = sum(len(m.content) for m in messages if m.role == "system")
    if system > limits.system_prompt:
        raise _too_large("system prompt", system, limits.system_prompt, "requests.maxSystemPromptChars")
    prompt = sum(len(m.content) for m in messages if m.role != "system")
    if prompt > limits.prompt:
        raise _too_large("prompt", prompt, limits.prompt, "requests.maxPromptChars")
    fim = _cleaned_hole(request.fim)
    if fim is not None:
        size = len(fim.prefix) + len(fim.suffix) + sum(len(n.text) for n in fim.neighbours)
        if size > limits.prompt:
            raise _too_large("prompt", size, limits.prompt, "requests.maxPromptChars")
    if messages == request.messages and fim == request.fim:
        return request
    return attrs.evolve(request, messages=messages, fim=fim)


def cleaned(text: str) -> str:
    """Text without characters that no provider takes; the length stays."""
    return _UNSENDABLE.sub(REPLACEMENT, text) if _UNSENDABLE.search(text) else text


def _cleaned_hole(fim: FillInTheMiddle | None) -> FillInTheMiddle | None:
    if fim is None:
        return None
    neighbours = tuple(Neighbour(cleaned(n.name), cleaned(n.text)) for n in fim.neighbours)
    return FillInTheMiddle(cleaned(fim.prefix), cleaned(fim.suffix), cleaned(fim.name), neighbours, fim.line_comment)


def _check_parameters(request: Request) -> None:
    temperature = request.parameters.temperature
    low, high = TEMPERATURES
    if temperature is not None and not low <= temperature <= high:
        message = f"The temperature {temperature} is out of range; use a number from {low:g} to {high:g}."
        raise RequestError(ErrorKind.CONFIGURATION, message)
    max_tokens = request.parameters.max_tokens
    if max_tokens is not None and max_tokens < 1:
        raise RequestError(ErrorKind.CONFIGURATION, f"maxTokens is {max_tokens}; use a number from 1 up.")
    if request.priority is not None and request.priority not in PRIORITIES:
        message = f"The priority '{request.priority}' is unknown; use one of {', '.join(PRIORITIES)}."
        raise RequestError(ErrorKind.CONFIGURATION, message)


def _too_large(what: str, size: int, limit: int, setting: str) -> RequestError:
    message = (
        f"The {what} has {size:,} characters and the limit is {limit:,}; select less, name fewer context files, "
        f"or raise {setting}."
    )
    return RequestError(ErrorKind.TOO_LARGE, message)
