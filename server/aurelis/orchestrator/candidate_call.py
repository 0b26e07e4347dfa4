"""One candidate asked, with retries: a turn, the breaker, the quota, the provider's stream under its time limits.

It runs as a flight, so several identical requests may be reading; what it emits are `Called` for each try, provider
events, the attempts that failed, and what is waited for. What it cost is counted here, once for each upstream call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Final

import attrs

from aurelis.core.deadline import Deadline, spoken
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.ports import Provider
from aurelis.core.reply import Alive, Attempt, Finished, FinishReason, ProviderEvent, TextDelta, Usage, Waiting
from aurelis.core.request import RedactedRequest
from aurelis.orchestrator.availability import SkippedError
from aurelis.orchestrator.breaker import is_failure
from aurelis.orchestrator.check import cut_off
from aurelis.orchestrator.coalesce import Emit
from aurelis.orchestrator.cost import cost_of
from aurelis.orchestrator.delivery import Deliverable, Delivery
from aurelis.orchestrator.patience import Patience
from aurelis.orchestrator.quotas import Grant
from aurelis.orchestrator.retry import is_loading, policy_for, retrying
from aurelis.orchestrator.route import Candidate, characters_of
from aurelis.orchestrator.turn import Turn, taken

if TYPE_CHECKING:
    from aurelis.orchestrator.workings import Workings

LOGGER: Final = logging.getLogger("aurelis.orchestrator")

SILENT_SECONDS: Final = 3.0
"""After so long without a word from a model of this machine, people are told that it may still be loading."""
TIDY_SECONDS: Final = 1.0
"""How long closing may take once the answer is complete."""


@attrs.frozen
class Called:
    """A call begins, at a time on the monotonic clock; what was read of an earlier one does not count."""

    at: float


FlightEvent = ProviderEvent | Deliverable | Attempt | Called | Waiting


def is_last(event: FlightEvent) -> bool:
    """Whether a flight's readers need no more after an event."""
    return isinstance(event, Finished)


def gathered(events: Sequence[FlightEvent]) -> Iterator[FlightEvent]:
    """The events, with words that follow each other as one delta: a fast model's come faster than they are read."""
    words: list[str] = []
    for event in events:
        if isinstance(event, TextDelta):
            words.append(event.text)
            continue
        if words:
            yield TextDelta("".join(words))
            words.clear()
        yield event
    if words:
        yield TextDelta("".join(words))


@attrs.define
class _Call:
    """One upstream call: how far it came."""

    began: float
    admitted: bool = False
    sent: bool = False
    reserved_at: float | None = None
    characters: int = 0
    finished: Finished | None = None
    failed: bool = False


@attrs.frozen(kw_only=True)
class CandidateCall:
    """Everything that asking one candidate takes."""

    candidate: Candidate
    provider: Provider
    request: RedactedRequest
    deadline: Deadline
    workings: Workings

    async def run(self, emit: Emit[FlightEvent]) -> None:
        """Ask until there is an answer or no retry is left.

        Raises:
            RequestError: the last failure.
            SkippedError: the breaker or the quota said no.
        """
        delivery = Delivery(self.request.request, emit)

        def note(event: ProviderEvent) -> None:
            if isinstance(event, Finished):
                delivery.stop()
                if event.reason is FinishReason.CUT and not delivery.made:
                    raise cut_off(self.candidate.reference)
            emit(event)
            if isinstance(event, TextDelta):
                delivery.heard(event.text)

        async def attempt() -> None:
            delivery.restart()
            try:
                await self._attempt(note, emit)
            finally:
                delivery.stop()

        loop = retrying(
            policy_for(self.workings.policy.retry, self.request.request.urgency),
            clock=self.workings.parts.clock,
            random=self.workings.parts.random,
            deadline=self.deadline,
            may_retry=lambda: not delivery.made,
            waiting=lambda error, seconds: emit(self._waiting(error, seconds)),
        )
        began = self.workings.parts.clock.monotonic()
        try:
            await loop(attempt)
        except RequestError as error:
            if is_loading(error):
                emit(self._attempt_of(error, began))
            raise

    def _waiting(self, error: RequestError, seconds: float) -> Waiting:
        if is_loading(error):
            return Waiting(self.candidate.reference, "is being loaded")
        return Waiting(self.candidate.reference, f"is asked again in {max(0.1, seconds):.1f} s ({error.kind})")

    def _resting(self, seconds: float) -> Waiting:
        return Waiting(self.candidate.reference, f"is at its rate limit and is asked in {max(0.1, seconds):.1f} s")

    async def _attempt(self, note: Emit[ProviderEvent], emit: Emit[FlightEvent]) -> None:
        model, workings = self.candidate.reference, self.workings
        breakers = workings.availability.breakers
        call = _Call(began=workings.parts.clock.monotonic())
        counted = False
        try:
            await self._within_time(call, note, emit)
            breakers.succeeded(model)
            counted = True
        except RequestError as error:
            call.failed = True
            if call.sent:
                workings.availability.failed(model, error)
                workings.quotas.learn(model, error)
            loading = is_loading(error)
            if call.sent and not loading and is_failure(error) and not self._says_nothing(error):
                breakers.failed(model)
                workings.statistics.failed(model)
                counted = True
            if not loading:
                emit(self._attempt_of(error, call.began))
            if call.reserved_at is not None and error.unsent:
                await workings.parts.ledger.cancel(self._key(), call.reserved_at)
            raise
        finally:
            if call.admitted and not counted:
                breakers.abandoned(model)
            await self._pay(call)

    def _attempt_of(self, error: RequestError, began: float) -> Attempt:
        model = self.candidate.reference
        duration = round((self.workings.parts.clock.monotonic() - began) * 1000)
        LOGGER.debug("%s failed after %d ms: %s %s", model, duration, error.kind, error.status or "")
        return Attempt(str(model), f"error:{error.kind}", error.status, duration)

    def _says_nothing(self, error: RequestError) -> bool:
        """Whether a failure is ours: an automatic feature's short deadline, or nothing was sent for our own reasons."""
        hasty = error.kind is ErrorKind.TIMEOUT and error.status is None and self.request.request.urgency.automatic
        return hasty or (error.unsent and error.kind is not ErrorKind.NETWORK)

    async def _within_time(self, call: _Call, note: Emit[ProviderEvent], emit: Emit[FlightEvent]) -> None:
        request, model, workings = self.request.request, self.candidate.reference, self.workings
        clock = workings.parts.clock
        loop = asyncio.get_running_loop()
        end = float("inf")
        try:
            async with (
                asyncio.timeout(self.deadline.remaining(clock)) as timer,
                taken(self._turn(), workings, lambda seconds: emit(self._resting(seconds))),
            ):
                self._admit(call)
                emit(Called(call.began))
                await self._reserve(call, workings.grant(model))
                asked, first_text = clock.monotonic(), False
                end = loop.time() + request.timing.answer
                patience = Patience(timer, request.timing.chunk, end)
                call.sent = True
                with self._silence_told(emit) as heard, patience:
                    async with aclosing(self._events(self.deadline.remaining(clock))) as events:
                        async for event in events:
                            if not patience.heard(spoken=not isinstance(event, Alive)):
                                continue
                            heard()
                            if isinstance(event, TextDelta):
                                first_text = not call.characters
                                call.characters += len(event.text)
                            elif isinstance(event, Finished):
                                call.finished = event
                                workings.availability.granted(model, event.requests_left)
                                patience.over(TIDY_SECONDS)
                                note(event)
                                break
                            note(event)
                            if first_text:
                                first_text = False
                                workings.statistics.answered(model, (clock.monotonic() - asked) * 1000)
                                # The readers have the first word before what came with it is looked at.
                                await asyncio.sleep(0)
        except TimeoutError:
            if call.finished is None:
                raise self._timed_out(call, whole=loop.time() >= end) from None

    def _turn(self) -> Turn:
        request, model = self.request.request, self.candidate.reference
        return Turn(
            model=model,
            key=self._key(),
            urgency=request.urgency,
            concurrent=self.workings.grant(model).concurrent,
            document=request.sources[0].uri if request.sources else None,
            deadline=self.deadline,
        )

    def _admit(self, call: _Call) -> None:
        """The call begins: its time is counted from here, and it is a trial if the breaker is half open."""
        model, breakers = self.candidate.reference, self.workings.availability.breakers
        if not breakers.admit(model):
            raise self.workings.availability.left_alone(model, breakers.retry_after(model))
        call.admitted = True
        call.began = self.workings.parts.clock.monotonic()

    async def _events(self, timeout_seconds: float) -> AsyncGenerator[ProviderEvent, None]:
        """The provider's stream; a fault of ours in reading it is an answer that cannot be read."""
        model = self.candidate.reference
        try:
            async with aclosing(self.provider.stream(self.request, model.model, timeout_seconds)) as events:
                async for event in events:
                    yield event
        except (RequestError, TimeoutError):
            raise
        except Exception as fault:
            LOGGER.exception("The answer of %s could not be read (%s).", model, type(fault).__name__)
            message = f"The answer of {model} could not be read; try again or use another model."
            raise RequestError(ErrorKind.INVALID_RESPONSE, message, provider=model.provider) from fault

    def _timed_out(self, call: _Call, *, whole: bool) -> RequestError:
        model, timing = self.candidate.reference, self.request.request.timing
        if whole:
            message = f"{model} did not finish within {timing.answer:g} s; select less or raise requests.answerSeconds."
        elif call.characters:
            message = f"{model} fell silent for {timing.chunk:g} s in the middle of its answer; try again."
        elif call.sent:
            message = f"{model} did not begin to answer in time; try again, or raise requests.timeoutSeconds."
        else:
            message = f"Other requests kept {model} busy for too long; try again, or raise requests.maxConcurrent."
        return RequestError(ErrorKind.TIMEOUT, message, provider=model.provider)

    @contextmanager
    def _silence_told(self, emit: Emit[FlightEvent]) -> Iterator[Callable[[], None]]:
        """Tell the readers when a model of this machine says nothing for a while: Ollama loads on the first request."""
        if not self.candidate.local or self.request.request.urgency.automatic:
            yield lambda: None
            return
        waiting = Waiting(self.candidate.reference, "is being loaded, or reads a long prompt")
        timer = asyncio.get_running_loop().call_later(SILENT_SECONDS, emit, waiting)
        try:
            yield timer.cancel
        finally:
            timer.cancel()

    async def _reserve(self, call: _Call, grant: Grant) -> None:
        model, workings = self.candidate.reference, self.workings
        urgency = self.request.request.urgency
        rules = grant.share(workings.policy.automatic.share_of_quota if urgency.automatic else 1.0)
        if not rules:
            return
        now = workings.parts.clock.time()
        wait = await workings.parts.ledger.reserve(self._key(), rules, now)
        if wait <= 0:
            call.reserved_at = now
        else:
            workings.availability.quota_spent(model, wait)
            message = f"The quota of {model} is used up; it can be asked again in {spoken(wait)}."
            raise SkippedError("quota", RequestError(ErrorKind.RATE_LIMIT, message, retry_after_seconds=wait))

    def _key(self) -> str:
        return f"{self.candidate.host}|{self.candidate.reference}"

    async def _pay(self, call: _Call) -> None:
        """Count what an upstream call cost: what it said it used, or an estimate when it was cut off."""
        if not call.sent or (call.failed and not call.characters):
            return
        model, workings = self.candidate.reference, self.workings
        prompt = characters_of(self.request, self.candidate.info)
        usage = call.finished.usage if call.finished is not None else None
        if usage is not None and usage.prompt_tokens:
            workings.estimates.learn(model, prompt, usage.prompt_tokens)
        price = workings.parts.pricing.price(self.candidate.info, self.candidate.host)
        counted = usage or Usage(
            workings.estimates.tokens(model, prompt), workings.estimates.tokens(model, call.characters)
        )
        cost = cost_of(counted, price)
        if cost:
            automatic = self.request.request.urgency.automatic
            await workings.parts.spend.add(cost, automatic=automatic, at=workings.parts.clock.time())
