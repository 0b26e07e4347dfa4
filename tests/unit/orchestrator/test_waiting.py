from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.errors import ErrorKind
from aurelis.orchestrator.policy import RetryPolicy
from aurelis.orchestrator.retry import rule_for, wait_seconds
from fixtures.pipeline import error

POLICY = RetryPolicy()
KINDS = st.sampled_from([ErrorKind.RATE_LIMIT, ErrorKind.NETWORK, ErrorKind.UNAVAILABLE])


@given(kind=KINDS, attempt=st.integers(1, 2000), seed=st.integers(), base=st.sampled_from([1.0, 2.0, 10.0]))
def test_waits_double_with_a_quarter_of_jitter_and_have_a_bound(
    kind: ErrorKind, attempt: int, seed: int, base: float
) -> None:
    """Every wait is within 25 % of the exponential one, and none is longer than its rule's longest."""
    policy = RetryPolicy(exponential_base=base)
    rule = rule_for(policy, error(kind))
    plain = min(rule.maximum, rule.base * base ** min(attempt - 1, 100))

    waited = wait_seconds(policy, error(kind), attempt, Random(seed))  # noqa: S311 - it spreads waits

    assert 0.75 * plain <= waited <= min(1.25 * plain, rule.maximum)


@given(kind=KINDS, asked=st.floats(0.001, 1e6))
def test_a_wait_that_was_asked_for_is_taken_as_it_is(kind: ErrorKind, asked: float) -> None:
    """What the upstream says is neither shortened nor spread."""
    assert wait_seconds(POLICY, error(kind, retry_after_seconds=asked), 1, Random(0)) == asked  # noqa: S311 - it spreads waits
