"""Routes that are not OpenAI's: Mistral's, Ollama's, llama.cpp's and Azure's own.

In come request bodies and the model's words; out come the questions that they ask and the shapes in which these servers
answer, as their API documentation describes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from aurelis.sandbox.dialects import (
    MODEL,
    Answered,
    Question,
    Refusal,
    Route,
    content,
    encoded,
    flag,
    invalid,
    require_model,
    stops,
)
from aurelis.sandbox.openai_shapes import DONE_EVENT, event

_NDJSON: Final = "application/x-ndjson"
_MOST_TOKENS: Final = 1_000_000_000


# ---- Mistral: strict about fields, the fill is answered in the shape of a chat, the counts ride on the last chunk

_MISTRAL_FIELDS: Final = frozenset(
    {"model", "messages", "prompt", "suffix", "temperature", "top_p", "max_tokens", "min_tokens", "stop", "stream"}
    | {"random_seed", "metadata", "response_format", "tools", "tool_choice", "presence_penalty", "frequency_penalty"}
    | {"n", "prediction", "parallel_tool_calls", "prompt_mode", "reasoning_effort", "safe_prompt", "guardrails"}
    | {"prompt_cache_key"}
)


def strictly_mistral(understand: Callable[[Mapping[str, Any]], Question]) -> Callable[[Mapping[str, Any]], Question]:
    """The same, but a field that this vendor does not know is refused."""

    def understood(body: Mapping[str, Any]) -> Question:
        for name in body:
            if name not in _MISTRAL_FIELDS:
                raise Refusal(422, "Extra inputs are not permitted", param=name[:100])
        return understand(body)

    return understood


def mistral_events(_question: Question, answered: Answered) -> Iterator[bytes]:
    """Chunks of a chat, for fills too; the last has the reason and the counts."""
    head = {
        "id": answered.identifier,
        "object": "chat.completion.chunk",
        "created": answered.created,
        "model": answered.model,
    }

    def choice(text: str, finish: str | None, **role: str) -> list[dict[str, Any]]:
        return [{"index": 0, "delta": {**role, "content": text}, "finish_reason": finish}]

    yield event({**head, "choices": choice("", None, role="assistant")})
    for piece in answered.pieces:
        yield event({**head, "choices": choice(piece, None)})
    yield event({**head, "choices": choice("", answered.finish), "usage": answered.usage})
    yield DONE_EVENT


def mistral_models(started: int) -> Any:
    """The list, with what each model can do."""
    abilities = {"completion_chat": True, "completion_fim": True, "function_calling": False, "fine_tuning": False}
    entry = {
        "id": MODEL,
        "object": "model",
        "created": started,
        "owned_by": "mistralai",
        "capabilities": {**abilities, "vision": False},
        "max_context_length": 32768,
        "aliases": [],
        "type": "base",
    }
    return {"object": "list", "data": [entry]}


# ---- Azure


def azure_deployments(started: int) -> Any:
    """The deployments: what can be asked, each with its base model."""
    entry = {"id": MODEL, "model": "gpt-5.4-mini", "status": "succeeded", "object": "deployment", "created_at": started}
    return {"object": "list", "data": [entry]}


# ---- Ollama: lines of JSON, streaming unless told otherwise, options in an object of their own


def _options(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], int | None]:
    options = body.get("options")
    if options is None:
        options = {}
    if not isinstance(options, dict):
        raise invalid("options", "an object")
    limit = options.get("num_predict")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
        raise invalid("options.num_predict", "an integer")
    return options, limit if limit is not None and 0 < limit < _MOST_TOKENS else None


def _streams(body: Mapping[str, Any]) -> bool:
    return body.get("stream") is None or flag(body, "stream")


def _understand_ollama_chat(body: Mapping[str, Any]) -> Question:
    options, limit = _options(body)
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise invalid("messages", "a list of objects")
    read = tuple((str(message.get("role")), content(message.get("content"), "messages")) for message in messages)
    return Question(
        model=_ollama_name(body), messages=read, max_tokens=limit, stop=stops(options), stream=_streams(body)
    )


def _understand_generate(body: Mapping[str, Any]) -> Question:
    options, limit = _options(body)
    texts = [body.get(name) or "" for name in ("prompt", "suffix")]
    if not all(isinstance(text, str) for text in texts):
        raise invalid("prompt", "a string")
    prompt, suffix = texts
    if "suffix" not in body or not suffix:
        return Question(
            model=_ollama_name(body),
            messages=(("user", prompt),),
            max_tokens=limit,
            stop=stops(options),
            stream=_streams(body),
        )
    return Question(
        model=_ollama_name(body),
        prefix=prompt,
        suffix=suffix,
        max_tokens=limit,
        stop=stops(options),
        stream=_streams(body),
    )


def _ollama_name(body: Mapping[str, Any]) -> str:
    """A model without a tag has the tag `latest`."""
    return require_model(body).removesuffix(":latest")


def _ollama_end(answered: Answered) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": answered.finish,
        "total_duration": 1,
        "load_duration": 0,
        "prompt_eval_count": answered.prompt_tokens,
        "prompt_eval_duration": 0,
        "eval_count": answered.completion_tokens,
        "eval_duration": 1,
    }


def _ollama_shape(field: str) -> tuple[Callable[[Answered], Any], Callable[[Question, Answered], Iterator[bytes]]]:
    def words(text: str) -> dict[str, Any]:
        return {"message": {"role": "assistant", "content": text}} if field == "message" else {"response": text}

    def head(answered: Answered) -> dict[str, Any]:
        return {"model": answered.model, "created_at": datetime.fromtimestamp(answered.created, UTC).isoformat()}

    def whole(answered: Answered) -> Any:
        return {**head(answered), **words(answered.text), **_ollama_end(answered)}

    def lines(_question: Question, answered: Answered) -> Iterator[bytes]:
        for piece in answered.pieces:
            yield encoded({**head(answered), **words(piece), "done": False}) + b"\n"
        yield encoded({**head(answered), **words(""), **_ollama_end(answered)}) + b"\n"

    return whole, lines


OLLAMA_ROUTES: Final = (
    Route("/api/chat", _understand_ollama_chat, *_ollama_shape("message"), stream_type=_NDJSON),
    Route("/api/generate", _understand_generate, *_ollama_shape("response"), stream_type=_NDJSON),
)


def ollama_show(body: Mapping[str, Any]) -> Any:
    """What is known of the model: that it fills holes, and its context."""
    if _ollama_name(body) != MODEL:
        raise Refusal(404, f"model '{str(body.get('model'))[:100]}' not found", code="model_not_found")
    details = {"format": "gguf", "family": "sandbox", "parameter_size": "0B", "quantization_level": "F32"}
    return {
        "template": "{{ .Prompt }}{{ .Suffix }}",
        "details": details,
        "model_info": {"general.architecture": "sandbox", "sandbox.context_length": 32768},
        "capabilities": ["completion", "insert"],
    }


def _tags(started: int) -> Any:
    moment = datetime.fromtimestamp(started, UTC).isoformat()
    return {"models": [{"name": MODEL, "model": MODEL, "modified_at": moment, "size": 1, "digest": "0" * 64}]}


OLLAMA_DOCUMENTS: Final[Mapping[str, Callable[[int], Any]]] = MappingProxyType(
    {"/api/tags": _tags, "/api/version": lambda _started: {"version": "0.30.0"}}
)


# ---- llama.cpp


def _understand_infill(body: Mapping[str, Any]) -> Question:
    texts = [body.get(name) for name in ("input_prefix", "input_suffix")]
    for name, text in zip(("input_prefix", "input_suffix"), texts, strict=True):
        if not isinstance(text, str):
            raise Refusal(400, f'"{name}" is required', param=name)
    prompt = body.get("prompt") or ""
    if not isinstance(prompt, str):
        raise invalid("prompt", "a string")
    limit = body.get("n_predict")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
        raise invalid("n_predict", "an integer")
    return Question(
        prefix=str(texts[0]) + prompt,
        suffix=str(texts[1]),
        max_tokens=limit if limit is not None and limit > 0 else None,
        stop=stops(body),
        stream=flag(body, "stream"),
    )


def _llama_end(answered: Answered) -> dict[str, Any]:
    return {
        "index": 0,
        "stop": True,
        "model": answered.model,
        "tokens_predicted": answered.completion_tokens,
        "tokens_evaluated": answered.prompt_tokens,
        "stop_type": "limit" if answered.finish == "length" else "eos",
        "truncated": False,
    }


def _infill_whole(answered: Answered) -> Any:
    return {"content": answered.text, **_llama_end(answered)}


def _infill_events(_question: Question, answered: Answered) -> Iterator[bytes]:
    for piece in answered.pieces:
        yield event({"index": 0, "content": piece, "stop": False})
    yield event({"content": "", **_llama_end(answered)})


LLAMA_ROUTES: Final = (Route("/infill", _understand_infill, _infill_whole, _infill_events),)
LLAMA_DOCUMENTS: Final[Mapping[str, Callable[[int], Any]]] = MappingProxyType(
    {
        "/health": lambda _started: {"status": "ok"},
        "/props": lambda _started: {"build_info": "sandbox", "total_slots": 1, "model_path": MODEL},
    }
)
