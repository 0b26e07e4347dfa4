"""Ghost text while somebody types: what the editor is told now, out of what was asked before.

In come cursors, one after another, each cancelled by the next; out go completions, or nothing, never an error. While
the person types what a completion says nothing is asked. A request that is under way when the editor cancels lives on
for a moment: the next cursor adopts it if it still fits what was typed, otherwise it is closed at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import aclosing, suppress
from functools import partial
from typing import Final

import attrs

from aurelis.core.errors import UNTOLD_RATE_LIMIT_SECONDS, ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.reply import Completed
from aurelis.core.request import Request
from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import ParseCache
from aurelis.tasks.context.completion import warm
from aurelis.workflow.inline import (
    LARGE_DOCUMENT,
    NOTHING_AROUND,
    Around,
    CompletionAsked,
    PreparedCompletion,
    completions,
    item_of,
    prepare_to_fit,
)
from aurelis.workflow.invocation import new_request_id
from aurelis.workflow.kept_completions import COVERED, HEAD, KEPT, Kept, KeptCompletions, Offered, Place
from aurelis.workflow.services import Services
from aurelis.workflow.typing_rhythm import TypingRhythm

ORPHAN_SECONDS: Final = 0.15
"""How long a request lives that nobody waits for."""

AHEAD_SECONDS: Final = 3.0
"""How long a request lives that was made ahead, after a completion was taken."""

MOST_FLIGHTS: Final = 3
"""Requests under way at once; the oldest that nobody waits for is closed for a new one."""

SILENT_SECONDS: Final = 30.0
"""How long nothing is asked after a failure that asking again does not mend, when it does not say itself."""

LEAST_SILENT_SECONDS: Final = 1.0
"""How long nothing is asked after a failure that allows asking again at once."""

ALTERNATIVE_TEMPERATURE: Final = 0.7
"""For further suggestions, which should not be the first one again."""

TYPED_THROUGH: Final = 5
"""Characters of a completion that a person types before it counts as taken; fewer are chance."""

_LASTING: Final = frozenset(
    {
        ErrorKind.AUTH,
        ErrorKind.BUDGET,
        ErrorKind.CONFIGURATION,
        ErrorKind.CONSENT,
        ErrorKind.GONE,
        ErrorKind.RATE_LIMIT,
    }
)


@attrs.define(eq=False)
class Flight:
    """One request under way.

    `so_far` is what has arrived of its answer; `doomed` says that the document has become another one meanwhile, so
    that nobody will want it.
    """

    place: Place
    prepared: PreparedCompletion
    so_far: str = ""
    waiting: int = 0
    doomed: bool = False
    task: asyncio.Task[None] | None = None
    orphan: asyncio.TimerHandle | None = None


class GhostTextSession:
    """The completions of one editor.

    `on_refused` is told failures that only the person can mend (consent, sign-in), for the front end to ask or show.
    """

    def __init__(self, services: Services, on_refused: Callable[[RequestError], None] = lambda _: None) -> None:
        self._services = services
        self._on_refused = on_refused
        self._parses = ParseCache(limit=8)
        self._kept = KeptCompletions()
        self._rhythm = TypingRhythm()
        self._flights: list[Flight] = []
        self._warmed: dict[str, str] = {}  # Bounded by the documents that may lend context.
        self._silent_until = 0.0
        self._last_request: str | None = None
        self._last_was_right = False
        self._last_typed = 0
        self._last_model: ModelReference | None = None
        self._told_of: deque[str] = deque(maxlen=KEPT)
        self._varied: deque[str] = deque(maxlen=KEPT)  # Requests whose further suggestions were asked for.

    async def offer(
        self, snapshot: Snapshot, position: int, *, around: Around = NOTHING_AROUND, invoked: bool = False
    ) -> tuple[Offered, ...]:
        """The completions at a cursor; none when there is nothing to say. Cancel when the cursor moves on."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        if not invoked:
            self._rhythm.key(begun)
        wanted = self._services.settings.inline_completion.alternatives if invoked else 1
        known = self._kept.find(snapshot, position)
        self._used(known)
        if known and len(known) < wanted and known[0].request_id not in self._varied:
            self._varied.append(known[0].request_id)
            await self._ask_further(snapshot, position, around, wanted - len(known))
            known = self._kept.find(snapshot, position)
        if known or (known is not None and not invoked):
            return self._told(known)
        flight = self._adoptable(snapshot, position)
        if flight is not None:
            await self._join(flight)
            known = self._kept.find(snapshot, position)
            if known is not None:
                return self._told(known)
        await self._warm(around.others)
        if not invoked:
            await asyncio.sleep(begun + self._delay(snapshot, position) - loop.time())
            if loop.time() < self._silent_until:
                return ()
        flight = await self._launch(snapshot, position, around)
        if flight is None:
            return ()
        if wanted > 1:
            self._varied.append(flight.prepared.request.request_id)
        further = (self._further(flight.prepared, snapshot) for _ in range(wanted - 1))
        await asyncio.gather(self._join(flight), *further)
        return self._told(self._kept.find(snapshot, position) or ())

    def taken(self, request_id: str) -> None:
        """The person took a completion by its command."""
        if request_id == self._last_request:
            self._last_was_right = True
            self._last_typed = 0

    async def ask_ahead(self, snapshot: Snapshot, position: int, around: Around = NOTHING_AROUND) -> None:
        """Ask for what follows a completion that was just taken, so that it is there when the editor asks."""
        if self._kept.find(snapshot, position) is not None or self._adoptable(snapshot, position) is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._silent_until:
            return
        flight = await self._launch(snapshot, position, around)
        if flight is not None and flight.task is not None and not flight.waiting:
            self._orphan(flight, AHEAD_SECONDS)

    def edited(self, snapshot: Snapshot, start: int, end: int) -> None:
        """The document was changed and the new text stands from `start` to `end`: close what no longer can fit.

        A request that the editor has not cancelled yet is closed as soon as it does.
        """
        for flight in list(self._flights):
            near = flight.place.uri == snapshot.uri and start <= flight.place.start + HEAD
            if near and not _still_fits(flight, snapshot, end):
                self._doom(flight)

    def replaced(self, snapshot: Snapshot) -> None:
        """The document was sent anew as a whole, changed nobody says where: close what no longer can fit, as above."""
        for flight in list(self._flights):
            fits = (_still_fits(flight, snapshot, position) for position in flight.place.cursors(snapshot))
            if flight.place.uri == snapshot.uri and not any(fits):
                self._doom(flight)

    def closed(self, uri: str) -> None:
        """The document is closed: nobody wants what is asked for it."""
        for flight in list(self._flights):
            if flight.place.uri == uri:
                self._doom(flight)

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._flights)

    def forget(self) -> None:
        """Forget what was offered and why nothing was asked, because the settings changed."""
        self._kept.forget()
        self._silent_until = 0.0

    async def aclose(self) -> None:
        """Stop what is still being asked."""
        tasks = [flight.task for flight in self._flights if flight.task is not None]
        for flight in list(self._flights):
            self._close(flight)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _warm(self, others: tuple[Snapshot, ...]) -> None:
        """Prepare in a thread what is kept of the other documents, once for each text of theirs."""
        fresh = [other for other in others if self._warmed.get(other.uri) is not other.text]
        self._warmed = {other.uri: other.text for other in others}
        if sum(len(other.text) for other in fresh) > LARGE_DOCUMENT:
            await asyncio.to_thread(warm, fresh)

    def _delay(self, snapshot: Snapshot, position: int) -> float:
        wanted = self._services.settings.inline_completion.debounce_ms
        if wanted != "adaptive":
            return wanted / 1000
        start = snapshot.lines.line_start(snapshot.lines.line_at(position))
        return self._rhythm.delay(snapshot.text[start:position], asyncio.get_running_loop().time())

    def _told(self, offers: tuple[Offered, ...]) -> tuple[Offered, ...]:
        """The offers, noted as given to the editor: each request once."""
        for request_id in dict.fromkeys(offer.request_id for offer in offers):
            if request_id not in self._told_of:
                self._told_of.append(request_id)
                self._services.offered(request_id)
        return offers

    def _used(self, known: tuple[Offered, ...] | None) -> None:
        """Note that the person types what the last request made."""
        for offered in known or ():
            if offered.typed and offered.request_id == self._last_request:
                self._last_was_right = True
                self._last_typed = max(self._last_typed, offered.typed)

    def _judge_last(self, request_id: str) -> None:
        """Before another request: whether the last one's completion was taken, by its command or by typing it."""
        last = self._last_request
        if last is not None:
            self._rhythm.judged(right=self._last_was_right)
            if self._last_typed >= TYPED_THROUGH:
                self._services.typed(last, self._last_typed)
            if self._last_model is not None and last in self._told_of:
                self._services.judged(self._last_model, right=self._last_was_right)
        self._last_request = request_id
        self._last_was_right = False
        self._last_typed = 0
        self._last_model = None

    def _adoptable(self, snapshot: Snapshot, position: int) -> Flight | None:
        """The request under way that this cursor can use; those that it cannot, and nobody waits for, are closed."""
        found: Flight | None = None
        for flight in list(self._flights):
            if not flight.doomed and _still_fits(flight, snapshot, position):
                found = flight
            elif not flight.waiting:
                self._close(flight)
        return found

    async def _prepare(self, snapshot: Snapshot, position: int, around: Around) -> PreparedCompletion | None:
        asked = CompletionAsked(snapshot=snapshot, position=position, around=around)
        return await prepare_to_fit(self._services, asked, self._parses)

    async def _launch(self, snapshot: Snapshot, position: int, around: Around) -> Flight | None:
        prepared = await self._prepare(snapshot, position, around)
        if prepared is None:
            return None
        while len(self._flights) >= MOST_FLIGHTS:
            unused = next((flight for flight in self._flights if not flight.waiting), self._flights[0])
            self._close(unused)
        flight = Flight(Place.of(snapshot, position, position), prepared)
        flight.task = asyncio.create_task(self._fly(flight, snapshot))
        self._flights.append(flight)
        self._rhythm.asked(asyncio.get_running_loop().time())
        self._judge_last(prepared.request.request_id)
        flight.task.add_done_callback(partial(self._ended, flight))
        return flight

    async def _join(self, flight: Flight) -> None:
        """Wait for a request; when the wait is cancelled and nobody else waits, it becomes an orphan."""
        if flight.task is None:
            return
        if flight.orphan is not None:
            flight.orphan.cancel()
            flight.orphan = None
        flight.waiting += 1
        try:
            await asyncio.wait({flight.task})
            if not flight.task.cancelled():
                flight.task.result()
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                if flight.doomed:
                    self._close(flight)
                else:
                    self._orphan(flight, ORPHAN_SECONDS)

    async def _fly(self, flight: Flight, snapshot: Snapshot) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        request = attrs.evolve(flight.prepared.request, enough=_listening(flight))
        try:
            found = await self._answer(flight.prepared, request, snapshot)
        except RequestError as error:
            self._failed(error, loop.time())
            return
        self._rhythm.answered(loop.time() - begun)
        if not found:
            self._kept.keep(Kept(flight.place, "", request.request_id))

    async def _ask_further(self, snapshot: Snapshot, position: int, around: Around, count: int) -> None:
        """Ask for suggestions beside those that are known, because the person invoked."""
        await self._warm(around.others)
        prepared = await self._prepare(snapshot, position, around)
        if prepared is not None:
            await asyncio.gather(*(self._further(prepared, snapshot) for _ in range(count)))

    async def _further(self, prepared: PreparedCompletion, snapshot: Snapshot) -> None:
        """One more suggestion for the same place; a failure is just one suggestion less."""
        request = prepared.request
        parameters = attrs.evolve(request.parameters, temperature=ALTERNATIVE_TEMPERATURE)
        other = attrs.evolve(request, request_id=new_request_id(), parameters=parameters, cacheable=False)
        with suppress(RequestError):
            await self._answer(prepared, other, snapshot, further=True)

    async def _answer(
        self, prepared: PreparedCompletion, request: Request, snapshot: Snapshot, *, further: bool = False
    ) -> bool:
        async with aclosing(self._services.stream(request)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    made = completions(prepared, event.answer)
                    if request.request_id == self._last_request:
                        self._last_model = event.answer.model
                    for one in made:
                        place = Place.of(snapshot, one.item.start, one.item.end)
                        self._kept.keep(Kept(place, one.item.text, one.request_id, further))
                    return bool(made)
        return False

    def _failed(self, error: RequestError, now: float) -> None:
        if error.kind in _LASTING:
            untold = UNTOLD_RATE_LIMIT_SECONDS if error.kind is ErrorKind.RATE_LIMIT else SILENT_SECONDS
            told = error.retry_after_seconds
            self._silent_until = now + (untold if told is None else max(LEAST_SILENT_SECONDS, told))
            self._on_refused(error)

    def _orphan(self, flight: Flight, seconds: float) -> None:
        flight.orphan = asyncio.get_running_loop().call_later(seconds, self._close, flight)

    def _doom(self, flight: Flight) -> None:
        flight.doomed = True
        if not flight.waiting:
            self._close(flight)

    def _close(self, flight: Flight) -> None:
        if flight.task is not None:
            flight.task.cancel()
        self._landed(flight)

    def _ended(self, flight: Flight, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # Whoever waited has it; an orphan's failure is nobody's.
        self._landed(flight)

    def _landed(self, flight: Flight) -> None:
        if flight.orphan is not None:
            flight.orphan.cancel()
            flight.orphan = None
        if flight in self._flights:
            self._flights.remove(flight)


def _listening(flight: Flight) -> Callable[[str], bool]:
    """The request's own `enough`, which also shows what has arrived."""
    enough = flight.prepared.request.enough

    def heard(text: str) -> bool:
        flight.so_far = text
        return enough is not None and enough(text)

    return heard


def _still_fits(flight: Flight, snapshot: Snapshot, position: int) -> bool:
    """Whether the answer that is on its way can continue what has been typed since it was asked for."""
    typed = flight.place.typed(snapshot, position)
    if typed is None or flight.place.covered(snapshot, position, snapshot.text[position : position + COVERED]) is None:
        return False
    item = item_of(flight.so_far, flight.prepared, cut=True) if flight.so_far.strip() else None
    if item is None:
        return "\n" not in typed.strip(" \t") or flight.prepared.hole.multiline
    text = item.text
    return text.startswith(typed) or typed.startswith(text)
