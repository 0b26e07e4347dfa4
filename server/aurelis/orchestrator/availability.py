"""Which models may be asked now: open breakers, cooldowns after a 429, providers that are out, found unhealthy."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from aurelis.core.deadline import Clock
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.orchestrator.breaker import Breakers
from aurelis.orchestrator.policy import BreakerPolicy

COOLDOWNS: Final = 500
"""Models with a cooldown that are remembered; the oldest goes first."""
PROVIDERS: Final = 200
"""Providers that are out that are remembered."""


class SkippedError(Exception):
    """A candidate is passed over; `reason` is the contract's (`breaker`, `quota`, ...), `error` what a person reads."""

    def __init__(self, reason: str, error: RequestError) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error = error


class Availability:
    """What this process knows about who can be asked.

    Attributes:
        notices: the latest warning about each provider's future, as a sentence.
    """

    def __init__(self, policy: BreakerPolicy, clock: Clock) -> None:
        self._clock = clock
        self._policy = policy
        self.breakers = Breakers(policy, clock)
        self.notices: dict[str, str] = {}
        self._cooldowns: OrderedDict[ModelReference, float] = OrderedDict()
        self._out: dict[str, RequestError] = {}
        self._unhealthy: OrderedDict[ModelReference, tuple[float, RequestError]] = OrderedDict()

    def adopt(self, policy: BreakerPolicy) -> None:
        """Go on with a changed policy; it starts from closed breakers."""
        if policy != self._policy:
            self._policy = policy
            self.breakers = Breakers(policy, self._clock)

    def skip(self, model: ModelReference) -> SkippedError | None:
        """Why a model must not be asked now, or None."""
        out = self._out.get(model.provider)
        if out is not None:
            return SkippedError("health", _again(out))
        now = self._clock.monotonic()
        found = self._unhealthy.get(model)
        if found is not None:
            until, error = found
            if now < until:
                return SkippedError("health", _again(error, until - now))
            del self._unhealthy[model]
        until = self._cooldowns.get(model, 0.0)
        if now < until:
            message = f"{model} is at its rate limit; it can be asked again in {_spoken(until - now)}."
            error = RequestError(ErrorKind.RATE_LIMIT, message, retry_after_seconds=until - now)
            return SkippedError("quota", error)
        self._cooldowns.pop(model, None)
        wait = self.breakers.retry_after(model)
        if wait > 0:
            return SkippedError("breaker", breaker_error(model, wait))
        return None

    def failed(self, model: ModelReference, error: RequestError) -> None:
        """Learn from an upstream's answer: a cooldown, or a provider that is out."""
        if error.final_for_provider and len(self._out) < PROVIDERS:
            self._out[model.provider] = error
        if error.kind is ErrorKind.RATE_LIMIT and error.retry_after_seconds:
            self._cooldowns[model] = self._clock.monotonic() + error.retry_after_seconds
            self._cooldowns.move_to_end(model)
            if len(self._cooldowns) > COOLDOWNS:
                self._cooldowns.popitem(last=False)

    def found_unhealthy(self, model: ModelReference, error: RequestError) -> None:
        """A health check failed; the model is left alone for the breaker's rest."""
        self._unhealthy[model] = (self._clock.monotonic() + self._policy.recovery_seconds, error)
        if len(self._unhealthy) > COOLDOWNS:
            self._unhealthy.popitem(last=False)

    def provider_error(self, provider: str) -> RequestError | None:
        """Why a whole provider is out, if it is."""
        return self._out.get(provider)

    def cooldown_until(self) -> float | None:
        """The latest end of a cooldown as seconds from now; None without one."""
        now = self._clock.monotonic()
        waits = [until - now for until in self._cooldowns.values() if until > now]
        return max(waits) if waits else None

    def provider_changed(self, provider: str | None = None) -> None:
        """Forget what was learned of a provider (of all without one): its settings or token changed."""
        self.breakers.forget(provider)
        for known in (self._cooldowns, self._unhealthy):
            for model in [m for m in known if provider in {None, m.provider}]:
                del known[model]
        if provider is None:
            self._out.clear()
            self.notices.clear()
        else:
            self._out.pop(provider, None)
            self.notices.pop(provider, None)


def breaker_error(model: ModelReference, wait: float) -> RequestError:
    """What a person reads while a breaker is open."""
    message = f"{model} failed several times in a row and is left alone for {_spoken(wait)}."
    return RequestError(ErrorKind.UNAVAILABLE, message, retry_after_seconds=wait)


def _again(error: RequestError, wait: float | None = None) -> RequestError:
    return RequestError(
        error.kind, error.message, status=error.status, retry_after_seconds=wait, provider=error.provider
    )


def _spoken(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - people count short waits in seconds
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"  # noqa: PLR2004 - and long ones in hours
