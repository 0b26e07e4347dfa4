"""From a request to its candidates: what the user chose or the provider's defaults, described, bounded and ordered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo, ModelReference
from aurelis.core.request import Request, Task
from aurelis.orchestrator.policy import PRIORITIES, Policy, Priority
from aurelis.orchestrator.route import Candidate, characters_of, chosen, ordered, within_bounds

if TYPE_CHECKING:
    from aurelis.orchestrator.workings import Workings

NAMED_PROVIDERS: Final = 8
"""Providers that a sentence names; `aurelis models` has them all."""
EXPECTED_ANSWER_TOKENS: Final = 500
SHORTEST_ANSWER_TOKENS: Final = 256
"""Room that an answer must have in a window that it shares with the prompt; more is asked for only if there is."""


async def make_plan(request: Request, workings: Workings) -> tuple[Candidate, ...]:
    """The candidates in the order in which they will be asked; each is annotated, none is dropped.

    Raises:
        RequestError: `configuration` when a reference cannot be read or no provider is there; what the provider's
            model list answered when only that can tell.
    """
    parts, policy = workings.parts, workings.policy
    choice = chosen(request.task, request.model, policy.routing)
    references = choice.references if choice is not None else await parts.directory.defaults(request.task)
    if not references:
        message = "No model is known for this; name one in the setting models.code, for example."
        raise RequestError(ErrorKind.CONFIGURATION, message)
    candidates = tuple(_candidate(reference, request, workings) for reference in references)
    candidates = within_bounds(candidates, by_route=choice is not None)
    if len(candidates) == 1:
        return candidates
    wanted = request.parameters.max_tokens or EXPECTED_ANSWER_TOKENS
    completes = request.facets.get("language", "") if request.task is Task.COMPLETION else None
    return ordered(
        candidates,
        _priority(request, policy),
        statistics=partial(workings.statistics.of, completes=completes),
        price=lambda c: parts.pricing.price(c.info, c.host),
        expected_tokens=lambda c: (
            workings.estimates.tokens(c.reference, characters_of(request, c.info)),
            min(wanted, EXPECTED_ANSWER_TOKENS, c.info.output_tokens or wanted),
        ),
        random=parts.random,
    )


def _priority(request: Request, policy: Policy) -> Priority:
    return next((known for known in PRIORITIES if known == request.priority), policy.routing.priority)


def _candidate(reference: ModelReference, request: Request, workings: Workings) -> Candidate:
    try:
        provider = workings.parts.directory.get(reference.provider)
    except RequestError as error:
        return _unusable(reference, error.message)
    if provider is None:
        names = workings.parts.directory.names()
        known = ", ".join(names[:NAMED_PROVIDERS]) + (" and others" if names[NAMED_PROVIDERS:] else "") or "none"
        message = f"The provider '{reference.provider}' of {reference} is not configured (configured: {known})"
        advice = f"set providers.{reference.provider}, or name a model that `aurelis models` lists."
        return _unusable(reference, f"{message}; {advice}")
    info = provider.describe(reference.model)
    why = _too_long(info, request, workings)
    return Candidate(
        reference=reference,
        info=info,
        host=provider.host,
        local=provider.local,
        unusable="context" if why else None,
        why=why,
    )


def _unusable(reference: ModelReference, why: str) -> Candidate:
    return Candidate(
        reference=reference, info=ModelInfo(reference), host="", local=False, unusable="capability", why=why
    )


def _too_long(info: ModelInfo, request: Request, workings: Workings) -> str:
    """Why a prompt does not fit a model, or "".

    Where no longest answer is known, prompt and answer share one window.
    """
    reference = info.reference
    quotas = workings.known_quotas(reference)
    limits = [limit for limit in (info.input_tokens, *(q.input_tokens for q in quotas)) if limit is not None]
    if not limits:
        return ""
    prompt = workings.estimates.tokens(reference, characters_of(request, info))
    shared = info.output_tokens is None and all(quota.output_tokens is None for quota in quotas)
    answer = min(request.parameters.max_tokens or 0, SHORTEST_ANSWER_TOKENS) if shared else 0
    if prompt + answer <= min(limits):
        return ""
    room = f" and the answer needs {answer}" if answer else ""
    return f"The prompt has about {prompt} tokens{room}, and {reference} takes {min(limits)}; select less."
