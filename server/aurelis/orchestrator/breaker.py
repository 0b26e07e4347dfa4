"""Circuit breakers, one per provider and model: a model that keeps failing is left alone for a while.

Closed, it counts consecutive failures; at the threshold it opens; after the rest it lets a few trial calls through,
closes on the first success and opens again on a failure. What does not say anything about the model's condition
(429, the request's own faults, filters, cancellation, empty answers) is neither success nor failure.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from enum import IntEnum
from typing import Final

import attrs

from aurelis.core.deadline import Clock
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.orchestrator.policy import BreakerPolicy

LOGGER: Final = logging.getLogger("aurelis.orchestrator")

MODELS: Final = 500
"""Breakers kept; the one used longest ago goes first."""

FAILURES: Final = frozenset({ErrorKind.NETWORK, ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT})


class BreakerState(IntEnum):
    """The states, numbered as the metric `aurelis_breaker_state` shows them."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@attrs.define
class _Circuit:
    failures: int = 0
    opened_at: float | None = None
    trials: int = 0


def is_failure(error: RequestError) -> bool:
    """Whether an error says that the model is in bad condition."""
    return error.kind in FAILURES


class Breakers:
    """All circuits of this process."""

    def __init__(self, policy: BreakerPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._circuits: OrderedDict[ModelReference, _Circuit] = OrderedDict()

    def state(self, model: ModelReference) -> BreakerState:
        """The present state of a model's circuit."""
        circuit = self._circuits.get(model)
        if circuit is None or circuit.opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._rest(circuit) > 0 else BreakerState.HALF_OPEN

    def retry_after(self, model: ModelReference) -> float:
        """Seconds until a call may go through; 0 when one may now."""
        circuit = self._circuits.get(model)
        if circuit is None or circuit.opened_at is None:
            return 0.0
        rest = self._rest(circuit)
        if rest <= 0 and circuit.trials >= self._policy.half_open_calls:
            return 1.0
        return max(0.0, rest)

    def admit(self, model: ModelReference) -> bool:
        """Take part in a half-open trial if there is one; False when the call must not be made.

        Every admitted call ends in exactly one of `succeeded`, `failed` or `abandoned`.
        """
        circuit = self._circuits.get(model)
        if circuit is None or circuit.opened_at is None:
            return True
        if self.retry_after(model) > 0:
            return False
        circuit.trials += 1
        return True

    def succeeded(self, model: ModelReference) -> None:
        """An admitted call was answered."""
        self._circuits.pop(model, None)

    def failed(self, model: ModelReference) -> None:
        """An admitted call failed in a way that counts."""
        circuit = self._circuits.setdefault(model, _Circuit())
        if self._rest(circuit) > 0:
            return  # it was admitted before the circuit opened
        self._circuits.move_to_end(model)
        if len(self._circuits) > MODELS:
            self._circuits.popitem(last=False)
        circuit.failures += 1
        if circuit.opened_at is not None or circuit.failures >= self._policy.failure_threshold:
            circuit.opened_at = self._clock.monotonic()
            circuit.trials = 0
            LOGGER.info("%s failed %d times in a row and rests.", model, circuit.failures)

    def abandoned(self, model: ModelReference) -> None:
        """An admitted call ended without telling anything; a trial place is given back."""
        circuit = self._circuits.get(model)
        if circuit is not None and circuit.trials > 0:
            circuit.trials -= 1

    def states(self) -> dict[ModelReference, BreakerState]:
        """The circuits that failures have touched."""
        return {model: self.state(model) for model in self._circuits}

    def forget(self, provider: str | None = None) -> None:
        """Close the circuits of a provider (all of them without one): its settings or token changed."""
        for model in list(self._circuits):
            if provider is None or model.provider == provider:
                del self._circuits[model]

    def _rest(self, circuit: _Circuit) -> float:
        opened_at = circuit.opened_at
        if opened_at is None:
            return 0.0
        return opened_at + self._policy.recovery_seconds - self._clock.monotonic()
