"""The pipeline that every request takes: validate, egress, redact, route, cache, then candidate by candidate.

In comes a `Request`, out come events and one `CallRecord`, whatever happens. The plan is made once; fallback is its
next element. Nothing here knows a vendor, a cache or a clock by name: they come as `Parts`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from random import Random

import attrs

from aurelis.core.deadline import Clock, Deadline
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.ports import (
    AnswerCache,
    CachedAnswer,
    CacheTags,
    EgressPolicy,
    Pricing,
    ProviderDirectory,
    QuotaLedger,
    Recorder,
    Redactor,
    SpendLedger,
)
from aurelis.core.record import SecurityEvent
from aurelis.core.reply import (
    Answer,
    AnswerEvent,
    Attempt,
    Chosen,
    Completed,
    Delta,
    Finished,
    FinishReason,
    TextDelta,
    Usage,
)
from aurelis.core.request import RedactedRequest, Request
from aurelis.orchestrator.availability import Availability
from aurelis.orchestrator.candidate_call import CandidateCall, FlightEvent, Restarted, SkippedError
from aurelis.orchestrator.coalesce import Flights
from aurelis.orchestrator.confidence import confidence
from aurelis.orchestrator.failure import nothing_left
from aurelis.orchestrator.limits import Gate
from aurelis.orchestrator.plan import estimated_tokens, make_plan
from aurelis.orchestrator.policy import Policy
from aurelis.orchestrator.route import Candidate
from aurelis.orchestrator.run import Run
from aurelis.orchestrator.statistics import LiveStatistics
from aurelis.orchestrator.validate import validated


@attrs.frozen(kw_only=True)
class Parts:
    """What the pipeline is made of; `cache_key` names an answer by model and redacted request."""

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


class Orchestrator:
    """Answers requests; one for each server process.

    Attributes:
        availability: breakers, cooldowns and providers that are out; what `skipped:` reasons come from.
        statistics: live numbers of this process.
        changed: called whenever a request starts or ends, for the status item.
    """

    def __init__(self, parts: Parts, policy: Policy, changed: Callable[[], None] = lambda: None) -> None:
        self._parts = parts
        self._policy = policy
        self._flights: Flights[FlightEvent] = Flights()
        self._gate = Gate(policy.concurrency, parts.clock)
        self.availability = Availability(policy.breaker, parts.clock)
        self.statistics = LiveStatistics(parts.clock)
        self.changed = changed

    def adopt(self, parts: Parts, policy: Policy) -> None:
        """Go on with changed parts and policy; requests under way end as they began."""
        self._parts = parts
        self._policy = policy
        self._gate.adopt(policy.concurrency)
        self.availability.adopt(policy.breaker)

    async def stream(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        """Answer a request. Close the generator, or cancel the task that reads it, to cancel the request.

        Raises:
            RequestError: of the contract's kind, with `request_id` set.
        """
        run = Run(request, self._parts, self._policy, started_at=self._parts.clock.time())
        self.statistics.active += 1
        self.changed()
        try:
            async with aclosing(self._answer(run)) as events:
                async for event in events:
                    yield event
        except RequestError as error:
            run.outcome = f"error:{error.kind}"
            error.request_id = request.request_id
            raise
        finally:
            self.statistics.active -= 1
            self.statistics.finished(request.task, run.model, run.elapsed_ms())
            run.record(self._parts.recorder)
            self.changed()

    async def cached(self, request: Request) -> Answer | None:
        """The kept answer to a request, if there is one; asks no model and records nothing."""
        run = Run(request, self._parts, self._policy, started_at=self._parts.clock.time())
        await self._prepare(run)
        return await self._from_cache(run)

    async def first_candidate(self, request: Request) -> Candidate | None:
        """The candidate that would be asked first."""
        plan = await make_plan(request, self._parts, self._policy, self.statistics)
        return plan[0] if plan else None

    async def _prepare(self, run: Run) -> None:
        request = run.request = validated(run.request, self._policy.prompt)
        for source in request.sources:
            refusal = self._parts.egress.refusal(source)
            if refusal is not None:
                now = self._parts.clock.time()
                event = SecurityEvent("excluded_file", "info", source.name, now, request.request_id)
                self._parts.recorder.security_event(event)
                raise RequestError(ErrorKind.EXCLUDED, refusal)
        run.redacted = self._parts.redactor.redact(request)
        run.plan = await make_plan(request, self._parts, self._policy, self.statistics)

    async def _answer(self, run: Run) -> AsyncGenerator[AnswerEvent, None]:
        await self._prepare(run)
        kept = await self._from_cache(run)
        if kept is not None:
            run.replayed(kept)
            if run.request.streams:
                yield Delta(kept.text)
            yield Completed(kept)
            return
        await run.check_spending()
        async with aclosing(self._ask_in_turn(run)) as events:
            async for event in events:
                yield event

    async def _ask_in_turn(self, run: Run) -> AsyncGenerator[AnswerEvent, None]:
        deadline = Deadline.after(self._parts.clock, run.request.timing.first_token)
        for place, candidate in enumerate(run.plan):
            skipped = self._skip(candidate, run)
            if skipped is not None:
                run.skipped(candidate, skipped)
                continue
            left = sum(1 for c in run.plan[place:] if self._skip(c, run) is None)
            share = Deadline.after(self._parts.clock, deadline.remaining(self._parts.clock) / max(1, left))
            try:
                async with aclosing(self._ask(run, place, candidate, share)) as events:
                    async for event in events:
                        yield event
            except SkippedError as late:
                run.skipped(candidate, late)
            except RequestError as error:
                run.failed(candidate, error)
                if error.kind is ErrorKind.INVALID_RESPONSE:
                    self.statistics.failed(candidate.reference)
                if run.delivered:
                    yield Completed(await self._complete(run, place, candidate, Finished(FinishReason.CUT)))
                    return
            else:
                return
        raise nothing_left(run.failures)

    def _skip(self, candidate: Candidate, run: Run) -> SkippedError | None:
        if candidate.unusable is not None:
            kind = ErrorKind.TOO_LARGE if candidate.unusable == "context" else ErrorKind.CONFIGURATION
            return SkippedError(candidate.unusable, RequestError(kind, candidate.why))
        refused = run.consent_refusal(candidate)
        if refused is not None:
            return SkippedError("consent", refused)
        return self.availability.skip(candidate.reference)

    async def _ask(
        self, run: Run, place: int, candidate: Candidate, deadline: Deadline
    ) -> AsyncGenerator[AnswerEvent, None]:
        request = run.request
        redacted = run.redacted_request()
        provider = self._parts.directory.get(candidate.reference.provider)
        if provider is None:
            raise RequestError(ErrorKind.CONFIGURATION, f"The provider of {candidate.reference} is not configured.")
        run.asked(candidate)
        yield Chosen(candidate.reference, candidate.local)
        call = CandidateCall(
            candidate=candidate,
            provider=provider,
            request=redacted,
            deadline=deadline,
            policy=self._policy,
            ledger=self._parts.ledger,
            clock=self._parts.clock,
            random=self._parts.random,
            gate=self._gate,
            availability=self.availability,
            statistics=self.statistics,
        )
        began = self._parts.clock.monotonic()
        finished: Finished | None = None
        enough = request.enough
        async with aclosing(self._flights.join(run.flight_key(candidate), call.run)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    run.received(event.text)
                    if request.streams:
                        run.delivered = True
                        yield Delta(event.text)
                    if enough is not None and enough(run.text):
                        finished = Finished(FinishReason.ENOUGH)
                        self.availability.breakers.succeeded(candidate.reference)
                        break
                elif isinstance(event, Attempt):
                    run.attempts.append(event)
                elif isinstance(event, Restarted):
                    run.restarted()
                elif isinstance(event, Finished):
                    finished = event
                    break
        if finished is None:
            raise RequestError(ErrorKind.INVALID_RESPONSE, f"{candidate.reference} ended its answer in the middle.")
        self._check(run, candidate, finished)
        run.attempts.append(Attempt(str(candidate.reference), "ok", None, run.since_ms(began)))
        yield Completed(await self._complete(run, place, candidate, finished))

    def _check(self, run: Run, candidate: Candidate, finished: Finished) -> None:
        """Move on to the next candidate while nothing unusable has been delivered.

        Raises:
            RequestError: `content_filter` or `invalid_response`.
        """
        name = candidate.reference
        if finished.reason is FinishReason.CONTENT_FILTER:
            message = f"{name} withheld the answer (content filter); change the selection or use another model."
            raise RequestError(ErrorKind.CONTENT_FILTER, message)
        if not run.text.strip():
            if finished.reason is FinishReason.ENOUGH or run.request.empty_is_an_answer:
                run.verdict = run.request.judge(run.text)
                return
            reason = "used up its tokens before answering" if finished.reason is FinishReason.LENGTH else "said nothing"
            message = f"{name} {reason}; try again, raise maxTokens, or use another model."
            raise RequestError(ErrorKind.INVALID_RESPONSE, message)
        if finished.reason is FinishReason.CUT:
            raise RequestError(ErrorKind.NETWORK, f"{name} was cut off in the middle of its answer; try again.")
        run.verdict = run.request.judge(run.text)
        if run.delivered:
            return
        if not run.verdict.usable:
            message = f"{name} gave no usable answer ({run.verdict.reason}); try again or use another model."
            raise RequestError(ErrorKind.INVALID_RESPONSE, message)
        if finished.reason is FinishReason.LENGTH and not run.request.accepts_truncated:
            message = f"{name} was cut off by its token limit; raise maxTokens or select less."
            raise RequestError(ErrorKind.INVALID_RESPONSE, message)

    async def _complete(self, run: Run, place: int, candidate: Candidate, finished: Finished) -> Answer:
        usage = finished.usage or self._estimated_usage(run)
        price = self._parts.pricing.price(candidate.info, candidate.host)
        cost = None
        if price is not None:
            cost = (usage.prompt_tokens * price.input + usage.completion_tokens * price.output) / 1_000_000
        score, reasons = confidence(finished.reason, run.verdict, mean_logprob=finished.mean_logprob, place=place)
        incomplete = finished.reason in {FinishReason.CUT, FinishReason.LENGTH}
        run.outcome = "ok"
        answer = Answer(
            request_id=run.request.request_id,
            text=run.text,
            model=candidate.reference,
            cached=None,
            finish=finished.reason,
            usage=usage,
            cost_usd=cost,
            confidence=score,
            confidence_reasons=reasons,
            incomplete=incomplete,
            duration_ms=run.elapsed_ms(),
            time_to_first_token_ms=run.first_token_ms if run.first_token_ms is not None else run.elapsed_ms(),
            attempts=tuple(run.attempts),
            redactions=run.redacted_request().redactions,
            verdict=run.verdict,
        )
        run.finished(answer)
        if finished.notice is not None:
            self.availability.notices[candidate.reference.provider] = finished.notice
        if cost:
            automatic = run.request.urgency.automatic
            await self._parts.spend.add(cost, automatic=automatic, at=self._parts.clock.time())
        if run.request.cacheable and not incomplete and run.verdict.usable:
            await self._keep(run, candidate, answer)
        return answer

    async def _keep(self, run: Run, candidate: Candidate, answer: Answer) -> None:
        request = run.request
        kept = CachedAnswer(
            text=answer.text,
            model=answer.model,
            finish=answer.finish,
            usage=answer.usage,
            cost_usd=answer.cost_usd,
            confidence=answer.confidence,
            stored_at=self._parts.clock.time(),
        )
        tags = CacheTags(
            task=request.task,
            language=request.facets.get("language", ""),
            path=request.facets.get("path", ""),
            project=request.facets.get("project", ""),
        )
        await self._parts.cache.put(run.cache_key(candidate), kept, tags)

    async def _from_cache(self, run: Run) -> Answer | None:
        if not run.request.cacheable:
            return None
        for candidate in run.plan:
            hit = await self._parts.cache.get(run.cache_key(candidate))
            if hit is None:
                continue
            kept, layer = hit
            verdict = run.request.judge(kept.text)
            if not verdict.usable:
                continue
            run.verdict = verdict
            run.text = kept.text
            run.attempts.append(Attempt(str(kept.model), "cached"))
            return Answer(
                request_id=run.request.request_id,
                text=kept.text,
                model=kept.model,
                cached=layer,
                finish=kept.finish,
                usage=kept.usage,
                cost_usd=0.0,
                confidence=kept.confidence,
                incomplete=False,
                duration_ms=run.elapsed_ms(),
                time_to_first_token_ms=run.elapsed_ms(),
                attempts=tuple(run.attempts),
                redactions=run.redacted_request().redactions,
                verdict=verdict,
            )
        return None

    def _estimated_usage(self, run: Run) -> Usage:
        prompt, completion = estimated_tokens(run.prompt_characters()), estimated_tokens(len(run.text))
        return Usage(prompt, completion, prompt + completion)

    async def aclose(self) -> None:
        """Wait for nothing; flights end with their readers."""
        await asyncio.sleep(0)
