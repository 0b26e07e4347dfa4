"""Ghost text: the request for a cursor, and the item that an answer makes. It never fails: it may be empty."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Final

import attrs

from aurelis.core.errors import RequestError
from aurelis.core.reply import Completed, Verdict
from aurelis.core.request import FillInTheMiddle, Message, Neighbour, Parameters, Request
from aurelis.core.snapshot import Snapshot
from aurelis.syntax.languages import rules_for
from aurelis.syntax.parses import ParseCache
from aurelis.tasks.asking import Policy, fenced
from aurelis.tasks.context.completion import CompletionContext, completion_context, wants_many_lines
from aurelis.tasks.context.diagnostics import Diagnostic
from aurelis.tasks.context.recent_edits import Version, describe_edit
from aurelis.tasks.ghost.growing import GrowingReply
from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.table import row_for
from aurelis.tasks.templates import fill, load_prompt
from aurelis.workflow.completion_answers import AnswerReader, Completion, PreparedCompletion, completions
from aurelis.workflow.invocation import new_request_id
from aurelis.workflow.policy import task_policy
from aurelis.workflow.services import Services

SINGLE_LINE_TOKENS: Final = 80
"""The longest answer where only the rest of a line is wanted."""
CURSOR: Final = "<<<CURSOR>>>"
LARGE_DOCUMENT: Final = 100_000
"""Characters above which a request is prepared in a thread, off the event loop."""

LONGEST_LINE: Final = 100_000
"""Characters of the cursor's line above which no syntax is looked at: no person wrote such a line, and a tree of a
megabyte without a break takes a quarter of a second at every key."""

FRAME_CHARACTERS: Final = 700
"""Of a prompt, beside what is shown of documents."""

CAUTIOUS_CHARACTERS_PER_TOKEN: Final = 3
"""Less than code usually has, so that what is cut to fit a model does fit it."""
_STOP: Final = ("\n\n\n",)


@attrs.frozen
class Edited:
    """A place of a document that was edited lately: what stood there before and what stands there now."""

    document: Snapshot
    before: str = attrs.field(repr=False)
    after: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Around:
    """What else helps to complete at a cursor.

    `others` are documents that are open, the most recently used first; `edits` are recent edits, the latest last;
    `diagnostics` are findings about the snapshot.
    """

    others: tuple[Snapshot, ...] = ()
    edits: tuple[Edited, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


NOTHING_AROUND: Final = Around()


@attrs.frozen(kw_only=True)
class CompletionAsked:
    """A cursor that wants ghost text.

    `room` is the longest prompt in characters, where a model takes but little; `proposed` counts the characters before
    the cursor that an editor's list of completions proposes.
    """

    snapshot: Snapshot
    position: int
    around: Around = NOTHING_AROUND
    room: int | None = None
    proposed: int = 0
    request_id: str = attrs.field(factory=new_request_id)


Aside = Callable[[Callable[[], PreparedCompletion | None]], Awaitable[PreparedCompletion | None]]


async def complete(
    services: Services, asked: CompletionAsked, parses: ParseCache | None = None
) -> tuple[Completion, ...]:
    """The items at a cursor: one or none. Any failure is none; only cancellation passes through."""
    prepared = prepare_completion(services, asked, parses)
    if prepared is None:
        return ()
    try:
        async with aclosing(services.stream(prepared.request)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    return completions(prepared, event.answer)
    except RequestError:
        return ()
    return ()


async def prepare_to_fit(
    services: Services, asked: CompletionAsked, parses: ParseCache, aside: Aside = asyncio.to_thread
) -> PreparedCompletion | None:
    """The request for a cursor, cut to what the model takes that would be asked first.

    None where nothing may be asked. What may take long is left to `aside`, which does it in a thread.
    """
    prepared = await _prepare(services, asked, parses, aside)
    if prepared is None:
        return None
    with suppress(RequestError):
        info = await services.describe(prepared.request)
        if info is not None and info.input_tokens is not None:
            room = CAUTIOUS_CHARACTERS_PER_TOKEN * max(
                0, info.input_tokens - (prepared.request.parameters.max_tokens or 0)
            )
            if _size(prepared.request) > room:
                prepared = await _prepare(services, attrs.evolve(asked, room=room), parses, aside)
        if prepared is not None and info is not None:
            return attrs.evolve(prepared, model=info.reference)
    return prepared


async def _prepare(
    services: Services, asked: CompletionAsked, parses: ParseCache, aside: Aside
) -> PreparedCompletion | None:
    document = asked.snapshot
    long = len(document.text) > LARGE_DOCUMENT or parses.takes_long(document.uri, document.language_id, document.text)
    if long:
        return await aside(lambda: prepare_completion(services, asked, parses))
    return prepare_completion(services, asked, parses)


def _size(request: Request) -> int:
    """Characters of the longer form of the prompt."""
    chat = sum(len(message.content) for message in request.messages)
    hole = request.fim
    if hole is None:
        return chat
    return max(chat, len(hole.prefix) + len(hole.suffix) + sum(len(near.text) for near in hole.neighbours))


def prepare_completion(
    services: Services, asked: CompletionAsked, parses: ParseCache | None = None
) -> PreparedCompletion | None:
    """The request for a cursor, or None where nothing may be asked."""
    snapshot = asked.snapshot
    if services.egress.refusal(snapshot.source) is not None:
        return None
    row = row_for("completion")
    policy = task_policy(services.settings, row.task)
    others = tuple(other for other in asked.around.others if services.egress.refusal(other.source) is None)
    edits = [edit for edit in asked.around.edits if services.egress.refusal(edit.document.source) is None]
    position = max(0, min(asked.position, len(snapshot.text)))
    tree = None
    parses = ParseCache(limit=1) if parses is None else parses
    if _line_length(snapshot.text, position) <= LONGEST_LINE:
        tree = parses.tree(snapshot.uri, snapshot.language_id, snapshot.text)
    hole = Hole(
        prefix=snapshot.text[:position],
        suffix=snapshot.text[position:],
        language_id=snapshot.language_id,
        multiline=wants_many_lines(snapshot.text, position),
        eol=snapshot.eol,
        max_lines=services.settings.inline_completion.max_lines,
        tree=tree,
    )
    budget = policy.max_prompt_chars if asked.room is None else min(policy.max_prompt_chars, asked.room)
    budget = max(0, budget - FRAME_CHARACTERS)
    context = completion_context(snapshot, position, tree, others, _described(edits), budget, asked.around.diagnostics)
    limit = policy.max_tokens or (row.max_tokens if hole.multiline else SINGLE_LINE_TOKENS)
    prompt = load_prompt(row.prompt)
    rules = rules_for(snapshot.language_id)

    slow = tree is not None and parses.took_long(snapshot.uri, snapshot.language_id)
    reader = AnswerReader(hole, slow)

    def judge(text: str) -> Verdict:
        usable = reader.read(text) is not None
        return Verdict(usable=usable, reason="" if usable else "nothing is left of the answer")

    request = Request(
        request_id=asked.request_id,
        task=row.task,
        messages=_messages(prompt.system, prompt.user, snapshot, context, hole, policy),
        fim=FillInTheMiddle(
            prefix=context.elided(),
            suffix=context.suffix,
            name=snapshot.name,
            neighbours=tuple(Neighbour(piece.name, piece.text) for piece in context.beside()),
            line_comment=rules.line_comment if rules is not None else "",
        ),
        parameters=Parameters(
            temperature=row.temperature if policy.temperature is None else policy.temperature,
            max_tokens=limit,
            stop=_STOP,
        ),
        urgency=row.urgency,
        timing=row.timing,
        sources=tuple(dict.fromkeys(shown.source for shown in (snapshot, *others, *(e.document for e in edits)))),
        prompt_digest=prompt.digest,
        facets={
            "language": snapshot.language_id,
            "path": snapshot.name,
            "project": snapshot.project,
            "lines": "many" if hole.multiline else "one",
        },
        streams=False,
        empty_is_an_answer=True,
        judge=judge,
        judged_apart=reader.takes_long,
        enough=GrowingReply(hole).is_enough,
        reasoning=False,
    )
    return PreparedCompletion(request, reader)


def _line_length(text: str, position: int) -> int:
    end = text.find("\n", position)
    return (len(text) if end < 0 else end) - text.rfind("\n", 0, position) - 1


def _described(edits: Sequence[Edited]) -> tuple[str, ...]:
    """The edits as short diffs, those that changed nothing left out."""
    versions = ((Version(edit.document.name, edit.before), Version(edit.document.name, edit.after)) for edit in edits)
    return tuple(text for before, after in versions if (text := describe_edit(before, after)))


def _messages(
    system: str, user: str, snapshot: Snapshot, context: CompletionContext, hole: Hole, policy: Policy
) -> tuple[Message, ...]:
    values = {
        "task": "completion",
        "language": snapshot.language_id,
        "name": snapshot.name,
        "context": "\n\n".join(str(section) for section in context.sections()),
        "extent": "as many lines as the block needs" if hole.multiline else "the rest of its line only",
        "code": fenced(context.prefix + CURSOR + context.suffix, snapshot.language_id),
    }
    return (Message("system", policy.system_prompt or fill(system, values)), Message("user", fill(user, values)))
