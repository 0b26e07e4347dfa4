"""What all requests of a process share: the parts, the policy, and everything that was learned so far."""

from __future__ import annotations

import attrs

from aurelis.core.model import ModelReference
from aurelis.orchestrator.availability import Availability
from aurelis.orchestrator.candidate_call import FlightEvent, gathered, is_last
from aurelis.orchestrator.coalesce import Flights
from aurelis.orchestrator.estimates import TokenEstimates
from aurelis.orchestrator.hedge import HedgeBudget
from aurelis.orchestrator.limits import Gate
from aurelis.orchestrator.parts import Parts
from aurelis.orchestrator.policy import ModelQuota, Policy
from aurelis.orchestrator.quotas import Grant, LearnedQuotas
from aurelis.orchestrator.statistics import LiveStatistics


@attrs.define(kw_only=True)
class Workings:
    """The state of the pipeline; one for each process."""

    parts: Parts
    policy: Policy
    gate: Gate
    availability: Availability
    statistics: LiveStatistics
    flights: Flights[FlightEvent] = attrs.field(factory=lambda: Flights[FlightEvent](is_last, gathered))
    estimates: TokenEstimates = attrs.field(factory=TokenEstimates)
    quotas: LearnedQuotas = attrs.field(factory=LearnedQuotas)
    hedges: HedgeBudget = attrs.field(factory=HedgeBudget)

    @classmethod
    def of(cls, parts: Parts, policy: Policy) -> Workings:
        """A fresh state."""
        clock = parts.clock
        return cls(
            parts=parts,
            policy=policy,
            gate=Gate(policy.concurrency, clock),
            availability=Availability(policy.breaker, clock),
            statistics=LiveStatistics(clock),
        )

    def adopt(self, parts: Parts, policy: Policy) -> None:
        """Go on with changed parts and policy; what was learned stays."""
        self.parts = parts
        self.policy = policy
        self.gate.adopt(policy.concurrency)
        self.availability.adopt(policy.breaker)

    def known_quotas(self, model: ModelReference) -> tuple[ModelQuota, ...]:
        """What is known beforehand of a model's quota: the provider's word and the user's."""
        granted = self.parts.quota(model)
        own = self.policy.quotas.get(model.provider)
        return (granted,) if own is None else (granted, own)

    def grant(self, model: ModelReference) -> Grant:
        """What a model may be asked now."""
        return self.quotas.grant(model, *self.known_quotas(model))

    def provider_changed(self, provider: str | None = None) -> None:
        """Forget what was learned of a provider (of all without one): its settings or token changed."""
        self.availability.provider_changed(provider)
        self.quotas.forget(provider)
