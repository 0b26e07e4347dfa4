"""When an answer that is still growing may be handed on: from then on no other try and no other model takes its place.

Words to read are handed on as they come. Of an answer that is to become an edit, the words before its code are held
back, and all of it for a moment: a model that says it cannot, or breaks off at once, can still give way to another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import attrs

from aurelis.core.request import Request


@attrs.frozen
class Deliverable:
    """What has come of an answer, and what follows, may be handed on."""


class Delivery:
    """The decision about one candidate's answer; `tell` is called once, when it is made."""

    def __init__(self, request: Request, tell: Callable[[Deliverable], None]) -> None:
        self._request = request
        self._tell = tell
        self._held = ""
        self._timer: asyncio.TimerHandle | None = None
        self.made = False

    def restart(self) -> None:
        """Another try begins."""
        self.stop()
        self._held = ""

    def heard(self, text: str) -> None:
        """More of the answer has come."""
        request = self._request
        if self.made or not request.streams or self._timer is not None:
            return
        self._held += text
        if not request.begun(self._held):
            return
        if request.held_seconds > 0:
            self._timer = asyncio.get_running_loop().call_later(request.held_seconds, self._make)
        else:
            self._make()

    def stop(self) -> None:
        """The try has ended: what was not handed on until now waits for the verdict on the whole."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _make(self) -> None:
        self._timer = None
        self._held = ""
        self.made = True
        self._tell(Deliverable())
