"""Ghost text while somebody types: what the editor is told now, out of what was asked before.

In come cursors, one after another, each cancelled by the next; out go completions, or nothing, never an error. While
the person types what a completion says nothing is asked. A request that is under way when the editor cancels lives on
for a moment: the next cursor adopts it if it still fits what was typed, otherwise it is closed at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from aurelis.core.errors import RequestError
from aurelis.core.snapshot import Snapshot
from aurelis.workflow.completion_requests import CompletionRequests, Wish, always
from aurelis.workflow.completion_use import CompletionUse
from aurelis.workflow.flights import Flights
from aurelis.workflow.inline import NOTHING_AROUND, Around, CompletionAsked
from aurelis.workflow.kept_completions import KEPT, KeptCompletions, Offered
from aurelis.workflow.services import Services
from aurelis.workflow.silence import Silence
from aurelis.workflow.typing_rhythm import TypingRhythm

AHEAD_SECONDS: Final = 3.0
"""How long a request lives that was made ahead, after a completion was taken."""


class GhostTextSession:
    """The completions of one editor.

    `on_refused` is told failures that only the person can mend (consent, sign-in), for the front end to ask or show.
    """

    def __init__(self, services: Services, on_refused: Callable[[RequestError], None] = lambda _: None) -> None:
        self._services = services
        self._kept = KeptCompletions()
        self._flights = Flights()
        self._rhythm = TypingRhythm()
        self._use = CompletionUse(services)
        self._silence = Silence(on_refused)
        self._requests = CompletionRequests(
            services=services,
            kept=self._kept,
            flights=self._flights,
            use=self._use,
            rhythm=self._rhythm,
            silence=self._silence,
        )
        self._varied: deque[str] = deque(maxlen=KEPT)  # Requests whose further suggestions were asked for.

    async def offer(
        self,
        snapshot: Snapshot,
        position: int,
        *,
        around: Around = NOTHING_AROUND,
        invoked: bool = False,
        proposed: int = 0,
        lasts: Callable[[], bool] = always,
    ) -> tuple[Offered, ...]:
        """The completions at a cursor; none when there is nothing to say. Cancel when the cursor moves on.

        Args:
            snapshot: the document.
            position: the cursor's offset.
            around: what else helps.
            invoked: whether the person asked by a command.
            proposed: so many characters before the cursor are the selected entry of the editor's list of completions,
                of which the person may have typed no more than a part.
            lasts: whether an answer would still be shown; nothing is asked for one that would not.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        if not invoked:
            self._rhythm.key(begun)
        asked = CompletionAsked(snapshot=snapshot, position=position, around=around, proposed=proposed)
        wish = Wish(asked=asked, invoked=invoked, lasts=lasts)
        wanted = self._services.settings.inline_completion.alternatives if invoked else 1
        known = self._kept.find(snapshot, position)
        self._use.typed_along(known or ())
        if known and len(known) < wanted and known[0].request_id not in self._varied:
            self._varied.append(known[0].request_id)
            await self._requests.further(wish, wanted - len(known))
            known = self._kept.find(snapshot, position)
        found = await self._found(wish, known)
        if found is not None:
            return found
        await self._requests.warm(around.others)
        if not invoked:
            await asyncio.sleep(begun + self._delay(snapshot, position) - loop.time())
            if self._silence.lasts(loop.time()) or not lasts():
                return ()
            found = await self._found(wish, self._kept.find(snapshot, position))  # Others may have asked meanwhile.
            if found is not None:
                return found
        flight = await self._requests.launch(wish)
        if flight is None:
            return ()
        if wanted > 1:
            self._varied.append(flight.prepared.request.request_id)
        await self._flights.join(flight, *self._requests.beside(flight, snapshot, wanted - 1))
        return self._use.told(self._kept.find(snapshot, position) or ())

    async def rehearse(self, snapshot: Snapshot) -> None:
        """Load what completions of a document will need, while nobody waits for it."""
        await self._requests.rehearse(snapshot)

    def taken(self, request_id: str) -> None:
        """The person took a completion by its command."""
        self._use.taken(request_id)

    async def ask_ahead(
        self,
        snapshot: Snapshot,
        position: int,
        around: Around = NOTHING_AROUND,
        lasts: Callable[[], bool] = always,
    ) -> None:
        """Ask for what follows a completion that was just taken, so that it is there when the editor asks."""
        if self._kept.find(snapshot, position) is not None or self._flights.adoptable(snapshot, position) is not None:
            return
        if self._silence.lasts(asyncio.get_running_loop().time()):
            return
        asked = CompletionAsked(snapshot=snapshot, position=position, around=around)
        flight = await self._requests.launch(Wish(asked=asked, lasts=lasts))
        if flight is not None:
            self._flights.close_after(flight, AHEAD_SECONDS)

    def changed(self, snapshot: Snapshot) -> None:
        """The document was changed: close what can no longer fit, also where the editor has not taken it back yet."""
        self._flights.changed(snapshot)

    def closed(self, uri: str) -> None:
        """The document is closed: nobody wants what is asked for it."""
        self._flights.close(uri=uri)

    def snoozed(self) -> None:
        """The person wants no completions for a while but those that are asked for by a command."""
        self._flights.close(invoked=False)

    def give_up(self) -> None:
        """The editor is leaving: close what is under way."""
        self._flights.close()

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._flights)

    def forget(self) -> None:
        """Forget what was offered and asked, and why nothing was asked, because the settings changed."""
        self._flights.close()
        self._kept.forget()
        self._silence.end()

    async def aclose(self) -> None:
        """Stop what is still being asked."""
        await self._flights.aclose()
        self._requests.close()

    def _delay(self, snapshot: Snapshot, position: int) -> float:
        wanted = self._services.settings.inline_completion.debounce_ms
        if wanted != "adaptive":
            return wanted / 1000
        start = snapshot.lines.line_start(snapshot.lines.line_at(position))
        right = self._use.often_right(snapshot.language_id)
        return self._rhythm.delay(snapshot.text[start:position], asyncio.get_running_loop().time(), right=right)

    async def _found(self, wish: Wish, known: tuple[Offered, ...] | None) -> tuple[Offered, ...] | None:
        """What is known for a cursor, or comes with a request that is under way; None when it must be asked for."""
        snapshot, position = wish.asked.snapshot, wish.asked.position
        if known or (known is not None and not wish.invoked):
            return self._use.told(known)
        flight = self._flights.adoptable(snapshot, position)
        if flight is None:
            return None
        flight.invoked = flight.invoked or wish.invoked
        await self._flights.join(flight)
        if flight.given_up:
            return ()
        known = self._kept.find(snapshot, position)
        return None if known is None else self._use.told(known)
