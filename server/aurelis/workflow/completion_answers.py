"""What the answer to a request for ghost text makes: an item, or nothing."""

from __future__ import annotations

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

Reader = Callable[[str], GhostText | None]


def reader_for(hole: Hole) -> Reader:
    """Reads answers for a hole; the last few are kept, as each is judged first and read then."""
    return lru_cache(KEPT_READINGS)(lambda reply: ghost_text(reply, hole))


def is_nonsense(reply: str, hole: Hole) -> bool:
    """Whether an answer is one that may take long to parse."""
    return hole.tree is not None and unmatched_count(reply) > MOST_UNMATCHED


@attrs.frozen
class Completion:
    """An item and what served it."""

    item: GhostText
    request_id: str
    model: ModelReference


@attrs.frozen
class PreparedCompletion:
    """A request for ghost text, the hole that its answer is read for, and the model that would be asked first.

    `read` reads an answer for the hole; the last few are kept, as each is judged first and read then.
    """

    request: Request
    hole: Hole = attrs.field(repr=False)
    read: Callable[[str], GhostText | None] = attrs.field(repr=False)
    model: ModelReference | None = None


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
    item = prepared.read(reply)
    if item is None:
        return None
    return kept_parsing(item, hole)


def glimpse_of(reply: str, prepared: PreparedCompletion) -> str:
    """What an unfinished reply would be offered as, without the syntax tree where a key would have to wait for it."""
    if prepared.request.judged_apart(reply):
        hole = attrs.evolve(prepared.hole, tree=None)
        prepared = attrs.evolve(prepared, hole=hole, read=reader_for(hole))
    item = item_of(reply, prepared)
    return "" if item is None else item.text
