"""Which models may be asked now: open breakers, cooldowns after a 429, providers that are out, found unhealthy."""

from __future__ import annotations

import logging
from collections import OrderedDict
from operator import itemgetter
from typing import Any, Final, TypeVar

from aurelis.core.deadline import Clock, spoken
from aurelis.core.errors import UNTOLD_RATE_LIMIT_SECONDS, ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.orchestrator.breaker import Breakers
from aurelis.orchestrator.policy import BreakerPolicy

LOGGER: Final = logging.getLogger("aurelis.orchestrator")

COOLDOWNS: Final = 500
"""Models with a cooldown that are remembered; the oldest goes first."""
PROVIDERS: Final = 200
"""Providers that are out that are remembered."""
UNHEALTHY: Final = frozenset(
    {ErrorKind.NETWORK, ErrorKind.TIMEOUT, ErrorKind.UNAVAILABLE, ErrorKind.AUTH, ErrorKind.GONE}
)
FORBIDDEN: Final = 403
TOKEN_SECONDS: Final = 5.0
"""How often the token of a provider that refused it is looked up anew, at most."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


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
        self._unhealthy: OrderedDict[str, tuple[float, RequestError]] = OrderedDict()
        self._spent: OrderedDict[ModelReference, float] = OrderedDict()
        self._token_looked_up: dict[str, float] = {}
        self._failures: OrderedDict[ModelReference, RequestError] = OrderedDict()

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
        found = self._unhealthy.get(model.provider)
        if found is not None and now < found[0]:
            return SkippedError("health", _again(found[1], found[0] - now))
        until = self._cooldowns.get(model, 0.0)
        if now < until:
            message = f"{model} is at its rate limit; it can be asked again in {spoken(until - now)}."
            error = RequestError(ErrorKind.RATE_LIMIT, message, retry_after_seconds=until - now)
            return SkippedError("quota", error)
        self._cooldowns.pop(model, None)
        wait = self.breakers.retry_after(model)
        if wait > 0:
            return self.left_alone(model, wait)
        return None

    def left_alone(self, model: ModelReference, wait: float) -> SkippedError:
        """That the breaker is open for so many seconds more, and how the model failed last."""
        rest = f"{model} failed several times in a row and is left alone for {spoken(wait)}"
        last = self._failures.get(model)
        why = f" {last.message}" if last is not None else ""
        message = f"{rest}; try again then, or use another model.{why}"
        return SkippedError("breaker", RequestError(ErrorKind.UNAVAILABLE, message, retry_after_seconds=wait))

    def failed(self, model: ModelReference, error: RequestError) -> None:
        """Learn from an upstream's answer: a cooldown, or a provider that is out."""
        _remember(self._failures, model, error)
        if error.final_for_provider:
            self._end(model.provider, error)
        if error.kind is ErrorKind.RATE_LIMIT and error.retry_after_seconds:
            LOGGER.info("%s is at its rate limit for %.0f s.", model, error.retry_after_seconds)
            _remember(self._cooldowns, model, self._clock.monotonic() + error.retry_after_seconds)
        elif error.kind is ErrorKind.RATE_LIMIT and error.retry_after_seconds is None:
            self.quota_spent(model, UNTOLD_RATE_LIMIT_SECONDS)

    def granted(self, model: ModelReference, left: tuple[int, float] | None) -> None:
        """An upstream said how many requests it still grants and in how many seconds more: with none left, it rests."""
        if left is not None and left[0] == 0 and left[1] > 0:
            _remember(self._cooldowns, model, self._clock.monotonic() + left[1])

    def quota_spent(self, model: ModelReference, wait: float) -> None:
        """A quota refused a request, our own count or a 429 that tells no time; only the status asks for it."""
        _remember(self._spent, model, self._clock.monotonic() + wait)

    def provider_failed(self, provider: str, error: RequestError) -> None:
        """A health check of a whole provider failed: it is left alone for the breaker's rest, or until it changes.

        What only says that there is no list of models (another kind, or 403) tells nothing.
        """
        if error.kind not in UNHEALTHY or error.status == FORBIDDEN:
            return
        if error.final_for_provider:
            self._end(provider, error)
        else:
            until = self._clock.monotonic() + self._policy.recovery_seconds
            _remember(self._unhealthy, provider, (until, error))

    def provider_answered(self, provider: str) -> None:
        """A health check of a provider succeeded."""
        self._unhealthy.pop(provider, None)

    def token_is_due(self, provider: str) -> bool:
        """Whether the provider refused its token and it is time to look that up anew; counts as having done so."""
        out = self._out.get(provider)
        now = self._clock.monotonic()
        if out is None or out.kind is not ErrorKind.AUTH:
            return False
        if now < self._token_looked_up.get(provider, float("-inf")) + TOKEN_SECONDS:
            return False
        self._token_looked_up[provider] = now
        return True

    def _end(self, provider: str, error: RequestError) -> None:
        if provider not in self._out and len(self._out) < PROVIDERS:
            LOGGER.info("%s is out until its settings or token change (%s).", provider, error.kind)
            self._out[provider] = error

    def provider_error(self, provider: str) -> RequestError | None:
        """Why a whole provider is out, if it is."""
        return self._out.get(provider)

    def resting(self, provider: str) -> tuple[tuple[ModelReference, RequestError], ...]:
        """The provider's models whose breaker is not closed, with how they failed last."""
        states = self.breakers.states()
        return tuple(
            (model, self._failures[model])
            for model, state in states.items()
            if state and model.provider == provider and model in self._failures
        )

    def at_rate_limit(self) -> tuple[ModelReference, float] | None:
        """The model whose cooldown or spent quota ends last, and the seconds until then; None without one."""
        now = self._clock.monotonic()
        waits = [
            (until - now, model)
            for known in (self._cooldowns, self._spent)
            for model, until in known.items()
            if until > now
        ]
        if not waits:
            return None
        wait, model = max(waits, key=itemgetter(0))
        return model, wait

    def provider_changed(self, provider: str | None = None) -> None:
        """Forget what was learned of a provider (of all without one): its settings or token changed."""
        self.breakers.forget(provider)
        by_model: tuple[dict[ModelReference, Any], ...]
        by_model = (self._cooldowns, self._spent, self._failures)
        for known in by_model:
            for model in [m for m in known if provider in {None, m.provider}]:
                del known[model]
        by_name: tuple[dict[str, Any], ...] = (self._out, self.notices, self._unhealthy)
        for named in (*by_name, self._token_looked_up):
            for name in [n for n in named if provider in {None, n}]:
                del named[name]


def _remember(known: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > COOLDOWNS:
        known.popitem(last=False)


def _again(error: RequestError, wait: float | None = None) -> RequestError:
    return RequestError(
        error.kind, error.message, status=error.status, retry_after_seconds=wait, provider=error.provider
    )
