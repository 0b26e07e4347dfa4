"""Whatever somebody does, in whatever order: what is offered is what the model said for that very text."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.request import Request
from aurelis.core.snapshot import Snapshot
from aurelis.workflow.flights import MOST_FLIGHTS, ORPHAN_SECONDS
from aurelis.workflow.ghost_text_session import GhostTextSession
from aurelis.workflow.kept_completions import Offered
from unit.workflow.typed_scenes import URI, TimedServices, accepted, play, session_of

BEFORE, AFTER = "alpha = beta\ngamma = ", "\ndelta = epsilon\n"


def said(prefix: str, suffix: str) -> str:
    """What the model says for a text: another word for each, and none that seems to say the word before it again."""
    first = "q" if re.search(r"\bp\w*$", prefix) else "p"
    return first + hashlib.sha256(f"{prefix}|{suffix}".encode()).hexdigest()[:8]


@attrs.define
class Person:
    """Somebody with a document of which only the text before and behind the cursor matters."""

    session: GhostTextSession
    services: TimedServices
    before: str = BEFORE
    after: str = AFTER
    version: int = 0
    shown: tuple[Offered, ...] = ()
    history: list[tuple[str, str]] = attrs.field(factory=list)
    waiting: list[asyncio.Task[None]] = attrs.field(factory=list)

    def does(self, what: str) -> None:
        """One step, told to the session as an editor tells it."""
        if what == "forget":
            self.session.forget()
        elif what == "close":
            self.session.closed(URI)
        elif what == "cancel":
            for task in self.waiting:
                task.cancel()
        else:
            present = (self.before, self.after)
            self.before, self.after = self._edited(what)
            if what != "undo":
                self.history.append(present)
            self.version += 1
            self.shown = ()
            self.session.changed(self.snapshot())

    def _edited(self, how: str) -> tuple[str, str]:
        before, after = self.before, self.after
        typed = self.shown[0].text[:1] if self.shown else "z"
        edits = {
            "right": (before + typed, after),
            "wrong": (before + "z", after),
            "back": (before[:-1] or "a", after),
            "above": ("b" + before[1:], after),
            "behind": (before, after + "x"),
        }
        return edits[how] if how in edits else self.history.pop() if self.history else (before, after)

    def snapshot(self) -> Snapshot:
        """The document as it stands."""
        return Snapshot(uri=URI, language_id="plaintext", text=self.before + self.after, version=self.version)

    def asks(self, *, invoked: bool) -> None:
        """The editor asks for ghost text, and looks at it when it comes."""
        self.waiting.append(asyncio.create_task(self._looks(invoked=invoked)))

    async def _looks(self, *, invoked: bool) -> None:
        version, snapshot, position = self.version, self.snapshot(), len(self.before)
        found = await self.session.offer(snapshot, position, invoked=invoked, lasts=lambda: self.version == version)
        if self.version != version:
            return
        self.shown = found
        made = {accepted(snapshot, one) for one in found}
        assert made <= {whole(request) for request in self.services.requests}


def whole(request: Request) -> str:
    """The document that a request was for, with the answer in it."""
    assert request.fim is not None
    prefix, suffix = request.fim.prefix, request.fim.suffix
    return prefix + said(prefix, suffix) + suffix


STEPS = st.sampled_from(["right"] * 5 + ["wrong", "back", "above", "behind", "undo", "forget", "close", "cancel"])
ASKS = st.sampled_from(["asks"] * 5 + ["invokes", "waits"])
PAUSES = st.sampled_from([0.0, 0.001, 0.05, 0.2, 0.4])


@given(st.lists(st.tuples(STEPS, ASKS, PAUSES, st.booleans()), min_size=5, max_size=40), st.sampled_from([0.0, 0.02]))
def test_nothing_out_of_date_is_offered_and_nothing_runs_on(
    steps: list[tuple[str, str, float, bool]], pace: float
) -> None:
    """Typing along, something else, edits elsewhere, undoing, with and without cancelling, at any speed."""

    async def scene() -> None:
        def reply(request: Request) -> Any:
            assert request.fim is not None
            return said(request.fim.prefix, request.fim.suffix)

        session, services = session_of(reply, latency=0.1, pace=pace)
        person = Person(session, services)
        for step, asks, pause, cancels in steps:
            if cancels:
                person.does("cancel")
            person.does(step)
            if asks != "waits":
                person.asks(invoked=asks == "invokes")
            await asyncio.sleep(pause)
            assert len(session._flights) <= MOST_FLIGHTS
        person.does("cancel")
        results = await asyncio.gather(*person.waiting, return_exceptions=True)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results), results
        await asyncio.sleep(ORPHAN_SECONDS + 0.001)
        assert not session.busy

    play(scene())
