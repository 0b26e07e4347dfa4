"""Ghost text while somebody types: what the editor is told now, out of what was asked before.

In come cursors, one after another; out go completions, or nothing. Cancelling a call gives up its request.
"""

from __future__ import annotations

import attrs

from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import ParseCache
from aurelis.workflow.inline import CompletionAsked, complete
from aurelis.workflow.services import Services


@attrs.frozen
class Offered:
    """A completion for a cursor: put `text` in place of the snapshot's characters from `start` to `end`."""

    start: int
    end: int
    text: str = attrs.field(repr=False)
    request_id: str = ""


class GhostTextSession:
    """The completions of one editor."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._parses = ParseCache(limit=4)

    async def offer(
        self, snapshot: Snapshot, position: int, *, others: tuple[Snapshot, ...] = (), invoked: bool = False
    ) -> tuple[Offered, ...]:
        """The completions at a cursor; none when there is nothing to say."""
        del invoked
        asked = CompletionAsked(snapshot=snapshot, position=position, others=others)
        found = await complete(self._services, asked, self._parses)
        return tuple(Offered(one.item.start, one.item.end, one.item.text, one.request_id) for one in found)

    async def aclose(self) -> None:
        """Stop what is still being asked."""
