"""GitHub Models, which was retired on 2026-07-30, kept exact for whoever runs a compatible gateway.

Nothing is sent to its own hosts any more. Sources: the REST description of GitHub's documentation (API version
2022-11-28), its page "Prototyping with AI models" for the free tier's limits, GitHub's changelog for each retirement.
"""

from __future__ import annotations

from typing import Final

import attrs

from aurelis.providers.default_models import routes
from aurelis.providers.families import OPENAI_ROWS
from aurelis.providers.profile import Limits, ModelRow, Profile

_LOW: Final = Limits(requests_per_minute=15, requests_per_day=150, concurrent=5, input_tokens=8000, output_tokens=4000)
_HIGH: Final = Limits(requests_per_minute=10, requests_per_day=50, concurrent=2, input_tokens=8000, output_tokens=4000)
_RARE: Final = Limits(requests_per_minute=1, requests_per_day=8, concurrent=1, input_tokens=4000, output_tokens=4000)
_SMALL_REASONING: Final = Limits(
    requests_per_minute=2, requests_per_day=12, concurrent=1, input_tokens=4000, output_tokens=4000
)
_GROK: Final = Limits(requests_per_minute=1, requests_per_day=15, concurrent=1, input_tokens=4000, output_tokens=4000)
_GROK_MINI: Final = Limits(
    requests_per_minute=2, requests_per_day=30, concurrent=1, input_tokens=4000, output_tokens=8000
)
_PREVIEW: Final = {"api-version": "2024-12-01-preview"}

PUBLISHED: Final = {
    "Codestral-2501": "mistral-ai/codestral-2501",
    "Mistral-large": "mistral-ai/mistral-large",
    "Mistral-Nemo": "mistral-ai/mistral-nemo",
    "gpt-4o": "openai/gpt-4o",
    "gpt-4o-mini": "openai/gpt-4o-mini",
    "Cohere-command-r": "cohere/cohere-command-r",
    "Cohere-command-r-plus": "cohere/cohere-command-r-plus",
    "Meta-Llama-3.1-70B-Instruct": "meta/meta-llama-3.1-70b-instruct",
    "Meta-Llama-3.1-405B-Instruct": "meta/meta-llama-3.1-405b-instruct",
}
"""The nine models of the first days: as `models.inference.ai.azure.com` spelled them, and as `models.github.ai` did."""

_CODE: Final = ("mistral-ai/codestral-2501", "openai/gpt-4o", "meta/meta-llama-3.1-70b-instruct")
_DOCUMENTATION: Final = ("cohere/cohere-command-r", "cohere/cohere-command-r-plus", "openai/gpt-4o-mini")
_REASONING: Final = ("openai/gpt-4o", "meta/meta-llama-3.1-405b-instruct", "mistral-ai/mistral-large")
ROUTES: Final = routes(code=_CODE, reasoning=_REASONING, rest=("openai/gpt-4o-mini",), documentation=_DOCUMENTATION)
"""Where each task goes by default: every kind of work to models that are good at it, the rest to a small one."""

OLD_HOST: Final = "models.inference.ai.azure.com"
HOST: Final = "models.github.ai"

_SUCCESSORS: Final = (
    ModelRow(pattern="^cohere-command-r-plus-08-2024"),
    ModelRow(pattern="^cohere-command-r-08-2024"),
    ModelRow(pattern="^cohere-command-r-plus", became="cohere/cohere-command-r-plus-08-2024"),
    ModelRow(pattern="^cohere-command-r", became="cohere/cohere-command-r-08-2024"),
    ModelRow(pattern="^mistral-large", became="mistral-ai/mistral-medium-2505"),
    ModelRow(pattern="^mistral-nemo", became="mistral-ai/mistral-small-2503"),
    ModelRow(pattern="^meta-llama-3.1-70b-instruct", became="meta/llama-3.3-70b-instruct"),
)
_ROWS: Final = (
    ModelRow(pattern="^o1-preview", limits=_RARE, query=_PREVIEW, streams=False),
    ModelRow(pattern="^o1-mini", limits=_SMALL_REASONING, query=_PREVIEW, streams=False),
    ModelRow(pattern="^o3-mini", limits=_SMALL_REASONING, query=_PREVIEW),
    ModelRow(pattern="^o4-mini", limits=_SMALL_REASONING),
    ModelRow(pattern="^o1", limits=_RARE, query=_PREVIEW, streams=False),
    ModelRow(pattern="^o3", limits=_RARE),
    ModelRow(pattern="^gpt-5-mini", limits=_SMALL_REASONING),
    ModelRow(pattern="^gpt-5-nano", limits=_SMALL_REASONING),
    ModelRow(pattern="^gpt-5-chat", limits=_SMALL_REASONING),
    ModelRow(pattern="^gpt-5", limits=_RARE),
    ModelRow(pattern="deepseek-r1", limits=_RARE, reasoning=True),
    ModelRow(pattern="mai-ds-r1", limits=_RARE, reasoning=True),
    ModelRow(pattern="^grok-3-mini", limits=_GROK_MINI, reasoning=True),
    ModelRow(pattern="^grok-3", limits=_GROK),
    ModelRow(pattern="^gpt-4.1-mini", limits=_LOW),
    ModelRow(pattern="^gpt-4.1-nano", limits=_LOW),
    ModelRow(pattern="^gpt-4.1", limits=_HIGH),
    ModelRow(pattern="^gpt-4o-mini", limits=_LOW),
    ModelRow(pattern="^gpt-4o", limits=_HIGH),
    *_SUCCESSORS,
    *OPENAI_ROWS,
)

GITHUB: Final = Profile(
    name="github",
    title="GitHub Models",
    base_url=f"https://{HOST}/inference",
    key_variable="GITHUB_TOKEN",
    headers={"X-GitHub-Api-Version": "2022-11-28"},
    models_url="../catalog/models",
    organization_path="../orgs/{organization}/inference/chat/completions",
    hottest=1.0,
    rows=_ROWS,
    spellings=PUBLISHED,
    tiers={"low": _LOW, "high": _HIGH},
    retired_hosts=frozenset({HOST, OLD_HOST}),
    hosts=frozenset({HOST, OLD_HOST}),
    price_source="azure",
    token_prefixes=("ghp_", "github_pat_", "gho_", "ghu_", "ghs_"),
    limits=_HIGH,
    routes=ROUTES,
)
"""The row. Limits are the free tier's, which every user had; a model that no row speaks of gets tier "high"."""


def for_base(base_url: str) -> Profile:
    """The row for a gateway: one whose base does not end in `/inference` follows the older host's ways."""
    if base_url.endswith("/inference"):
        return GITHUB
    older = {new: old for old, new in PUBLISHED.items()}
    return attrs.evolve(GITHUB, models_url="models", organization_path=None, spellings=older)
