"""The pipeline that every request takes: validate, egress, redact, route, cache, then candidate by candidate.

In comes a `Request`, out come events and one `CallRecord`, whatever happens. The plan is made once; fallback is its
next element. Nothing here knows a vendor, a cache or a clock by name: they come as `Parts`.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer
from aurelis.core.record import SecurityEvent
from aurelis.core.reply import Answer, AnswerEvent
from aurelis.core.request import Request, Urgency
from aurelis.orchestrator.availability import Availability
from aurelis.orchestrator.fallback import ask_in_turn, skip_reason
from aurelis.orchestrator.kept import answer_of, kept_answer, replayed
from aurelis.orchestrator.parts import Parts
from aurelis.orchestrator.plan import make_plan
from aurelis.orchestrator.policy import Policy
from aurelis.orchestrator.route import Candidate
from aurelis.orchestrator.run import Run
from aurelis.orchestrator.statistics import LiveStatistics
from aurelis.orchestrator.validate import validated
from aurelis.orchestrator.workings import Workings

__all__ = ["Orchestrator", "Parts"]

LOGGER: Final = logging.getLogger("aurelis.orchestrator")


class Orchestrator:
    """Answers requests; one for each server process.

    Attributes:
        changed: called whenever a request starts or ends, for the status item.
    """

    def __init__(self, parts: Parts, policy: Policy, changed: Callable[[], None] = lambda: None) -> None:
        self._workings = Workings.of(parts, policy)
        self.changed = changed

    @property
    def availability(self) -> Availability:
        """Breakers, cooldowns and providers that are out: what `skipped:` reasons come from."""
        return self._workings.availability

    @property
    def statistics(self) -> LiveStatistics:
        """Live numbers of this process."""
        return self._workings.statistics

    def live(self) -> Mapping[str, Any]:
        """The live numbers as plain data, with the places held and waited for, and the breakers that are not closed."""
        workings = self._workings
        return {
            **workings.statistics.snapshot(),
            "calls": workings.gate.active,
            "waiting": workings.gate.waiting,
            "breakers": {
                str(model): state.name.lower()
                for model, state in workings.availability.breakers.states().items()
                if state
            },
        }

    def health(self) -> Mapping[ModelReference, float]:
        """The health of each model that was asked lately, from 0 (not to be asked) to 1."""
        workings = self._workings
        return {
            model: 0.0 if workings.availability.skip(model) else 1.0 - measured.failure_rate
            for model, measured in workings.statistics.all().items()
        }

    def adopt(self, parts: Parts, policy: Policy) -> None:
        """Go on with changed parts and policy; requests under way end as they began."""
        self._workings.adopt(parts, policy)

    def provider_changed(self, provider: str | None = None) -> None:
        """Forget what was learned of a provider (of all without one): its settings or token changed."""
        self._workings.provider_changed(provider)

    async def stream(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        """Answer a request. Close the generator, or cancel the task that reads it, to cancel the request.

        Raises:
            RequestError: of the contract's kind, with `request_id` set.
        """
        run = Run(request, self._workings.parts, self._workings.flights.landings)
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
        except Exception:
            run.outcome = f"error:{ErrorKind.INVALID_RESPONSE}"  # A fault of ours is no cancellation.
            raise
        finally:
            self.statistics.active -= 1
            self._count(run)
            run.record(self._workings.parts.recorder)
            self.changed()

    async def cached(self, request: Request) -> Answer | None:
        """The kept answer to a request, if there is one; asks no model and records nothing."""
        run = Run(request, self._workings.parts)
        await self._prepare(run)
        return await kept_answer(self._workings.parts, run, run.plan)

    async def replay(self, request: Request, kept: CachedAnswer) -> Answer:
        """An answer that somebody kept for this very request, with the request's redactions; asks no model."""
        run = Run(request, self._workings.parts)
        await self._prepare(run)
        return answer_of(run, kept, None)

    async def first_candidate(self, request: Request) -> Candidate | None:
        """The candidate that would be asked first: the first of the plan that is not passed over now."""
        plan = await make_plan(request, self._workings)
        free = (candidate for candidate in plan if skip_reason(self._workings, candidate) is None)
        return next(free, plan[0] if plan else None)

    async def _prepare(self, run: Run) -> None:
        parts = self._workings.parts
        request = run.request = validated(run.request, self._workings.policy.prompt)
        for source in request.sources:
            refusal = parts.egress.refusal(source)
            if refusal is not None:
                event = SecurityEvent("excluded_file", "info", source.name, parts.clock.time(), request.request_id)
                parts.recorder.security_event(event)
                raise RequestError(ErrorKind.EXCLUDED, refusal)
        run.redacted = parts.redactor.redact(request)
        run.plan = await make_plan(request, self._workings)

    async def _answer(self, run: Run) -> AsyncGenerator[AnswerEvent, None]:
        await self._prepare(run)
        kept = await kept_answer(self._workings.parts, run, run.plan)
        if kept is not None:
            async for event in replayed(run, kept):
                yield event
            return
        await self._look_tokens_up(run)
        async with aclosing(ask_in_turn(self._workings, run)) as events:
            async for event in events:
                yield event

    async def _look_tokens_up(self, run: Run) -> None:
        """Bring back providers that refused a token which somebody has replaced meanwhile, perhaps in a terminal."""
        changed = self._workings.parts.token_changed
        if changed is None or run.request.urgency is not Urgency.EXPLICIT:
            return
        for provider in dict.fromkeys(candidate.reference.provider for candidate in run.plan):
            if self.availability.token_is_due(provider) and await changed(provider):
                LOGGER.info("%s has another token and is asked again.", provider)
                self.provider_changed(provider)

    def _count(self, run: Run) -> None:
        statistics = self.statistics
        statistics.finished(run.request.task, run.model, run.elapsed_ms())
        for attempt in run.attempts:
            if attempt.outcome != "ok":
                statistics.count(attempt.outcome)
        for name, happened in (("shared", bool(run.shared)), ("hedged", run.hedged), ("superseded", run.superseded)):
            if happened:
                statistics.count(name)
        LOGGER.debug(
            "%s %s: %s by %s in %d ms after %d attempts",
            run.request.task,
            run.request.request_id,
            run.outcome,
            run.model or "nobody",
            run.elapsed_ms(),
            len(run.attempts),
        )

    async def aclose(self) -> None:
        """Wait until what was asked last has been tidied up."""
        await self._workings.flights.settled()
