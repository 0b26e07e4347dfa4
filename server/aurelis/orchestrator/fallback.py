"""The plan's candidates asked one after the other, within one deadline, until one has answered.

Nothing falls back once part of an answer has been delivered: that part is then the answer, marked incomplete.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from operator import itemgetter
from typing import Final

from aurelis.core.deadline import Deadline
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import (
    AnswerEvent,
    Attempt,
    Chosen,
    Completed,
    Delta,
    Finished,
    FinishReason,
    Received,
    TextDelta,
    Waiting,
)
from aurelis.core.request import Urgency
from aurelis.orchestrator.availability import SkippedError
from aurelis.orchestrator.candidate_call import Called, CandidateCall, FlightEvent
from aurelis.orchestrator.check import checked
from aurelis.orchestrator.completing import completed
from aurelis.orchestrator.delivery import Deliverable
from aurelis.orchestrator.failure import nothing_left
from aurelis.orchestrator.hedge import Failed, Lost, Race, alone
from aurelis.orchestrator.kept import kept_answer, replayed
from aurelis.orchestrator.limits import SupersededError
from aurelis.orchestrator.permission import Permissions
from aurelis.orchestrator.route import Candidate
from aurelis.orchestrator.run import Run
from aurelis.orchestrator.workings import Workings

LOGGER: Final = logging.getLogger("aurelis.orchestrator")

Contest = AsyncGenerator[tuple[int, FlightEvent | Failed | Lost], None]


async def ask_in_turn(workings: Workings, run: Run) -> AsyncGenerator[AnswerEvent, None]:
    """Ask until a candidate has answered; `run` is finished then.

    Raises:
        RequestError: when none has.
    """
    clock = workings.parts.clock
    deadline = Deadline.after(clock, run.request.timing.first_token)
    permissions = await Permissions.of(workings, run)
    for place, candidate in enumerate(run.plan):
        if candidate.reference in run.asked_already:
            continue
        if run.failures and deadline.remaining(clock) <= 0:
            break
        refused = permissions.refusal(candidate)
        if refused is not None:
            run.refused(candidate, refused)
            continue
        allowed = [c for c in run.plan[place:] if permissions.refusal(c) is None]
        free = [c for c in allowed if skip_reason(workings, c) is None]
        skipped = skip_reason(workings, candidate)
        if skipped is not None and (free or candidate is not _awaited(workings, run, allowed, deadline)):
            run.skipped(candidate, skipped)
            continue
        share = Deadline.after(clock, deadline.remaining(clock) / max(1, len(free)))
        contestants = (candidate, *free[1:2])
        async with aclosing(await _turn(workings, run, contestants, (share, deadline))) as events:
            async for event in events:
                yield event
        if run.answered:
            return
        if run.superseded:
            break
    raise nothing_left(run.failures)


async def _turn(
    workings: Workings, run: Run, contestants: tuple[Candidate, ...], deadlines: tuple[Deadline, Deadline]
) -> AsyncGenerator[AnswerEvent, None]:
    """The events of one step down the plan."""
    first = contestants[0]
    if workings.flights.landed_since(run.flight_key(first), run.landings):
        # The same request was answered while this one looked for a kept answer and found none yet.
        kept = await kept_answer(workings.parts, run, (first,))
        if kept is not None:
            return replayed(run, kept)
    return _Asking(workings, run, contestants, deadlines).events()


def skip_reason(workings: Workings, candidate: Candidate) -> SkippedError | None:
    """Why a candidate is passed over now, or None."""
    if candidate.unusable is not None:
        kind = ErrorKind.TOO_LARGE if candidate.unusable == "context" else ErrorKind.CONFIGURATION
        return SkippedError(candidate.unusable, RequestError(kind, candidate.why))
    return workings.availability.skip(candidate.reference)


def _awaited(workings: Workings, run: Run, resting: list[Candidate], deadline: Deadline) -> Candidate | None:
    """Of candidates that all rest, the one whose rate limit ends first, if it does so in time; its turn waits for that.

    Automatic requests wait for nobody.
    """
    if run.request.urgency.automatic:
        return None
    rests = [(candidate, workings.availability.skip(candidate.reference)) for candidate in resting]
    ends = [
        (rest.error.retry_after_seconds, candidate)
        for candidate, rest in rests
        if candidate.unusable is None
        and candidate.reference not in run.asked_already
        and rest is not None
        and rest.reason == "quota"
        and rest.error.retry_after_seconds is not None
        and deadline.allows(workings.parts.clock, rest.error.retry_after_seconds)
    ]
    return min(ends, key=itemgetter(0))[1] if ends else None


class _Asking:
    """One step down the plan: a candidate, with the next one as its second where requests are hedged."""

    def __init__(
        self, workings: Workings, run: Run, contestants: tuple[Candidate, ...], deadlines: tuple[Deadline, Deadline]
    ) -> None:
        self._workings = workings
        self._run = run
        self._contestants = contestants
        self._deadlines = deadlines
        self._speaker = contestants[0]
        self._finished: Finished | None = None

    async def events(self) -> AsyncGenerator[AnswerEvent, None]:
        """What the reader sees; afterwards the run is answered, or holds the failures."""
        run = self._run
        run.asked(self._speaker)
        yield Chosen(self._speaker.reference, self._speaker.local)
        async with aclosing(self._contest()) as contest:
            async for number, event in contest:
                who = self._contestants[number]
                if isinstance(event, TextDelta | Finished) and who is not self._speaker:
                    self._speaker = who
                    run.asked(who)
                    yield Chosen(who.reference, who.local)
                if isinstance(event, TextDelta):
                    run.received(event.text)
                    yield Delta(event.text) if run.delivered else Received(run.characters)
                    if run.request.enough is not None and run.request.enough(run.text):
                        self._finished = Finished(FinishReason.ENOUGH)
                        self._workings.availability.breakers.succeeded(who.reference)
                        break
                elif isinstance(event, Finished):
                    self._finished = event
                    break
                elif isinstance(event, Deliverable):
                    run.delivered = True
                    yield Delta(run.text)
                elif isinstance(event, Waiting):
                    yield event
                else:
                    self._note(who, event)
            await self._end(open_call=True)
        await self._end()
        if run.answer is not None:
            if run.request.streams and not run.delivered:
                yield Delta(run.answer.text)
            yield Completed(run.answer)

    def _note(self, who: Candidate, event: FlightEvent | Failed | Lost) -> None:
        run = self._run
        if isinstance(event, Attempt):
            run.attempts.append(event)
        elif isinstance(event, Called):
            run.called(who, event.at)
        elif isinstance(event, Lost):
            run.attempts.append(Attempt(str(who.reference), "cancelled", None, round(event.seconds * 1000)))
        elif isinstance(event, Failed):
            if isinstance(event.error, SkippedError):
                run.skipped(who, event.error)
            else:
                run.failed(who, event.error)
                run.superseded = run.superseded or isinstance(event.error, SupersededError)

    async def _end(self, *, open_call: bool = False) -> None:
        """Judge the answer that has ended, if one has begun.

        A whole answer is kept while its call is still open (`open_call`), so that it can be joined until then; one
        that is enough as it is closes its call first.
        """
        run, speaker, workings = self._run, self._speaker, self._workings
        finished = self._finished
        if run.answered or (open_call and (finished is None or finished.reason is FinishReason.ENOUGH)):
            return
        self._finished = None
        if finished is not None:
            try:
                run.verdict = await checked(
                    run.request, run.text, finished.reason, speaker.reference, delivered=run.delivered
                )
            except RequestError as error:
                run.attempts.append(
                    Attempt(str(speaker.reference), f"error:{error.kind}", None, run.call_ms(speaker.reference))
                )
                run.failed(speaker, error)
                if error.kind is ErrorKind.INVALID_RESPONSE:
                    workings.statistics.failed(speaker.reference)
                LOGGER.debug("%s gave no usable answer: %s", speaker.reference, error.kind)
                finished = None
            else:
                run.attempts.append(Attempt(str(speaker.reference), "ok", None, run.call_ms(speaker.reference)))
        if finished is None and run.delivered:
            finished = Finished(FinishReason.CUT)
        if finished is not None:
            run.finished(await completed(workings, run, speaker, finished))

    def _contest(self) -> Contest:
        first, second = self._contestants[0], self._contestants[1:]
        workings, run = self._workings, self._run
        hedged = workings.policy.hedging and run.request.urgency in {Urgency.HOVER, Urgency.GHOST_TEXT}
        usual_ms = workings.statistics.first_token_p95_ms(first.reference) if hedged and second else None
        if hedged:
            workings.hedges.count()
        if usual_ms is None:
            return alone(lambda: self._stream(first, self._deadlines[0]))
        streams: tuple[Callable[[], AsyncGenerator[FlightEvent, None]], Callable[[], AsyncGenerator[FlightEvent, None]]]
        streams = (
            lambda: self._stream(first, self._deadlines[0]),
            lambda: self._stream(second[0], self._deadlines[1]),
        )
        return Race(streams, _is_answer, usual_ms / 1000, self._may_hedge).run()

    def _may_hedge(self) -> bool:
        first, second = self._contestants
        if skip_reason(self._workings, second) is not None or not self._workings.hedges.take():
            return False
        self._run.hedged = True
        LOGGER.debug("%s takes longer than usual; %s is asked as well.", first.reference, second.reference)
        return True

    def _stream(self, candidate: Candidate, deadline: Deadline) -> AsyncGenerator[FlightEvent, None]:
        workings, run = self._workings, self._run
        provider = workings.parts.directory.get(candidate.reference.provider)
        if provider is None:
            message = f"The provider of {candidate.reference} is not configured any more."
            raise SkippedError("capability", RequestError(ErrorKind.CONFIGURATION, message))
        call = CandidateCall(
            candidate=candidate,
            provider=provider,
            request=run.redacted_request(),
            deadline=deadline,
            workings=workings,
        )
        key = run.flight_key(candidate)
        if workings.flights.under_way(key):
            run.shared.add(candidate.reference)
        return workings.flights.join(key, call.run)


def _is_answer(event: FlightEvent) -> bool:
    return isinstance(event, TextDelta | Finished)
