"""Holes filled by the cleaning alone, without a server: quick enough to run on every change."""

from __future__ import annotations

from typing import Final

from holes import Hole
from oracle import Reply

from aurelis.config.settings import Settings
from aurelis.core.snapshot import Snapshot
from aurelis.workflow.completion_answers import PreparedCompletion, item_of
from aurelis.workflow.inline import CompletionAsked, prepare_completion

TOKEN: Final = 4
"""Characters that come at once, as a model streams them."""


class _NothingRefused:
    @staticmethod
    def refusal(_: object) -> None:
        """Every document may be sent."""


class _Services:
    settings = Settings()
    egress = _NothingRefused()


class Cleaner:
    """The request is prepared as for an editor, the reply comes in pieces and is read as one that came from a model."""

    def __init__(self) -> None:
        self._prepared: tuple[Hole, PreparedCompletion] | None = None

    async def fill(self, hole: Hole, reply: Reply) -> str:
        """The document with the completion in it."""
        prepared = self._prepare(hole)
        text, cut = _streamed(reply, prepared)
        item = item_of(text, prepared, cut=cut)
        document = hole.document
        return document if item is None else document[: item.start] + item.text + document[item.end :]

    def _prepare(self, hole: Hole) -> PreparedCompletion:
        if self._prepared is None or self._prepared[0] is not hole:
            snapshot = Snapshot(uri="file:///hole", language_id=hole.file.language_id, text=hole.document)
            asked = CompletionAsked(snapshot=snapshot, position=len(hole.before.replace("\n", hole.eol)))
            prepared = prepare_completion(_Services(), asked)  # type: ignore[arg-type]  # settings and egress are enough
            assert prepared is not None
            self._prepared = (hole, prepared)
        return self._prepared[1]


def _streamed(reply: Reply, prepared: PreparedCompletion) -> tuple[str, bool]:
    enough = prepared.request.enough
    assert enough is not None
    for end in range(TOKEN, len(reply.text), TOKEN):
        if enough(reply.text[:end]):
            return reply.text[:end], True
    return reply.text, reply.cut
