"""Which models a request may go to, in which order: a finite tuple made once per request (invariant 2).

Routing orders and annotates and drops nothing: a candidate that cannot be used now carries the reason, because its
answer may still be in the cache. Everything here is a pure function of its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.model import ModelInfo, ModelReference, Price
from aurelis.core.request import RedactedRequest, Request, Task
from aurelis.orchestrator.policy import Priority, RoutingPolicy
from aurelis.orchestrator.statistics import ModelStatistics

ROLES: Final = ("completion", "code", "reasoning", "documentation", "fast")

DEFAULT_ROLES: Final[Mapping[Task, str]] = MappingProxyType(
    {
        Task.COMPLETION: "completion",
        Task.CODE_GENERATION: "code",
        Task.REFACTORING: "code",
        Task.OPTIMIZATION: "code",
        Task.TESTING: "code",
        Task.FIX: "code",
        Task.DOCUMENTATION: "documentation",
        Task.REVIEW: "reasoning",
        Task.COMPLEX_REASONING: "reasoning",
        Task.EXPLANATION: "fast",
        Task.GENERAL: "fast",
    }
)

EXPLORATION: Final = 0.05
"""Share of performance-routed requests whose first candidate is drawn at random, so that a recovered model is found."""
PRIOR_FIRST_TOKEN_MS: Final = 300.0
PRIOR_WEIGHT: Final = 1.0
FAILURE_COST_MS: Final = 20_000.0
WRONG_COST_MS: Final = 300.0
"""What a completion that nobody takes costs beside the wait for one: a request more and a moment of attention."""


@attrs.frozen(kw_only=True)
class Candidate:
    """One model of the plan.

    `unusable` is a `skipped:` reason known before anything is asked (`capability`, `context`, ...), with `why` as a
    sentence; None when the model may be asked.
    """

    reference: ModelReference
    info: ModelInfo
    host: str
    local: bool
    unusable: str | None = None
    why: str = ""


@attrs.frozen
class Chosen:
    """References in order of preference, and whether the user named each by a route (then even local to remote)."""

    references: tuple[ModelReference, ...]
    by_route: bool


def characters_of(request: Request | RedactedRequest, info: ModelInfo) -> int:
    """Characters that a model is sent: the hole's where it fills holes, else the chat's."""
    hole = request.fim
    if hole is not None and info.fim is not None:
        return len(hole.prefix) + len(hole.suffix) + sum(len(near.text) for near in hole.neighbours)
    return sum(len(message.content) for message in request.messages)


def chosen(task: Task, model: str | None, routing: RoutingPolicy) -> Chosen | None:
    """What the user chose for a task; None when nothing was set and the provider's defaults decide.

    Raises:
        RequestError: of kind `configuration`, for a reference that cannot be read.
    """
    if model is not None:
        return Chosen((ModelReference.parse(model),), by_route=True)
    entries = routing.tasks.get(task)
    if entries:
        return Chosen(_expanded(entries, routing.roles), by_route=True)
    role = DEFAULT_ROLES.get(task, "fast")
    models = routing.roles.get(role) or routing.roles.get("code")
    if models:
        return Chosen(_expanded(models, routing.roles), by_route=True)
    return None


def _expanded(entries: Iterable[str], roles: Mapping[str, tuple[str, ...]]) -> tuple[ModelReference, ...]:
    references: dict[ModelReference, None] = {}
    for entry in entries:
        names = roles.get(entry, ()) if entry in ROLES else (entry,)
        for name in names:
            references.setdefault(ModelReference.parse(name))
    return tuple(references)


def within_bounds(candidates: tuple[Candidate, ...], *, by_route: bool) -> tuple[Candidate, ...]:
    """Without a route, fallback never goes from a local to a remote provider."""
    if by_route or not candidates or not candidates[0].local:
        return candidates
    return tuple(c for c in candidates if c.local)


def ordered(
    candidates: tuple[Candidate, ...],
    priority: Priority,
    *,
    statistics: Callable[[ModelReference], ModelStatistics],
    price: Callable[[Candidate], Price | None],
    expected_tokens: Callable[[Candidate], tuple[int, int]],
    random: Random,
) -> tuple[Candidate, ...]:
    """The candidates in the order that the priority asks for; ties keep the order of preference.

    `expected_tokens` tells those of the prompt and of the answer, as a candidate counts them.
    """
    if priority == "performance":
        best = sorted(candidates, key=lambda c: expected_milliseconds(statistics(c.reference)))
        if len(best) > 1 and random.random() < EXPLORATION:
            explored = random.randrange(1, len(best))
            best.insert(0, best.pop(explored))
        return tuple(best)
    if priority == "cost":

        def cost(candidate: Candidate) -> tuple[int, float]:
            known = price(candidate)
            if known is None:
                return (1, 0.0)
            prompt, answer = expected_tokens(candidate)
            return (0, known.input * prompt + known.output * answer)

        return tuple(sorted(candidates, key=cost))
    return candidates


def expected_milliseconds(measured: ModelStatistics) -> float:
    """Milliseconds to a first token as measured, pulled towards an optimistic prior while little is known."""
    weight = measured.weight + PRIOR_WEIGHT
    first_token = (measured.first_token_ms * measured.weight + PRIOR_FIRST_TOKEN_MS * PRIOR_WEIGHT) / weight
    failure_rate = measured.failure_rate * measured.weight / weight
    wrong_rate = measured.wrong.rate * measured.wrong.shown / (measured.wrong.shown + PRIOR_WEIGHT)
    return first_token + failure_rate * FAILURE_COST_MS + wrong_rate * WRONG_COST_MS
