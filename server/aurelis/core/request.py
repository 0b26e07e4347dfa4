"""What a task asks of a model, before and after redaction.

A `Request` is made by `tasks` and is pure data plus two pure functions (`judge`, `enough`). Only a `RedactedRequest`
may reach a provider, and only `security.redact` constructs one (invariant 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Literal

import attrs

from aurelis.core.deadline import Timing
from aurelis.core.plain_text import is_blank
from aurelis.core.redaction_map import RedactionMap
from aurelis.core.reply import Verdict
from aurelis.core.source import Source
from aurelis.core.task import Task

__all__ = [
    "FillInTheMiddle",
    "Message",
    "Neighbour",
    "Parameters",
    "RedactedRequest",
    "Request",
    "Role",
    "Source",
    "Task",
    "Urgency",
    "always_usable",
]


class Urgency(IntEnum):
    """Who is waiting; lower goes first."""

    EXPLICIT = 0
    HOVER = 1
    GHOST_TEXT = 2
    BATCH = 3

    @property
    def automatic(self) -> bool:
        """Whether nobody asked for it by name: such a request fails silently and needs consent for remote hosts."""
        return self in {Urgency.HOVER, Urgency.GHOST_TEXT}


Role = Literal["system", "user", "assistant"]


@attrs.frozen
class Message:
    """One chat message."""

    role: Role
    content: str


@attrs.frozen
class Neighbour:
    """Text of another place that a fill-in-the-middle model may look at; `name` is a relative path."""

    name: str
    text: str


@attrs.frozen
class FillInTheMiddle:
    """The text around a hole, for models that fill holes; `name` is the document's relative path.

    `line_comment` is the mark of the language's line comments, for models that were not trained with several files.
    """

    prefix: str
    suffix: str
    name: str = ""
    neighbours: tuple[Neighbour, ...] = ()
    line_comment: str = ""


@attrs.frozen
class Parameters:
    """How to sample. None leaves the choice to the provider."""

    temperature: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()


def has_words(text: str) -> bool:
    """The `begun` of requests whose every word counts: blanks wait for the first one."""
    return not is_blank(text)


def always_usable(_text: str) -> Verdict:
    """Judge any answer that is not empty as usable."""
    return Verdict(usable=True)


def judged_quickly(_text: str) -> bool:
    """Whether judging takes long, where it never does."""
    return False


@attrs.frozen(kw_only=True)
class Request:
    """One thing asked of a model.

    Attributes:
        request_id: unique in this process; stands in the Result, stream, records and errors.
        task: what routing and lifetimes go by.
        messages: the chat form of the prompt; every request has one.
        fim: the hole, for models that fill holes; None where the task has no hole.
        parameters: sampling.
        urgency: who is waiting.
        timing: time limits in seconds.
        sources: every document that has text in the prompt.
        prompt_digest: content hash of the prompt file, part of the cache key.
        facets: what else changes the answer (language, framework, style, ...) for keys and invalidation.
        streams: whether deltas are handed on as they come. When False nothing counts as delivered before the end.
        begun: given the text so far, whether it is worth handing on; what came before waits, and may yet give way to
            another model's. Bounded in the text that it looks at.
        held_seconds: how long it is held back all the same, for an answer that ends at once to be judged first.
        judge: whether a whole answer is usable; an unusable one moves on to the next candidate.
        judged_apart: whether judging an answer may take longer than the event loop should wait.
        enough: given the text so far, whether the rest is not needed; the connection is then closed early.
        model: a `provider/model` that replaces the plan.
        priority: `preference`, `performance` or `cost`, when the request overrides the setting.
        cacheable: whether an answer may be kept and a kept one used.
        reasoning: whether a model may think before it answers.
        accepts_truncated: whether an answer that was cut by length is of use.
        shown_whole: whether the prompt holds all of the code that it is about; it may have been too long.
        empty_is_an_answer: whether nothing is a valid answer (ghost text has nothing to say).
    """

    request_id: str
    task: Task
    messages: tuple[Message, ...]
    fim: FillInTheMiddle | None = None
    parameters: Parameters = Parameters()
    urgency: Urgency = Urgency.EXPLICIT
    timing: Timing = Timing()
    sources: tuple[Source, ...] = ()
    prompt_digest: str = ""
    facets: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType({}))
    streams: bool = True
    begun: Callable[[str], bool] = has_words
    held_seconds: float = 0.0
    judge: Callable[[str], Verdict] = always_usable
    judged_apart: Callable[[str], bool] = judged_quickly
    enough: Callable[[str], bool] | None = None
    model: str | None = None
    priority: str | None = None
    cacheable: bool = True
    reasoning: bool = True
    accepts_truncated: bool = True
    shown_whole: bool = True
    empty_is_an_answer: bool = False


@attrs.frozen(kw_only=True)
class RedactedRequest:
    """A request whose texts have passed redaction. Constructed by `security.redact` and nowhere else.

    `messages` and `fim` hold placeholders where secrets stood; `redactions` maps them back and never leaves memory.
    `sent` is what a provider notes: the body of the last request that it made of this one, and nothing before that.
    """

    request: Request
    messages: tuple[Message, ...]
    fim: FillInTheMiddle | None
    redactions: RedactionMap
    sent: list[Mapping[str, Any]] = attrs.field(factory=list, eq=False, repr=False)
