"""What a request may not do by the user's will: go to a remote host by itself, or spend more than the day's money."""

from __future__ import annotations

from typing import Self

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Request
from aurelis.orchestrator.policy import AutomaticPolicy, Policy
from aurelis.orchestrator.route import Candidate
from aurelis.orchestrator.run import Run
from aurelis.orchestrator.workings import Workings

DAY_SECONDS = 86_400.0


@attrs.frozen
class Permissions:
    """The user's will as it stands for one request: a refusal is an error of kind `consent` or `budget`."""

    request: Request
    automatic: AutomaticPolicy
    free_of_charge: frozenset[Candidate]
    spent_up: RequestError | None

    @classmethod
    async def of(cls, workings: Workings, run: Run) -> Self:
        """Look at the candidates' prices, and at the money that was spent if any of them costs some."""
        limits = _limits(workings.policy, run.request)
        if not limits:
            return cls(run.request, workings.policy.automatic, frozenset(), None)
        free = frozenset(c for c in run.plan if _is_free(c, workings))
        spent_up = None if len(free) == len(run.plan) else await _spent_up(workings, limits)
        return cls(run.request, workings.policy.automatic, free, spent_up)

    def refusal(self, candidate: Candidate) -> RequestError | None:
        """Why the request must not go to a candidate, or None."""
        if candidate.unusable is not None:
            return None
        if self.spent_up is not None and candidate not in self.free_of_charge:
            return self.spent_up
        if not self.request.urgency.automatic or candidate.local or self.automatic.remote == "allow":
            return None
        if self.automatic.remote == "ask" and candidate.host in self.automatic.allowed_hosts:
            return None
        message = f"Automatic suggestions from {candidate.host} need your consent; set automatic.remote to allow them."
        error = RequestError(ErrorKind.CONSENT, message, provider=candidate.reference.provider)
        error.host = candidate.host
        return error


def _is_free(candidate: Candidate, workings: Workings) -> bool:
    price = workings.parts.pricing.price(candidate.info, candidate.host)
    return candidate.local if price is None else not price.input and not price.output


def _limits(policy: Policy, request: Request) -> tuple[tuple[float, bool, str], ...]:
    """Sums in dollars, whether only automatic requests count, and the setting that gives the sum."""
    limits: list[tuple[float, bool, str]] = []
    if policy.daily_budget_usd is not None:
        part = policy.automatic.share_of_quota if request.urgency.automatic else 1.0
        limits.append((policy.daily_budget_usd * part, False, "requests.dailyBudgetUsd"))
    if request.urgency.automatic:
        limits.append((policy.automatic.daily_usd, True, "automatic.dailyUsd"))
    return tuple(limits)


async def _spent_up(workings: Workings, limits: tuple[tuple[float, bool, str], ...]) -> RequestError | None:
    """The refusal when the money of the last 24 hours is used up."""
    since = workings.parts.clock.time() - DAY_SECONDS
    for limit, only_automatic, setting in limits:
        spent = await workings.parts.spend.spent(since=since, automatic=only_automatic)
        if spent >= limit:
            message = f"The last 24 hours cost ${spent:.2f} and the limit is ${limit:.2f}; raise {setting} or wait."
            return RequestError(ErrorKind.BUDGET, message)
    return None
