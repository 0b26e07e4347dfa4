"""The rows: every vendor, gateway and local server that is known by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aurelis.providers.profile import Profile

_ROWS: Final = (
    Profile(name="custom", title="the server", key_required=False),
    Profile(
        name="openai",
        title="OpenAI",
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        max_tokens_field="max_completion_tokens",
        organization_header="OpenAI-Organization",
        hosts=frozenset({"api.openai.com"}),
        price_source="openai",
        token_prefixes=("sk-",),
    ),
    Profile(
        name="llamacpp",
        title="llama.cpp",
        base_url="http://127.0.0.1:8080/v1",
        key_required=False,
        reasoning_off={"chat_template_kwargs": {"enable_thinking": False}},
        fim="llamacpp",
        raw_completions=True,
        local=True,
        ports=(9931, 8080, 8012),
    ),
    Profile(name="sandbox", title="the sandbox", key_required=False, fim="suffix", local=True),
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType({row.name: row for row in _ROWS})
"""All profiles by name."""
