"""What a model's provider grants: what is known beforehand, narrowed by what its refusals said.

A window is counted a little longer than the upstream's own, as requests take time to arrive.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.errors import RequestError
from aurelis.core.model import ModelReference
from aurelis.core.ports import QuotaRule
from aurelis.orchestrator.policy import ModelQuota

MODELS: Final = 500
"""Models of which something was learned; the oldest goes first."""
WINDOWS: Final = 4
"""Windows remembered for each model."""
MINUTE: Final = 60.0
DAY: Final = 86_400.0


@attrs.frozen
class Grant:
    """What one model may be asked: requests in windows, and requests at once (None: unlimited or unknown)."""

    rules: tuple[QuotaRule, ...] = ()
    concurrent: int | None = None

    def share(self, part: float) -> tuple[QuotaRule, ...]:
        """The rules for requests that may use only a part of each."""
        if part >= 1:
            return self.rules
        return tuple(QuotaRule(max(1, int(rule.requests * part)), rule.seconds) for rule in self.rules)


class LearnedQuotas:
    """Rules that upstreams named when they refused a request."""

    def __init__(self) -> None:
        self._learned: OrderedDict[ModelReference, dict[float, int]] = OrderedDict()

    def learn(self, model: ModelReference, error: RequestError) -> None:
        """Remember the rule that a refusal names, if it names one."""
        if error.refused_by is None:
            return
        requests, seconds = error.refused_by
        windows = self._learned.setdefault(model, {})
        self._learned.move_to_end(model)
        if len(self._learned) > MODELS:
            self._learned.popitem(last=False)
        if requests > 0 and (seconds in windows or len(windows) < WINDOWS):
            windows[seconds] = requests

    def forget(self, provider: str | None = None) -> None:
        """Drop what was learned of a provider (of all without one): its settings or token changed."""
        for model in [m for m in self._learned if provider in {None, m.provider}]:
            del self._learned[model]

    def grant(self, model: ModelReference, *known: ModelQuota) -> Grant:
        """The narrowest of what is known and what was learned."""
        windows: dict[float, int] = {}
        for quota in known:
            _narrow(windows, MINUTE, quota.requests_per_minute)
            _narrow(windows, DAY, quota.requests_per_day)
            _narrow(windows, 0.0, quota.concurrent)
        for seconds, requests in self._learned.get(model, {}).items():
            _narrow(windows, seconds, requests)
        concurrent = windows.pop(0.0, None)
        return Grant(_rules(sorted(windows.items())), concurrent)


def _narrow(windows: dict[float, int], seconds: float, requests: int | None) -> None:
    if requests is not None:
        windows[seconds] = min(requests, windows.get(seconds, requests))


def _rules(windows: Sequence[tuple[float, int]]) -> tuple[QuotaRule, ...]:
    return tuple(QuotaRule(requests, seconds + min(30.0, max(1.0, seconds / 60))) for seconds, requests in windows)
