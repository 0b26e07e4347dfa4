"""The one owner of retries: which failures are tried again, how often, after how long, and within what total time.

Built on tenacity. A wait that the upstream asked for (`retry-after`) is obeyed when it fits the deadline; otherwise
there is no wait at all and the next candidate has its turn.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

import attrs
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from aurelis.core.deadline import Clock, Deadline
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Urgency
from aurelis.orchestrator.policy import RetryPolicy, RetryRule

LOADING: Final = RetryRule(attempts=1_000, base=0.5, maximum=2.0)
"""For a model of this machine that is being loaded: asked again and again until the deadline."""
_LOADING_WORDS: Final = re.compile(r"(?i)\bloading\b")
_UNAVAILABLE_STATUS: Final = 503


def is_loading(error: RequestError) -> bool:
    """Whether a model server says that the model is still being loaded (llama-server's 503 "Loading model")."""
    return error.status == _UNAVAILABLE_STATUS and _LOADING_WORDS.search(error.message) is not None


def rule_for(policy: RetryPolicy, error: RequestError) -> RetryRule:
    """The rule that a failure falls under."""
    if is_loading(error):
        return LOADING
    if error.kind is ErrorKind.RATE_LIMIT:
        return policy.rate_limit
    if error.kind is ErrorKind.NETWORK:
        return policy.connection
    return policy.server


def wait_seconds(policy: RetryPolicy, error: RequestError, attempt: int, random: Random) -> float:
    """Seconds to wait after the attempt of that number (from 1) failed with this error."""
    if error.retry_after_seconds:
        return error.retry_after_seconds
    rule = rule_for(policy, error)
    try:
        wait = min(rule.maximum, rule.base * policy.exponential_base ** (attempt - 1))
    except OverflowError:
        wait = rule.maximum
    return min(rule.maximum, wait * random.uniform(1 - policy.jitter, 1 + policy.jitter))


def policy_for(policy: RetryPolicy, urgency: Urgency) -> RetryPolicy:
    """The rules for a request: ghost text waits for no rate limit, as the next keystroke asks for something else."""
    if urgency is not Urgency.GHOST_TEXT:
        return policy
    return attrs.evolve(policy, rate_limit=attrs.evolve(policy.rate_limit, attempts=1))


def retrying(
    policy: RetryPolicy,
    *,
    clock: Clock,
    random: Random,
    deadline: Deadline,
    may_retry: Callable[[], bool],
    waiting: Callable[[RequestError, float], None] = lambda _error, _seconds: None,
) -> AsyncRetrying:
    """The loop around one candidate's attempts.

    `may_retry` is asked after each failure: it says no once something has been delivered. `waiting` is told of each
    failure that is tried again and of the seconds until then.
    """
    latest = min(deadline.at, clock.monotonic() + policy.total_seconds)

    def worth_another(error: BaseException) -> bool:
        return isinstance(error, RequestError) and error.retryable and may_retry()

    def wait(state: RetryCallState) -> float:
        error = _error(state)
        return wait_seconds(policy, error, state.attempt_number, random) if error else 0.0

    def stop(state: RetryCallState) -> bool:
        error = _error(state)
        if error is None or state.attempt_number >= rule_for(policy, error).attempts:
            return True
        return clock.monotonic() + state.upcoming_sleep >= latest

    def before_sleep(state: RetryCallState) -> None:
        error = _error(state)
        if error is not None:
            waiting(error, state.upcoming_sleep)

    return AsyncRetrying(
        retry=retry_if_exception(worth_another),
        wait=wait,
        stop=stop,
        sleep=clock.sleep,
        before_sleep=before_sleep,
        reraise=True,
    )


def _error(state: RetryCallState) -> RequestError | None:
    outcome = state.outcome
    error = outcome.exception() if outcome is not None else None
    return error if isinstance(error, RequestError) else None
