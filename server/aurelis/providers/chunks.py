"""What one decoded object of a stream says, whatever the dialect.

In comes a JSON object of a chat completion (streamed or whole), a legacy completion, llama.cpp's `/infill` or Ollama's
`/api/generate`; out comes a `Piece`. Nothing here trusts a type that it has not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from aurelis.core.reply import FinishReason, Usage

_FINISH: Final[Mapping[str, FinishReason]] = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "limit": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "safety": FinishReason.CONTENT_FILTER,
    "refusal": FinishReason.CONTENT_FILTER,
    "recitation": FinishReason.CONTENT_FILTER,
    "blocklist": FinishReason.CONTENT_FILTER,
    "prohibited_content": FinishReason.CONTENT_FILTER,
    "sensitive": FinishReason.CONTENT_FILTER,
    "spii": FinishReason.CONTENT_FILTER,
}
_FAILED: Final = frozenset({"error", "network_error", "insufficient_system_resource", "abort"})
"""Reasons to finish by which vendors say that the answer was not."""
_REASONING_FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_text", "thinking", "reasoning_details")
MOST_TOKENS: Final = 10**9
"""No answer has so many; a larger count is nonsense, which neither a price nor a database can take."""
_LEAST_LOGPROB: Final = -10_000.0
"""Some servers put such a number where they have none."""
_THINKING_PARTS: Final = frozenset({"thinking", "reasoning", "redacted_thinking", "reasoning_content"})


@attrs.frozen
class Piece:
    """Part of an answer: text, whether the model reasoned or refused, why it stopped, tokens, an upstream error."""

    text: str = ""
    thinking: bool = False
    finish: FinishReason | None = None
    usage: Usage | None = None
    logprobs: tuple[float, ...] = ()
    error: Any = None
    recognised: bool = True
    refused: bool = False


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_TOKENS else 0


def read_usage(value: Any) -> Usage | None:
    """Token counts in any of the spellings in use, or None."""
    if not isinstance(value, dict):
        return None
    prompt = _number(value.get("prompt_tokens")) or _number(value.get("input_tokens"))
    completion = _number(value.get("completion_tokens")) or _number(value.get("output_tokens"))
    total = _number(value.get("total_tokens")) or prompt + completion
    return Usage(prompt, completion, total) if total else None


def _finish(value: Any) -> FinishReason | None:
    if not isinstance(value, str) or not value:
        return None
    return _FINISH.get(value.lower(), FinishReason.STOP)


def _content(value: Any) -> tuple[str, bool]:
    if isinstance(value, str):
        return value, False
    if not isinstance(value, list):
        return "", False
    texts: list[str] = []
    thinking = False
    for part in value:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            if part.get("type") in _THINKING_PARTS:
                thinking = True
            elif isinstance(part.get("text"), str):
                texts.append(part["text"])
    return "".join(texts), thinking


def _logprobs(value: Any) -> tuple[float, ...]:
    if not isinstance(value, dict):
        return ()
    entries = value.get("content")
    if isinstance(entries, list):
        found = (entry.get("logprob") for entry in entries if isinstance(entry, dict))
    elif isinstance(value.get("token_logprobs"), list):
        found = iter(value["token_logprobs"])
    else:
        return ()
    return tuple(float(item) for item in found if isinstance(item, int | float) and _LEAST_LOGPROB < item <= 0)


def _choice_piece(choice: Any, usage: Usage | None) -> Piece:
    if not isinstance(choice, dict):
        return Piece(usage=usage)
    usage = usage or read_usage(choice.get("usage"))  # Moonshot has it there
    body = choice.get("delta")
    if not isinstance(body, dict) or not body:
        body = choice.get("message")
    if not isinstance(body, dict):
        body = {}
    text, thinking = _content(body.get("content"))
    if not text and isinstance(choice.get("text"), str):
        text = choice["text"]
    thinking = thinking or any(map(body.get, _REASONING_FIELDS))
    stopped = choice.get("finish_reason")
    failed = isinstance(stopped, str) and stopped.lower() in _FAILED
    error = choice.get("error") or ("the answer ended in an error" if failed else None)
    refused = isinstance(body.get("refusal"), str) and bool(body["refusal"])
    return Piece(text, thinking, _finish(stopped), usage, _logprobs(choice.get("logprobs")), error, refused=refused)


def _native_piece(value: dict[str, Any]) -> Piece:
    if isinstance(value.get("response"), str):  # Ollama's /api/generate
        finish = (_finish(value.get("done_reason")) or FinishReason.STOP) if value.get("done") is True else None
        prompt, completion = _number(value.get("prompt_eval_count")), _number(value.get("eval_count"))
        usage = Usage(prompt, completion, prompt + completion) if prompt + completion else None
        return Piece(value["response"], bool(value.get("thinking")), finish, usage)
    if isinstance(value.get("content"), str):  # llama.cpp's /infill
        finish = None
        usage = None
        if value.get("stop") is True:
            limited = value.get("stop_type") == "limit" or value.get("stopped_limit") is True
            finish = FinishReason.LENGTH if limited else FinishReason.STOP
            prompt, completion = _number(value.get("tokens_evaluated")), _number(value.get("tokens_predicted"))
            usage = Usage(prompt, completion, prompt + completion) if prompt + completion else None
        return Piece(value["content"], finish=finish, usage=usage)
    return Piece(
        usage=read_usage(value.get("usage")), recognised="usage" in value or "id" in value or "object" in value
    )


def read_piece(value: dict[str, Any]) -> Piece:
    """What one object says; `recognised` is False for an object of no known shape."""
    error = value.get("error") or (value if value.get("object") == "error" else None)
    if error:
        return Piece(error=error)
    choices = value.get("choices")
    if isinstance(choices, list):
        usage = read_usage(value.get("usage"))
        for choice in choices:
            if not isinstance(choice, dict) or not choice.get("index"):
                return _choice_piece(choice, usage)
        return Piece(usage=usage)
    return _native_piece(value)
