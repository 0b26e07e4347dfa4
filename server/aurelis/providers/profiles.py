"""The rows: every vendor, gateway and local server that is known by name.

Sources: each vendor's own documentation of its OpenAI-compatible interface. What a row gets wrong about a parameter is
learned from the first answer that refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from aurelis.providers.default_models import routes
from aurelis.providers.families import OPENAI_ROWS, TEMPLATE_OPENED_ROWS
from aurelis.providers.github import GITHUB
from aurelis.providers.profile import ModelRow, Profile

_NO_THINKING: Final = {"chat_template_kwargs": {"enable_thinking": False}}
_NO_EFFORT: Final = {"reasoning_effort": "none"}

_REMOTE: Final = (
    Profile(
        name="openai",
        title="OpenAI",
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        max_tokens_field="max_completion_tokens",
        organization_header="OpenAI-Organization",
        rows=OPENAI_ROWS,
        hosts=frozenset({"api.openai.com"}),
        counts_requests=True,
        price_source="openai",
        token_prefixes=("sk-",),
        routes=routes(
            code=("gpt-5.4", "gpt-5.2", "gpt-5.4-mini"),
            reasoning=("gpt-5.5", "gpt-5.4", "gpt-5.2"),
            rest=("gpt-5.4-mini", "gpt-5-mini", "gpt-5.4-nano"),
            completion=("gpt-5.4-nano", "gpt-5-nano", "gpt-5.4-mini"),
        ),
    ),
    Profile(
        name="anthropic",
        title="Anthropic",
        base_url="https://api.anthropic.com/v1",
        key_variable="ANTHROPIC_API_KEY",
        list_key_header="x-api-key",
        headers={"anthropic-version": "2023-06-01"},
        hottest=1.0,
        stream_usage=True,
        hosts=frozenset({"api.anthropic.com"}),
        counts_requests=True,
        price_source="anthropic",
        token_prefixes=("sk-ant-",),
        routes=routes(
            code=("claude-sonnet-5-5", "claude-sonnet-5", "claude-sonnet-4-6", "claude-sonnet-4-5"),
            reasoning=("claude-opus-5-5", "claude-opus-5", "claude-opus-4-8", "claude-sonnet-5-5", "claude-sonnet-5"),
            rest=("claude-haiku-5-5", "claude-haiku-4-5"),
            completion=("claude-haiku-5-5", "claude-haiku-4-5"),
        ),
    ),
    Profile(
        name="gemini",
        title="Google Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        key_variable="GEMINI_API_KEY",
        reasoning_off=_NO_EFFORT,
        hosts=frozenset({"generativelanguage.googleapis.com"}),
        price_source="google",
        token_prefixes=("AIza", "AQ."),
        routes=routes(
            code=("gemini-3.8-flash", "gemini-3.7-flash", "gemini-3.6-flash", "gemini-2.5-flash"),
            reasoning=("gemini-3.1-pro-preview", "gemini-2.5-pro", "gemini-3.8-flash"),
            rest=("gemini-3.5-flash-lite", "gemini-3.1-flash-lite", "gemini-2.5-flash-lite"),
        ),
    ),
    Profile(
        name="mistral",
        title="Mistral",
        base_url="https://api.mistral.ai/v1",
        key_variable="MISTRAL_API_KEY",
        stream_usage=False,
        rows=(ModelRow(pattern="codestral", fim="mistral"),),
        hosts=frozenset({"api.mistral.ai", "codestral.mistral.ai"}),
        price_source="mistral",
        routes=routes(
            code=("codestral-latest", "codestral-2508", "mistral-medium-latest"),
            reasoning=("mistral-large-latest", "mistral-medium-latest"),
            rest=("mistral-small-latest", "mistral-medium-latest"),
        ),
    ),
    Profile(
        name="deepseek",
        title="DeepSeek",
        base_url="https://api.deepseek.com",
        key_variable="DEEPSEEK_API_KEY",
        reasoning_off={"thinking": {"type": "disabled"}},
        fim="suffix",
        fim_root="beta",
        hosts=frozenset({"api.deepseek.com"}),
        price_source="deepseek",
        token_prefixes=("sk-",),
        routes=routes(
            code=("deepseek-v4-flash", "deepseek-chat"),
            reasoning=("deepseek-v4-pro", "deepseek-reasoner", "deepseek-v4-flash"),
            rest=("deepseek-v4-flash", "deepseek-chat"),
        ),
    ),
    Profile(
        name="openrouter",
        title="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        check_url="key",
        reasoning_off={"reasoning": {"enabled": False}},
        rows=tuple(row for row in OPENAI_ROWS if row.reasoning_off is None),
        hosts=frozenset({"openrouter.ai"}),
        price_source="openrouter",
        token_prefixes=("sk-or-",),
    ),
    Profile(
        name="groq",
        title="Groq",
        base_url="https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        max_tokens_field="max_completion_tokens",
        rows=(
            ModelRow(pattern="qwen", reasoning_off=_NO_EFFORT),
            ModelRow(pattern="gpt-oss", reasoning=True, reasoning_off={"reasoning_effort": "low"}),
        ),
        hosts=frozenset({"api.groq.com"}),
        counts_requests=True,
        price_source="groq",
        token_prefixes=("gsk_",),
        routes=routes(
            code=("openai/gpt-oss-120b", "qwen/qwen3-32b", "llama-3.3-70b-versatile"),
            reasoning=("openai/gpt-oss-120b", "llama-3.3-70b-versatile"),
            rest=("openai/gpt-oss-20b", "llama-3.1-8b-instant", "llama-3.3-70b-versatile"),
        ),
    ),
    Profile(
        name="cohere",
        title="Cohere",
        base_url="https://api.cohere.ai/compatibility/v1",
        key_variable="CO_API_KEY",
        models_url="../../v1/models",
        stream_usage=False,
        hottest=1.0,
        rows=(ModelRow(pattern="reasoning", reasoning=True, reasoning_off=_NO_EFFORT),),
        hosts=frozenset({"api.cohere.ai", "api.cohere.com"}),
        price_source="cohere",
        routes=routes(
            code=("command-a-03-2025",),
            reasoning=("command-a-reasoning-08-2025", "command-a-03-2025"),
            rest=("command-a-03-2025", "command-r7b-12-2024"),
        ),
    ),
    Profile(
        name="foundry",
        title="Microsoft Foundry",
        key_variable="AZURE_OPENAI_API_KEY",
        rows=OPENAI_ROWS,
        hosts=frozenset({".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"}),
        azure=True,
        check_url="models",
        price_source="azure",
    ),
    GITHUB,
)

_GATEWAYS: Final = (
    Profile(name="custom", title="the server", key_required=False, rows=TEMPLATE_OPENED_ROWS),
    Profile(
        name="litellm",
        title="LiteLLM",
        base_url="http://127.0.0.1:4000/v1",
        key_variable="LITELLM_API_KEY",
        key_required=False,
        rows=OPENAI_ROWS + TEMPLATE_OPENED_ROWS,
        price_source="prefix",
        token_prefixes=("sk-",),
    ),
)

_LOCAL: Final = (
    Profile(
        name="ollama",
        title="Ollama",
        base_url="http://127.0.0.1:11434/v1",
        key_required=False,
        reasoning_off=_NO_EFFORT,
        fim="ollama",
        local=True,
    ),
    Profile(
        name="llamacpp",
        title="llama.cpp",
        keep_alive=False,  # llama-server closes the connection after each streamed answer, unannounced
        base_url="http://127.0.0.1:8080/v1",
        key_required=False,
        reasoning_off=_NO_THINKING,
        fim="llamacpp",
        raw_completions=True,
        local=True,
    ),
    Profile(
        name="lmstudio",
        title="LM Studio",
        base_url="http://127.0.0.1:1234/v1",
        key_required=False,
        raw_completions=True,
        rows=TEMPLATE_OPENED_ROWS,
        local=True,
    ),
    Profile(
        name="vllm",
        title="vLLM",
        base_url="http://127.0.0.1:8000/v1",
        key_required=False,
        reasoning_off=_NO_THINKING,
        raw_completions=True,
        rows=TEMPLATE_OPENED_ROWS,
        local=True,
    ),
    Profile(name="foundry-local", title="Foundry Local", key_required=False, rows=TEMPLATE_OPENED_ROWS, local=True),
    Profile(
        name="docker",
        title="Docker Model Runner",
        base_url="http://127.0.0.1:12434/engines/v1",
        key_required=False,
        reasoning_off=_NO_THINKING,
        raw_completions=True,
        local=True,
    ),
    Profile(name="sandbox", title="the sandbox", key_required=False, fim="suffix", local=True),
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType({row.name: row for row in (*_GATEWAYS, *_REMOTE, *_LOCAL)})
"""All profiles by name."""


def unknown_name(provider: str, configured: Iterable[str]) -> str | None:
    """What to say about a provider that is neither configured nor known, or None."""
    known = dict.fromkeys((*configured, *PROFILES))
    if provider in known:
        return None
    names = ", ".join(known)
    return f"'{provider}' is not a provider; configure it under providers.{provider}, or use one of {names}."


def profile_for_host(host: str) -> Profile | None:
    """The vendor whose host this is, or None."""
    lowered = host.lower().rstrip(".")
    for profile in PROFILES.values():
        if any(lowered.endswith(known) if known.startswith(".") else lowered == known for known in profile.hosts):
            return profile
    return None


def retired_vendor(host: str) -> Profile | None:
    """The vendor whose host this was, when it is known to be gone, or None."""
    vendor = profile_for_host(host)
    return vendor if vendor is not None and host.lower().rstrip(".") in vendor.retired_hosts else None
