"""From a request to its candidates: what the user chose or the provider's defaults, described, bounded and ordered."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo, ModelReference
from aurelis.core.request import Request
from aurelis.orchestrator.policy import PRIORITIES, ModelQuota, Policy, Priority
from aurelis.orchestrator.route import Candidate, chosen, ordered, within_bounds
from aurelis.orchestrator.statistics import LiveStatistics

if TYPE_CHECKING:
    from aurelis.orchestrator.orchestrator import Parts

CHARACTERS_PER_TOKEN: Final = 4.0
"""A usual ratio for English and code; the upstream's own count decides in the end."""
EXPECTED_ANSWER_TOKENS: Final = 500


def estimated_tokens(characters: int) -> int:
    """Tokens that so many characters come to, roughly."""
    return math.ceil(characters / CHARACTERS_PER_TOKEN)


async def make_plan(
    request: Request, parts: Parts, policy: Policy, statistics: LiveStatistics
) -> tuple[Candidate, ...]:
    """The candidates in the order in which they will be asked; each is annotated, none is dropped.

    Raises:
        RequestError: `configuration` when a reference cannot be read or no provider is there; what the provider's
            model list answered when only that can tell.
    """
    choice = chosen(request.task, request.model, policy.routing)
    references = choice.references if choice is not None else await parts.directory.defaults(request.task)
    if not references:
        message = "No model is known for this; name one in the setting models.code, for example."
        raise RequestError(ErrorKind.CONFIGURATION, message)
    characters = sum(len(m.content) for m in request.messages)
    candidates = tuple(_candidate(reference, characters, parts, policy) for reference in references)
    candidates = within_bounds(candidates, by_route=choice is not None)
    return ordered(
        candidates,
        _priority(request, policy),
        statistics=statistics.of,
        price=lambda c: parts.pricing.price(c.info, c.host),
        expected_tokens=(estimated_tokens(characters), request.parameters.max_tokens or EXPECTED_ANSWER_TOKENS),
        random=parts.random,
    )


def _priority(request: Request, policy: Policy) -> Priority:
    return next((known for known in PRIORITIES if known == request.priority), policy.routing.priority)


def _candidate(reference: ModelReference, characters: int, parts: Parts, policy: Policy) -> Candidate:
    provider = parts.directory.get(reference.provider)
    if provider is None:
        known = ", ".join(parts.directory.names()) or "none"
        why = f"The provider '{reference.provider}' of {reference} is not configured (configured: {known})."
        return Candidate(
            reference=reference, info=ModelInfo(reference), host="", local=False, unusable="capability", why=why
        )
    info = provider.describe(reference.model)
    quota = policy.quotas.get(reference.provider, ModelQuota())
    limits = [limit for limit in (info.input_tokens, quota.input_tokens) if limit is not None]
    if limits and estimated_tokens(characters) > min(limits):
        why = f"The prompt has about {estimated_tokens(characters)} tokens and {reference} takes {min(limits)}."
        return Candidate(
            reference=reference, info=info, host=provider.host, local=provider.local, unusable="context", why=why
        )
    return Candidate(reference=reference, info=info, host=provider.host, local=provider.local)
