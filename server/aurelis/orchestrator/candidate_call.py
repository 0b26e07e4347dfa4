"""One candidate asked, with retries: breaker, place, quota, the provider's stream under its time limits.

It runs as a flight, so several identical requests may be reading; what it emits are provider events, the attempts that
failed, and `Restarted` when the answer begins anew.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from random import Random
from typing import Final

import attrs

from aurelis.core.deadline import Clock, Deadline
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.ports import Provider, QuotaLedger, QuotaRule
from aurelis.core.reply import Attempt, Finished, ProviderEvent, TextDelta
from aurelis.core.request import RedactedRequest
from aurelis.orchestrator.availability import Availability, SkippedError, breaker_error
from aurelis.orchestrator.breaker import is_failure
from aurelis.orchestrator.coalesce import Emit
from aurelis.orchestrator.limits import Gate
from aurelis.orchestrator.policy import ModelQuota, Policy
from aurelis.orchestrator.retry import retrying
from aurelis.orchestrator.route import Candidate
from aurelis.orchestrator.statistics import LiveStatistics

__all__ = ["CandidateCall", "FlightEvent", "Restarted", "SkippedError"]

MINUTE_WINDOW: Final = 61.0
DAY_WINDOW: Final = 86_430.0
"""Windows of the ledger in seconds: a little longer than the upstream's, as requests take time to arrive."""


@attrs.frozen
class Restarted:
    """The answer begins anew; what was read before does not count."""


FlightEvent = ProviderEvent | Attempt | Restarted


@attrs.frozen(kw_only=True)
class CandidateCall:
    """Everything that asking one candidate takes."""

    candidate: Candidate
    provider: Provider
    request: RedactedRequest
    deadline: Deadline
    policy: Policy
    ledger: QuotaLedger
    clock: Clock
    random: Random
    gate: Gate
    availability: Availability
    statistics: LiveStatistics

    async def run(self, emit: Emit[FlightEvent]) -> None:
        """Ask until there is an answer or no retry is left.

        Raises:
            RequestError: the last failure.
            SkippedError: the breaker or the quota said no.
        """
        streams = self.request.request.streams
        emitted = False

        async def attempt() -> None:
            nonlocal emitted
            if emitted:
                emit(Restarted())
            emitted = False

            def note(event: ProviderEvent) -> None:
                nonlocal emitted
                emitted = emitted or isinstance(event, TextDelta)
                emit(event)

            await self._attempt(note, emit)

        loop = retrying(
            self.policy.retry,
            clock=self.clock,
            random=self.random,
            deadline=self.deadline,
            may_retry=lambda: not (emitted and streams),
        )
        await loop(attempt)

    async def _attempt(self, note: Emit[ProviderEvent], emit: Emit[FlightEvent]) -> None:
        model = self.candidate.reference
        breakers = self.availability.breakers
        if not breakers.admit(model):
            raise SkippedError("breaker", breaker_error(model, breakers.retry_after(model)))
        began = self.clock.monotonic()
        counted = False
        try:
            await self._within_time(note)
            breakers.succeeded(model)
            counted = True
        except RequestError as error:
            self.availability.failed(model, error)
            if is_failure(error) and not self._our_haste(error):
                breakers.failed(model)
                self.statistics.failed(model)
                counted = True
            duration = round((self.clock.monotonic() - began) * 1000)
            emit(Attempt(str(model), f"error:{error.kind}", error.status, duration))
            raise
        finally:
            if not counted:
                breakers.abandoned(model)

    def _our_haste(self, error: RequestError) -> bool:
        """Whether only the short deadline of an automatic feature ran out, which says nothing about the model."""
        return error.kind is ErrorKind.TIMEOUT and error.status is None and self.request.request.urgency.automatic

    async def _within_time(self, note: Emit[ProviderEvent]) -> None:
        request = self.request.request
        loop = asyncio.get_running_loop()
        end = loop.time() + request.timing.answer
        first = self.deadline.remaining(self.clock)
        started = False
        try:
            async with asyncio.timeout(first) as timer:
                quota = self.policy.quotas.get(self.candidate.reference.provider, ModelQuota())
                document = request.sources[0].uri if request.sources else None
                place = self.gate.place(
                    self.candidate.reference, request.urgency, concurrent=quota.concurrent, document=document
                )
                async with place:
                    await self._reserve(quota)
                    asked = self.clock.monotonic()
                    stream = self.provider.stream(self.request, self.candidate.reference.model, first)
                    async with aclosing(stream) as events:
                        async for event in events:
                            if not started and isinstance(event, TextDelta):
                                started = True
                                first_token_ms = (self.clock.monotonic() - asked) * 1000
                                self.statistics.answered(self.candidate.reference, first_token_ms)
                            timer.reschedule(min(end, loop.time() + request.timing.chunk))
                            note(event)
                            if isinstance(event, Finished):
                                break
        except TimeoutError:
            raise self._timed_out(started=started, whole=loop.time() >= end) from None

    def _timed_out(self, *, started: bool, whole: bool) -> RequestError:
        model, timing = self.candidate.reference, self.request.request.timing
        if whole:
            message = f"{model} did not finish within {timing.answer:g} s; select less or raise requests.answerSeconds."
        elif started:
            message = f"{model} fell silent for {timing.chunk:g} s in the middle of its answer; try again."
        else:
            message = f"{model} did not begin to answer in time; try again, or raise requests.timeoutSeconds."
        return RequestError(ErrorKind.TIMEOUT, message, provider=model.provider)

    async def _reserve(self, quota: ModelQuota) -> None:
        urgency = self.request.request.urgency
        share = self.policy.automatic.share_of_quota if urgency.automatic else 1.0
        rules = [
            QuotaRule(max(1, int(limit * share)), window)
            for limit, window in ((quota.requests_per_minute, MINUTE_WINDOW), (quota.requests_per_day, DAY_WINDOW))
            if limit is not None
        ]
        if not rules:
            return
        model = self.candidate.reference
        wait = await self.ledger.reserve(f"{self.candidate.host}|{model}", rules, self.clock.time())
        if wait > 0:
            message = f"The quota of {model} is used up; it can be asked again in {wait:.0f} s."
            raise SkippedError("quota", RequestError(ErrorKind.RATE_LIMIT, message, retry_after_seconds=wait))
