"""Requests for ghost text that are under way: taken over by the next keystroke, or closed once they are of no use.

In come cursors, changes of documents and requests that the editor takes back; out go connections that are closed in
time: at once where the answer can no longer fit, a moment later where nobody waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

import attrs

from aurelis.core.snapshot import Snapshot
from aurelis.workflow.completion_answers import PreparedCompletion, glimpse_of
from aurelis.workflow.inline import CURSOR
from aurelis.workflow.kept_completions import COVERED, Place

ORPHAN_SECONDS: Final = 0.15
"""How long a request lives that nobody waits for."""

MOST_FLIGHTS: Final = 3
"""Requests under way at once, further suggestions aside, which live as long as somebody waits for them; the oldest that
nobody waits for is closed for a new one."""

_REASONING: Final = ("<think", "<reason")
_MARK: Final = CURSOR.casefold()


@attrs.define(eq=False)
class Flight:
    """One request under way.

    `proposed` is what the editor's list of completions put before the answer, `invoked` whether somebody asked by a
    command, `further` whether it is one more suggestion, which no other cursor takes over. `so_far` is what has arrived
    of its answer; `given_up` says that it was closed before its end.
    """

    place: Place
    prepared: PreparedCompletion
    proposed: str = ""
    invoked: bool = False
    further: bool = False
    so_far: str = ""
    waiting: int = 0
    given_up: bool = False
    task: asyncio.Task[None] = attrs.field(init=False)
    orphan: asyncio.TimerHandle | None = None
    _read: str = ""
    _text: str = ""

    def listening(self) -> Callable[[str], bool]:
        """The request's own `enough`, which also notes what has arrived."""
        enough = self.prepared.request.enough

        def heard(text: str) -> bool:
            self.so_far = text
            return enough is not None and enough(text)

        return heard

    def fits(self, snapshot: Snapshot, position: int) -> bool:
        """Whether the answer that is on its way can continue what has been typed since it was asked for."""
        typed = self.place.typed(snapshot, position)
        if typed is None:
            return False
        between = snapshot.text[position : position + COVERED]
        if self.place.covered(snapshot, position, between) is None or not self.place.holds(snapshot):
            return False
        if may_be_introduction(self.so_far, self.prepared.hole.prefix):
            known = typed.startswith(self.proposed) or self.proposed.startswith(typed)
            beyond = typed[len(self.proposed) :]
            return known and ("\n" not in beyond.strip(" \t") or self.prepared.hole.multiline)
        readings = (self.proposed + said for said in (self._offered(), self.so_far))
        return any(said.startswith(typed) or typed.startswith(said) for said in readings)

    def _offered(self) -> str:
        """What has arrived, as it would be offered: read once."""
        if self._read != self.so_far:
            self._read = self.so_far
            self._text = glimpse_of(self.so_far, self.prepared)
        return self._text


def may_be_introduction(so_far: str, prefix: str) -> bool:
    """Whether what has arrived may be no more than what models say before they complete: nothing of use yet.

    That is reasoning, a fence, the cursor's mark, or the cursor's line said again. `prefix` stands before the cursor.
    """
    begun = so_far.strip().casefold()
    if any(opening.startswith(begun[: len(opening)]) for opening in _REASONING):
        end = begun.rfind("</")
        return end < 0 or ">" not in begun[end:]
    if begun.startswith("`"):
        return "\n" not in begun
    if _MARK.startswith(begun):
        return True
    return prefix.rpartition("\n")[2].strip().casefold().startswith(begun)


class Flights:
    """The requests under way for one editor."""

    def __init__(self) -> None:
        self._under_way: list[Flight] = []

    def __len__(self) -> int:
        return len(self._under_way)

    def begin(self, flight: Flight, work: Coroutine[Any, Any, None]) -> None:
        """Have the request's work done. Wait for it, or have it closed, before anything else happens."""
        usual = [one for one in self._under_way if not one.further]
        if not flight.further and len(usual) >= MOST_FLIGHTS:
            self._close(next((one for one in usual if not one.waiting), usual[0]))
        flight.task = asyncio.create_task(work)
        self._under_way.append(flight)
        flight.task.add_done_callback(partial(self._ended, flight))

    def adoptable(self, snapshot: Snapshot, position: int) -> Flight | None:
        """The request that this cursor can use; those of its document that it cannot, and nobody wants, are closed."""
        found: Flight | None = None
        for flight in list(self._under_way):
            if not flight.further and flight.fits(snapshot, position):
                found = flight
            elif not flight.waiting and flight.place.uri == snapshot.uri:
                self._close(flight)
        return found

    async def join(self, *flights: Flight) -> None:
        """Wait for requests; when the wait is cancelled, those that nobody else waits for become orphans."""
        for flight in flights:
            self._keep_open(flight)
            flight.waiting += 1
        try:
            await asyncio.wait([flight.task for flight in flights])
            for flight in flights:
                if not flight.task.cancelled():
                    flight.task.result()
        finally:
            for flight in flights:
                flight.waiting -= 1
                if not flight.task.done() and not flight.given_up:
                    self.close_after(flight, 0.0 if flight.further else ORPHAN_SECONDS)

    def close_after(self, flight: Flight, seconds: float) -> None:
        """Close a request then, unless somebody waits for it by that time."""
        if flight.waiting:
            return
        self._keep_open(flight)
        flight.orphan = asyncio.get_running_loop().call_later(seconds, self._close, flight)

    def changed(self, snapshot: Snapshot) -> None:
        """A document was changed: close what can no longer fit, wherever the cursor may be now."""
        for flight in list(self._under_way):
            if flight.place.uri == snapshot.uri and not any(
                flight.fits(snapshot, position) for position in flight.place.cursors(snapshot)
            ):
                self._close(flight)

    def close(self, *, uri: str | None = None, invoked: bool = True) -> None:
        """Close every request, or those for one document, or those that nobody invoked."""
        for flight in list(self._under_way):
            if uri in {None, flight.place.uri} and (invoked or not flight.invoked):
                self._close(flight)

    async def aclose(self) -> None:
        """Close every request and wait for its end."""
        tasks = [flight.task for flight in self._under_way]
        self.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _close(self, flight: Flight) -> None:
        flight.given_up = True
        flight.task.cancel()
        self._landed(flight)

    def _ended(self, flight: Flight, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # Whoever waited has it; an orphan's failure is nobody's.
        self._landed(flight)

    def _landed(self, flight: Flight) -> None:
        self._keep_open(flight)
        if flight in self._under_way:
            self._under_way.remove(flight)

    def _keep_open(self, flight: Flight) -> None:
        if flight.orphan is not None:
            flight.orphan.cancel()
            flight.orphan = None
