"""What the answer to a request for ghost text makes: an item, or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import attrs

from aurelis.core.model import ModelReference
from aurelis.core.plain_text import plain_code
from aurelis.core.redaction_map import mentions
from aurelis.core.reply import Answer, FinishReason
from aurelis.core.request import Request
from aurelis.tasks.ghost.damage import kept_parsing
from aurelis.tasks.ghost.hole import GhostText, Hole
from aurelis.tasks.ghost.reading import ghost_text
from aurelis.tasks.ghost.wrapping import has_ended
from aurelis.tasks.replies.brackets import unmatched_count

KEPT_READINGS: Final = 2
"""The bound on answers whose reading is kept for one place: the last, and the same cut off."""
MOST_UNMATCHED: Final = 6
"""Brackets and quotes without a partner in an answer; one with more is nonsense, which may take long to parse."""

SLOW_SECONDS: Final = 0.02
"""Processor time for one answer after which the event loop waits for no further reading."""


@attrs.define(eq=False)
class AnswerReader:
    """Reads the answers for one hole; the last few readings are kept, as each answer is judged first and read then.

    `slow` says that the document takes long to parse, or that an answer in it did.
    """

    hole: Hole = attrs.field(repr=False)
    slow: bool = False
    _reading: Callable[[str], GhostText | None] = attrs.field(init=False, repr=False)

    @_reading.default
    def _kept(self) -> Callable[[str], GhostText | None]:
        return lru_cache(KEPT_READINGS)(lambda reply: ghost_text(reply, self.hole))

    def read(self, reply: str) -> GhostText | None:
        """What an answer makes, before it is looked at whether the document still parses."""
        began = time.thread_time()
        item = self._reading(reply)
        self.slow = self.slow or time.thread_time() - began > SLOW_SECONDS
        return item

    def takes_long(self, reply: str) -> bool:
        """Whether an answer may take long to read: it is nonsense, or this hole has been slow."""
        return self.slow or (self.hole.tree is not None and unmatched_count(reply) > MOST_UNMATCHED)


@attrs.frozen
class Completion:
    """An item and what served it."""

    item: GhostText
    request_id: str
    model: ModelReference


@attrs.frozen
class PreparedCompletion:
    """A request for ghost text, the reader of its answer, and the model that would be asked first."""

    request: Request
    reader: AnswerReader = attrs.field(repr=False)
    model: ModelReference | None = None

    @property
    def hole(self) -> Hole:
        """The place that is to be filled."""
        return self.reader.hole


def completions(prepared: PreparedCompletion, answer: Answer) -> tuple[Completion, ...]:
    """The items that an answer makes."""
    if answer.finish is FinishReason.CONTENT_FILTER or mentions(answer.text, answer.redactions):
        return ()
    item = item_of(answer.text, prepared, cut=answer.finish in {FinishReason.LENGTH, FinishReason.CUT})
    return () if item is None else (Completion(item, answer.request_id, answer.model),)


def item_of(reply: str, prepared: PreparedCompletion, *, cut: bool = False) -> GhostText | None:
    """The item for a reply; a reply that was cut off loses its last, unfinished line where it has several."""
    hole = prepared.hole
    reply = plain_code(reply, hole.prefix + hole.suffix)
    if cut and hole.multiline and "\n" in reply.strip() and not has_ended(reply, hole):
        reply = reply[: reply.rindex("\n")]
    item = prepared.reader.read(reply)
    if item is None:
        return None
    return kept_parsing(item, hole)


def glimpse_of(reply: str, prepared: PreparedCompletion) -> str:
    """What an unfinished reply would be offered as, without the syntax tree where a key would have to wait for it."""
    if prepared.request.judged_apart(reply):
        prepared = attrs.evolve(prepared, reader=AnswerReader(attrs.evolve(prepared.hole, tree=None)))
    item = item_of(reply, prepared)
    return "" if item is None else item.text
