"""The vendors that the stand-in can be: where their routes are, and the shapes of their lists, errors and streams.

In come the parts of `dialects`; out comes the table of profiles for `--profile`. Each vendor's shapes are those of its
own documentation, and of answers that its users have shown. To add one that follows OpenAI, add a row; what differs is
a function beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from aurelis.sandbox import native_routes as native
from aurelis.sandbox.dialects import (
    MODEL,
    Answered,
    Profile,
    Question,
    Refusal,
    Route,
    understand_chat,
    understand_completion,
)
from aurelis.sandbox.openai_shapes import (
    OPENAI,
    event,
    openai_error,
    openai_events,
    openai_models,
    openai_routes,
    openai_whole,
)

_GITHUB_MODELS: Final = (
    "openai/gpt-4o-mini",
    "openai/gpt-4o",
    "mistral-ai/codestral-2501",
    "mistral-ai/mistral-large",
    "mistral-ai/mistral-nemo",
    "cohere/cohere-command-r",
    "cohere/cohere-command-r-plus",
    "meta/meta-llama-3.1-70b-instruct",
    "meta/meta-llama-3.1-405b-instruct",
)
_GITHUB_CODES: Final = {
    400: "bad_request",
    401: "unauthorized",
    403: "no_access",
    404: "unknown_model",
    410: "github_models_retirement_brownout",
    413: "tokens_limit_reached",
    429: "RateLimitReached",
}
_GITHUB_WORDS: Final = MappingProxyType(
    {
        410: (
            "GitHub Models is temporarily unavailable as part of a scheduled retirement brownout.",
            MappingProxyType({}),
        ),
        429: (
            "Rate limit of 10 per 60s exceeded for UserByModelByMinute. Please wait 46 seconds before retrying.",
            MappingProxyType(
                {
                    "retry-after": "46",
                    "x-ratelimit-timeremaining": "46",
                    "x-ratelimit-type": "UserByModelByMinute",
                    "x-ms-error-code": "RateLimitReached",
                }
            ),
        ),
    }
)
_AZURE_WORDS: Final = MappingProxyType(
    {
        429: (
            "Requests to the ChatCompletions_Create Operation have exceeded rate limit. Please retry after 37 seconds.",
            MappingProxyType({"retry-after": "37", "retry-after-ms": "37000", "x-ratelimit-remaining-requests": "-1"}),
        )
    }
)
_GOOGLE_STATUS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


# ---- errors


def _github_error(refusal: Refusal, _path: str) -> Any:
    code = _GITHUB_CODES.get(refusal.status, refusal.code)
    return {"error": {"code": code, "message": refusal.message, "details": refusal.message}}


def _azure_error(refusal: Refusal, _path: str) -> Any:
    code = "DeploymentNotFound" if refusal.code == "model_not_found" else str(refusal.code or refusal.status)
    if refusal.status == 429:  # noqa: PLR2004 - there the code is the status
        code = "429"
    return {"error": {"code": code, "message": refusal.message}}


def _mistral_error(refusal: Refusal, _path: str) -> Any:
    if refusal.status == 401:  # noqa: PLR2004 - its gateway answers that before the service does
        return {"detail": "Unauthorized"}
    if refusal.status == 422:  # noqa: PLR2004 - the answer of its body's validation
        place = ["body", refusal.param] if refusal.param else ["body"]
        return {"detail": [{"type": "value_error", "loc": place, "msg": refusal.message, "input": None}]}
    return {
        "object": "error",
        "message": refusal.message,
        "type": refusal.code or refusal.kind,
        "param": refusal.param,
        "code": "1500" if refusal.code == "model_not_found" else None,
    }


def _numbered_error(refusal: Refusal, _path: str) -> Any:
    """llama.cpp, vLLM and OpenRouter: the code is the status."""
    return {"error": {"code": refusal.status, "message": refusal.message, "type": refusal.kind}}


def _google_error(refusal: Refusal, _path: str) -> Any:
    status = _GOOGLE_STATUS.get(refusal.status, "UNKNOWN")
    return [{"error": {"code": refusal.status, "message": refusal.message, "status": status}}]


def _cohere_error(refusal: Refusal, _path: str) -> Any:
    return {"id": "sandbox", "message": refusal.message}


def _ollama_error(refusal: Refusal, path: str) -> Any:
    return {"error": refusal.message} if path.startswith("/api/") else openai_error(refusal, path)


def _litellm_error(refusal: Refusal, _path: str) -> Any:
    return {
        "error": {
            "message": refusal.message,
            "type": refusal.kind,
            "param": refusal.param,
            "code": str(refusal.status),
        }
    }


# ---- what differs in a request or a stream


def _refusing(
    understand: Callable[[Mapping[str, Any]], Question], field: str, status: int, message: str
) -> Callable[[Mapping[str, Any]], Question]:
    """The same, but a body with that field is refused."""

    def understood(body: Mapping[str, Any]) -> Question:
        if body.get(field) is not None:
            raise Refusal(status, message, param=field)
        return understand(body)

    return understood


def _with_filter_results(question: Question, answered: Answered) -> Iterator[bytes]:
    """Azure's streams begin with an event about the prompt that has no choices and no names."""
    results = {"hate": {"filtered": False, "severity": "safe"}}
    about = [{"prompt_index": 0, "content_filter_results": results}]
    yield event({"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": about})
    yield from openai_events("chat")(question, answered)


def _with_comments(question: Question, answered: Answered) -> Iterator[bytes]:
    """OpenRouter keeps a silent stream alive with comments."""
    yield b": OPENROUTER PROCESSING\n\n"
    yield from openai_events("chat")(question, answered)


def _groq_whole(answered: Answered) -> Any:
    """Groq names the tier of service, which its clients rely on."""
    return {**openai_whole("chat")(answered), "service_tier": "on_demand", "x_groq": {"id": answered.identifier}}


def _chat_below(base_path: str, events: Callable[[Question, Answered], Iterator[bytes]]) -> tuple[Route, ...]:
    return (Route(f"{base_path}/chat/completions", understand_chat, openai_whole("chat"), events),)


def _github_catalogue(_started: int) -> Any:
    return [
        {
            "id": name,
            "name": name.rpartition("/")[2],
            "publisher": name.partition("/")[0],
            "summary": "The stand-in.",
            "rate_limit_tier": "low" if name.endswith("mini") else "high",
            "limits": {"max_input_tokens": 131072, "max_output_tokens": 4096},
            "capabilities": ["streaming"],
        }
        for name in _GITHUB_MODELS
    ]


def _google_models(started: int) -> Any:
    return {
        "object": "list",
        "data": [{"id": f"models/{MODEL}", "object": "model", "owned_by": "google", "created": started}],
    }


def _row(name: str, base_path: str = "/v1", **more: Any) -> Profile:
    """A vendor that follows OpenAI, at its own address."""
    error = more.pop("error", openai_error)
    listed = more.pop("listed", openai_models((MODEL,), name))
    routes = more.pop("routes", openai_routes(base_path))
    documents = {f"{base_path}/models": listed, **more.pop("documents", {})}
    return Profile(
        name=name, routes=routes, documents=MappingProxyType(documents), error=error, base_path=base_path, **more
    )


_NO_SUFFIX: Final = "suffix is not currently supported"
_ROWS: Final = (
    OPENAI,
    _row("custom"),
    Profile(
        name="github",
        base_path="/inference",
        models=_GITHUB_MODELS,
        routes=_chat_below("/inference", _with_filter_results),
        any_organization=True,
        words=_GITHUB_WORDS,
        documents=MappingProxyType({"/catalog/models": _github_catalogue}),
        error=_github_error,
    ),
    _row(
        "foundry",
        "/openai/v1",
        routes=_chat_below("/openai/v1", _with_filter_results),
        documents={"/openai/deployments": native.azure_deployments},
        error=_azure_error,
        words=_AZURE_WORDS,
    ),
    _row(
        "mistral",
        routes=(
            Route(
                "/v1/chat/completions",
                native.strictly_mistral(understand_chat),
                openai_whole("chat"),
                native.mistral_events,
            ),
            Route(
                "/v1/fim/completions",
                native.strictly_mistral(understand_completion),
                openai_whole("chat"),
                native.mistral_events,
            ),
        ),
        listed=native.mistral_models,
        error=_mistral_error,
    ),
    _row("anthropic", routes=_chat_below("/v1", openai_events("chat"))),
    _row(
        "gemini",
        "/v1beta/openai",
        routes=_chat_below("/v1beta/openai", openai_events("chat")),
        listed=_google_models,
        error=_google_error,
    ),
    _row(
        "deepseek",
        "",
        routes=(*_chat_below("", openai_events("chat")), *openai_routes("/beta")),
    ),
    _row(
        "openrouter",
        "/api/v1",
        routes=_chat_below("/api/v1", _with_comments),
        listed=openai_models((MODEL,), context_length=32768, pricing={"prompt": "0", "completion": "0"}),
        documents={"/api/v1/key": lambda _started: {"data": {"label": "sandbox", "limit": None, "usage": 0}}},
        error=_numbered_error,
    ),
    _row(
        "groq",
        "/openai/v1",
        routes=(Route("/openai/v1/chat/completions", understand_chat, _groq_whole, openai_events("chat")),),
    ),
    _row(
        "cohere",
        "/compatibility/v1",
        routes=(
            Route(
                "/compatibility/v1/chat/completions",
                _refusing(understand_chat, "stream_options", 400, "invalid request: unknown field stream_options"),
                openai_whole("chat"),
                openai_events("chat"),
            ),
        ),
        documents={"/v1/models": lambda _started: {"models": [{"name": MODEL, "context_length": 32768}]}},
        error=_cohere_error,
    ),
    _row("litellm", error=_litellm_error),
    _row(
        "ollama",
        routes=(*openai_routes("/v1"), *native.OLLAMA_ROUTES),
        documents=native.OLLAMA_DOCUMENTS,
        posted=MappingProxyType({"/api/show": native.ollama_show}),
        listed=openai_models((MODEL,), "library"),
        error=_ollama_error,
    ),
    _row(
        "llamacpp",
        routes=(
            _chat_below("/v1", openai_events("chat"))[0],
            Route(
                "/v1/completions",
                _refusing(understand_completion, "suffix", 400, "Unsupported param: suffix"),
                openai_whole("text"),
                openai_events("text"),
            ),
            *native.LLAMA_ROUTES,
        ),
        documents=native.LLAMA_DOCUMENTS,
        listed=openai_models((MODEL,), "llamacpp", meta={"n_ctx_train": 32768, "n_ctx": 32768}),
        error=_numbered_error,
    ),
    _row("lmstudio"),
    _row(
        "vllm",
        routes=(
            _chat_below("/v1", openai_events("chat"))[0],
            Route(
                "/v1/completions",
                _refusing(understand_completion, "suffix", 400, _NO_SUFFIX),
                openai_whole("text"),
                openai_events("text"),
            ),
        ),
        listed=openai_models((MODEL,), "vllm", max_model_len=32768),
        error=_numbered_error,
    ),
    _row("foundry-local"),
    _row("docker", "/engines/v1", listed=openai_models((MODEL,), "docker")),
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType({profile.name: profile for profile in _ROWS})
"""The profiles that `--profile` knows, by name."""
