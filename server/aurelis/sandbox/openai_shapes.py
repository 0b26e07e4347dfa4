"""The shapes of OpenAI's answers, streams, lists and errors, which most vendors share; it is the first of the profiles.

In come the model's words; out come bodies and events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any, Final, Literal

from aurelis.sandbox.dialects import (
    MODEL,
    Answered,
    Profile,
    Question,
    Refusal,
    Route,
    encoded,
    understand_chat,
    understand_completion,
)

Shape = Literal["chat", "text"]


def event(data: Any) -> bytes:
    """A server-sent event."""
    return b"data: " + encoded(data, compact=True) + b"\n\n"


DONE_EVENT: Final = b"data: [DONE]\n\n"


def openai_whole(shape: Shape) -> Callable[[Answered], Any]:
    """What makes the body of a plain answer."""

    def whole(answered: Answered) -> Any:
        choice: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": answered.finish}
        if shape == "chat":
            choice["message"] = {"role": "assistant", "content": answered.text}
        else:
            choice["text"] = answered.text
        return {
            "id": answered.identifier,
            "object": "chat.completion" if shape == "chat" else "text_completion",
            "created": answered.created,
            "model": answered.model,
            "choices": [choice],
            "usage": answered.usage,
        }

    return whole


def openai_events(shape: Shape) -> Callable[[Question, Answered], Iterator[bytes]]:
    """What makes the events of a streamed answer, `[DONE]` included."""

    def events(question: Question, answered: Answered) -> Iterator[bytes]:
        def chunk(choices: list[dict[str, Any]], **more: Any) -> bytes:
            head = {
                "id": answered.identifier,
                "object": "chat.completion.chunk" if shape == "chat" else "text_completion",
                "created": answered.created,
                "model": answered.model,
            }
            return event({**head, "choices": choices, **more})

        def choice(text: str | None, finish: str | None, role: str | None = None) -> list[dict[str, Any]]:
            entry: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": finish}
            if shape == "chat":
                delta = {"role": role} if role else {}
                entry["delta"] = delta if text is None else {**delta, "content": text}
            else:
                entry["text"] = text or ""
            return [entry]

        if shape == "chat":
            yield chunk(choice("", None, "assistant"))
        for piece in answered.pieces:
            yield chunk(choice(piece, None))
        yield chunk(choice(None, answered.finish))
        if question.include_usage:
            yield chunk([], usage=answered.usage)
        yield DONE_EVENT

    return events


def openai_models(models: tuple[str, ...], owner: str = "aurelis", **more: Any) -> Callable[[int], Any]:
    """OpenAI's list of models, with more fields for each."""

    def listed(started: int) -> Any:
        entries = [{"id": name, "object": "model", "created": started, "owned_by": owner, **more} for name in models]
        return {"object": "list", "data": entries}

    return listed


def openai_error(refusal: Refusal, _path: str) -> Any:
    """The error envelope of OpenAI and of those that follow it to the letter."""
    return {
        "error": {"message": refusal.message, "type": refusal.kind, "param": refusal.param, "code": refusal.code},
    }


def openai_routes(base_path: str) -> tuple[Route, ...]:
    """The chat and the raw completions, `suffix` included, below a path."""
    return (
        Route(f"{base_path}/chat/completions", understand_chat, openai_whole("chat"), openai_events("chat")),
        Route(f"{base_path}/completions", understand_completion, openai_whole("text"), openai_events("text")),
    )


OPENAI: Final = Profile(
    name="openai",
    routes=openai_routes("/v1"),
    documents=MappingProxyType({"/v1/models": openai_models((MODEL,)), "/health": lambda _started: {"status": "ok"}}),
    error=openai_error,
)
"""The protocol that everybody else's is measured by."""
