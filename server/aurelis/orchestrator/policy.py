"""Policy as frozen data: what the user set, in the orchestrator's own words.

`app.py` makes these from the settings; a change of settings makes new ones. Defaults are the contract's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import attrs

Priority = Literal["preference", "performance", "cost"]
PRIORITIES: tuple[Priority, ...] = ("preference", "performance", "cost")


@attrs.frozen
class RetryRule:
    """How often one kind of failure is tried in all (`attempts` counts the first call); waits in seconds."""

    attempts: int
    base: float
    maximum: float


@attrs.frozen
class RetryPolicy:
    """Exponential back-off per kind of failure, bounded in number and in total time."""

    rate_limit: RetryRule = RetryRule(6, 1.0, 60.0)
    connection: RetryRule = RetryRule(4, 0.5, 10.0)
    server: RetryRule = RetryRule(3, 0.1, 5.0)
    exponential_base: float = 2.0
    jitter: float = 0.25
    total_seconds: float = 60.0


@attrs.frozen
class BreakerPolicy:
    """When a model is left alone: consecutive failures, seconds of rest, trial calls after it."""

    failure_threshold: int = 5
    recovery_seconds: float = 60.0
    half_open_calls: int = 3


@attrs.frozen
class ConcurrencyPolicy:
    """Requests at once, in all and per model; `queue` bounds those that wait for a place."""

    max_concurrent: int = 10
    max_per_model: int = 5
    queue: int = 1000


@attrs.frozen
class PromptLimits:
    """The longest prompts in characters; longer ones are refused after the task has cut what it could."""

    prompt: int = 50_000
    system_prompt: int = 10_000


@attrs.frozen
class ModelQuota:
    """What a provider grants for each of its models; None means unlimited or unknown."""

    requests_per_minute: int | None = None
    requests_per_day: int | None = None
    concurrent: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


@attrs.frozen
class AutomaticPolicy:
    """What ghost text and automatic hover may do by themselves.

    `allowed_hosts` are the hosts (host:port) that the user said yes to; `daily_usd` is their daily sum.
    """

    remote: Literal["ask", "allow", "never"] = "ask"
    allowed_hosts: frozenset[str] = frozenset()
    daily_usd: float = 1.0
    share_of_quota: float = 0.7


@attrs.frozen
class RoutingPolicy:
    """Which models a task may go to.

    `tasks` maps a task to candidates, each a `provider/model` or the name of a role; `roles` maps roles to
    `provider/model` lists.
    """

    priority: Priority = "preference"
    tasks: Mapping[str, tuple[str, ...]] = attrs.field(factory=lambda: MappingProxyType({}))
    roles: Mapping[str, tuple[str, ...]] = attrs.field(factory=lambda: MappingProxyType({}))


@attrs.frozen(kw_only=True)
class Policy:
    """Everything that the pipeline decides by."""

    routing: RoutingPolicy = RoutingPolicy()
    retry: RetryPolicy = RetryPolicy()
    breaker: BreakerPolicy = BreakerPolicy()
    concurrency: ConcurrencyPolicy = ConcurrencyPolicy()
    prompt: PromptLimits = PromptLimits()
    automatic: AutomaticPolicy = AutomaticPolicy()
    quotas: Mapping[str, ModelQuota] = attrs.field(factory=lambda: MappingProxyType({}))
    daily_budget_usd: float | None = None
    hedging: bool = False
