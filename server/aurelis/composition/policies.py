"""From the settings to the orchestrator's policy: one field after the other, nothing decided."""

from __future__ import annotations

from types import MappingProxyType

from aurelis.config.settings import RetryRule as RetryRuleSettings
from aurelis.config.settings import Settings
from aurelis.orchestrator.policy import (
    AutomaticPolicy,
    BreakerPolicy,
    ConcurrencyPolicy,
    ModelQuota,
    Policy,
    PromptLimits,
    RetryPolicy,
    RetryRule,
    RoutingPolicy,
)


def policy_of(settings: Settings, allowed_hosts: frozenset[str]) -> Policy:
    """What the pipeline decides by; `allowed_hosts` are those that the user said yes to for automatic features."""
    requests, retry, breaker = settings.requests, settings.retry, settings.breaker
    quotas = {
        name: ModelQuota(
            requests_per_minute=provider.limits.requests_per_minute,
            requests_per_day=provider.limits.requests_per_day,
            concurrent=provider.limits.concurrent,
            input_tokens=provider.limits.input_tokens,
            output_tokens=provider.limits.output_tokens,
        )
        for name, provider in settings.providers.items()
    }
    return Policy(
        routing=RoutingPolicy(priority=settings.routing.priority, tasks=settings.routing.tasks, roles=settings.models),
        retry=RetryPolicy(
            rate_limit=_rule(retry.rate_limit),
            connection=_rule(retry.connection),
            server=_rule(retry.server),
            exponential_base=retry.exponential_base,
            jitter=retry.jitter,
            total_seconds=retry.total_seconds,
        ),
        breaker=BreakerPolicy(
            failure_threshold=breaker.failure_threshold,
            recovery_seconds=breaker.recovery_seconds,
            half_open_calls=breaker.half_open_calls,
        ),
        concurrency=ConcurrencyPolicy(max_concurrent=requests.max_concurrent, max_per_model=requests.max_per_model),
        prompt=PromptLimits(prompt=requests.max_prompt_chars, system_prompt=requests.max_system_prompt_chars),
        automatic=AutomaticPolicy(
            remote=settings.automatic.remote, allowed_hosts=allowed_hosts, daily_usd=settings.automatic.daily_usd
        ),
        quotas=MappingProxyType(quotas),
        daily_budget_usd=requests.daily_budget_usd,
        hedging=settings.routing.hedging,
    )


def _rule(rule: RetryRuleSettings) -> RetryRule:
    return RetryRule(attempts=rule.attempts, base=rule.base, maximum=rule.max)
