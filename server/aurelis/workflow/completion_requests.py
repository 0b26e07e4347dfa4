"""Asking for ghost text: a cursor becomes a request under way, and its answer completions that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from typing import Final, TypeVar

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Answer, Completed
from aurelis.core.request import Request
from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import ParseCache
from aurelis.tasks.context.completion import warm
from aurelis.tasks.ghost.growing import GrowingReply
from aurelis.workflow.completion_answers import Completion, PreparedCompletion, completions
from aurelis.workflow.completion_use import CompletionUse
from aurelis.workflow.flights import Flight, Flights
from aurelis.workflow.inline import CompletionAsked, prepare_completion, prepare_to_fit
from aurelis.workflow.invocation import new_request_id
from aurelis.workflow.kept_completions import Kept, KeptCompletions, Place
from aurelis.workflow.services import Services
from aurelis.workflow.silence import Silence
from aurelis.workflow.typing_rhythm import TypingRhythm

ALTERNATIVE_TEMPERATURE: Final = 0.7
"""For further suggestions, which should not be the first one again."""

_T = TypeVar("_T")

LITTLE: Final = 2_000
"""Characters of other documents, changed since they were looked at last, that are looked at on the event loop."""

KEPT_TREES: Final = 8
"""Documents whose syntax trees are kept between two requests."""


def always() -> bool:
    """Yes."""
    return True


@attrs.frozen(kw_only=True)
class Wish:
    """A cursor that wants ghost text, by command or of its own accord; `lasts` is whether an answer would be shown."""

    asked: CompletionAsked
    invoked: bool = False
    lasts: Callable[[], bool] = always


@attrs.frozen(kw_only=True)
class CompletionRequests:
    """Makes requests for one editor, and leaves what comes of them with the parts that want to know."""

    services: Services
    kept: KeptCompletions
    flights: Flights
    use: CompletionUse
    rhythm: TypingRhythm
    silence: Silence
    _parses: ParseCache = attrs.field(factory=lambda: ParseCache(limit=KEPT_TREES))
    _worker: ThreadPoolExecutor = attrs.field(factory=lambda: ThreadPoolExecutor(1, "aurelis-ghost-text"))
    _warmed: dict[str, str] = attrs.field(factory=dict)  # Bounded by the documents that may lend context.

    async def warm(self, others: tuple[Snapshot, ...]) -> None:
        """Prepare in a thread what is kept of the other documents, once for each text of theirs."""
        fresh = [other for other in others if self._warmed.get(other.uri) is not other.text]
        self._warmed.clear()
        self._warmed.update((other.uri, other.text) for other in others)
        if sum(len(other.text) for other in fresh) > LITTLE:
            await self._aside(lambda: warm(fresh))

    async def rehearse(self, snapshot: Snapshot) -> None:
        """Prepare a request for a document in the thread, and forget it."""
        asked = CompletionAsked(snapshot=snapshot, position=0)
        await self._aside(lambda: prepare_completion(self.services, asked, self._parses))

    async def launch(self, wish: Wish) -> Flight | None:
        """Ask; None where nothing may be asked, or nobody wants it any more."""
        prepared = await self._prepared(wish)
        if prepared is None:
            return None
        flight = _flight(wish, prepared)
        self.flights.begin(flight, self._fly(flight, wish.asked.snapshot))
        self.rhythm.asked(asyncio.get_running_loop().time())
        self.use.asked(prepared.request.request_id, wish.asked.snapshot.language_id, prepared.model)
        return flight

    async def further(self, wish: Wish, count: int) -> None:
        """Ask for suggestions beside those that are known, and wait for them."""
        await self.warm(wish.asked.around.others)
        prepared = await self._prepared(wish)
        if prepared is not None:
            await self.flights.join(*self.beside(_flight(wish, prepared), wish.asked.snapshot, count))

    def beside(self, first: Flight, snapshot: Snapshot, count: int) -> list[Flight]:
        """So many more suggestions for the same place, asked for now; a failure is just one suggestion less."""
        flights = []
        for _ in range(count):
            request = first.prepared.request
            parameters = attrs.evolve(request.parameters, temperature=ALTERNATIVE_TEMPERATURE)
            other = attrs.evolve(
                request,
                request_id=new_request_id(),
                parameters=parameters,
                enough=GrowingReply(first.prepared.hole).is_enough,
                cacheable=False,
            )
            flight = Flight(first.place, first.prepared, first.proposed, invoked=True, further=True)
            self.flights.begin(flight, self._fly_beside(flight, other, snapshot))
            flights.append(flight)
        return flights

    async def _fly_beside(self, flight: Flight, request: Request, snapshot: Snapshot) -> None:
        with suppress(RequestError):
            await self._answer(flight, request, snapshot)

    async def _prepared(self, wish: Wish) -> PreparedCompletion | None:
        prepared = await prepare_to_fit(self.services, wish.asked, self._parses, self._aside)
        return prepared if wish.lasts() else None

    async def _fly(self, flight: Flight, snapshot: Snapshot) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        request = attrs.evolve(flight.prepared.request, enough=flight.listening())
        try:
            found = await self._answer(flight, request, snapshot)
        except RequestError as error:
            self.silence.failed(error, loop.time())
            if error.kind is not ErrorKind.INVALID_RESPONSE:  # Of no use is an answer too; a failure is none.
                return
            found = False
        self.rhythm.answered(loop.time() - begun)
        if not found:
            self.kept.keep(Kept(flight.place, flight.proposed, request.request_id, len(flight.proposed)))

    async def _answer(self, flight: Flight, request: Request, snapshot: Snapshot) -> bool:
        async with aclosing(self.services.stream(request)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    self.use.answered(request.request_id, event.answer.model)
                    made = await self._completions(flight.prepared, event.answer)
                    for one in made:  # Each begins at the cursor.
                        place = Place.of(snapshot, flight.place.start, one.item.end)
                        text, proposed = flight.proposed + one.item.text, len(flight.proposed)
                        self.kept.keep(Kept(place, text, one.request_id, proposed, further=flight.further))
                    return bool(made)
        return False

    async def _completions(self, prepared: PreparedCompletion, answer: Answer) -> tuple[Completion, ...]:
        if prepared.request.judged_apart(answer.text):
            return await self._aside(lambda: completions(prepared, answer))
        return completions(prepared, answer)

    async def _aside(self, work: Callable[[], _T]) -> _T:
        """Do what may take long in a thread, one after the other; what nobody waits for any more is not begun."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def close(self) -> None:
        """Begin nothing more in the thread."""
        self._worker.shutdown(wait=False, cancel_futures=True)


def _flight(wish: Wish, prepared: PreparedCompletion) -> Flight:
    snapshot, position = wish.asked.snapshot, wish.asked.position
    start = position - wish.asked.proposed
    place = Place.of(snapshot, start, position)
    return Flight(place, prepared, snapshot.text[start:position], invoked=wish.invoked)
