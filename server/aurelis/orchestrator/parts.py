"""What the pipeline is made of: every seam to the rest of the program, handed over by whoever composes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

import attrs

from aurelis.core.deadline import Clock
from aurelis.core.model import ModelReference
from aurelis.core.ports import (
    AnswerCache,
    EgressPolicy,
    LeaseLedger,
    Pricing,
    ProviderDirectory,
    QuotaLedger,
    Recorder,
    Redactor,
    SpendLedger,
)
from aurelis.core.request import RedactedRequest
from aurelis.orchestrator.policy import ModelQuota


def _nothing_granted(_model: ModelReference) -> ModelQuota:
    return ModelQuota()


@attrs.frozen(kw_only=True)
class Parts:
    """The seams.

    Attributes:
        cache_key: names an answer by model and redacted request.
        quota: what a model's provider grants, as far as it is known beforehand.
        leases: requests at once over all processes; None counts those of this process alone.
        token_changed: looks a provider's token up anew and says whether it is another one than the one last sent.
    """

    directory: ProviderDirectory
    redactor: Redactor
    egress: EgressPolicy
    cache: AnswerCache
    cache_key: Callable[[ModelReference, RedactedRequest], str]
    recorder: Recorder
    pricing: Pricing
    ledger: QuotaLedger
    spend: SpendLedger
    clock: Clock
    random: Random
    quota: Callable[[ModelReference], ModelQuota] = _nothing_granted
    leases: LeaseLedger | None = None
    token_changed: Callable[[str], Awaitable[bool]] | None = None
