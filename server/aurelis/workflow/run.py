"""One task from a document to its outcome: ask, stream, read the answer, and make edits that can be trusted.

The document is a snapshot; nothing here applies anything. An answer that is of no use is an error, and nothing changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Final, TypeVar

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.ports import CachedAnswer
from aurelis.core.reply import Answer, Chosen, Completed, Delta, Received, Waiting
from aurelis.core.request import Source
from aurelis.core.sanitise import MarkdownSanitiser
from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import SyntaxTree, parse
from aurelis.tasks.asking import Asked, Policy, Wishes, build_request
from aurelis.tasks.context.diagnostics import Diagnostic
from aurelis.tasks.context.regions import Region, region_of
from aurelis.tasks.styles import documentation_style
from aurelis.tasks.table import ReplyKind, TaskRow, row_for
from aurelis.tasks.templates import Prompt, load_prompt
from aurelis.tasks.testing import ProjectFiles, TestPlan, plan_tests
from aurelis.workflow.events import Outcome, Started, StreamText, WorkflowEvent
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.policy import min_confidence, task_policy
from aurelis.workflow.reading import CUT_NOTE, Prepared, judge_of, outcome_of
from aurelis.workflow.services import Services

LARGE_DOCUMENT: Final = 100_000
"""Characters above which parsing and comparing happen in a thread, off the event loop."""
LONG_ANSWER: Final = 1_000
"""The same of an answer: nonsense of such a length can take long to parse."""

_T = TypeVar("_T")
_NOTHING: Final = Snapshot(uri="", language_id="", text="")


async def run(services: Services, invocation: Invocation) -> AsyncGenerator[WorkflowEvent, None]:
    """Ask for one task. Close the generator to cancel.

    Raises:
        RequestError: with the contract's kind and `request_id` set; nothing is to be changed then.
    """
    try:
        prepared = await prepare(services, invocation)
        async with aclosing(_answered(services, invocation, prepared)) as events:
            async for event in events:
                yield event
    except RequestError as error:
        error.request_id = error.request_id or invocation.request_id
        raise


async def replay(services: Services, invocation: Invocation, kept: CachedAnswer) -> Outcome:
    """What an answer means that the caller kept for this very invocation; asks no model.

    Raises:
        RequestError: as `run` does, when the answer is of no use any more.
    """
    prepared = await prepare(services, invocation)
    return await _concluded(services, prepared, await services.replay(prepared.request, kept))


async def likely_model(services: Services, invocation: Invocation) -> str | None:
    """The model that would be asked first, by which a batch is grouped; None where that cannot be told."""
    try:
        prepared = await prepare(services, invocation)
        info = await services.describe(prepared.request)
    except RequestError:
        return None
    return None if info is None else str(info.reference)


async def prepare(services: Services, invocation: Invocation, tree: SyntaxTree | None = None) -> Prepared:
    """The request of an invocation, without asking anybody; `tree` spares parsing the document again.

    Raises:
        RequestError: `excluded`, `too_large`, or `configuration` for an invocation that makes no sense.
    """
    row = row_for(invocation.verb)
    snapshot = invocation.snapshot or _NOTHING
    _check(row, invocation)
    refuse_excluded(services, invocation)
    prompt = (
        await asyncio.to_thread(load_prompt, row.prompt, invocation.prompts_folder)
        if invocation.prompts_folder is not None
        else load_prompt(row.prompt)
    )
    policy = task_policy(services.settings, row.task, invocation.instructions if services.trusted else ())
    return await _off_loop(
        len(snapshot.text) > LARGE_DOCUMENT,
        lambda: _prepared(row, invocation, snapshot, tree, prompt=prompt, policy=policy),
    )


def refuse_excluded(services: Services, invocation: Invocation) -> None:
    """Refuse before any request is made, if one of the documents must not leave the machine.

    Raises:
        RequestError: of kind `excluded`.
    """
    for source in sources_of(invocation):
        refusal = services.egress.refusal(source)
        if refusal is not None:
            raise RequestError(ErrorKind.EXCLUDED, refusal)


def sources_of(invocation: Invocation) -> tuple[Source, ...]:
    """Every document whose text an invocation carries."""
    own = () if invocation.snapshot is None else (invocation.snapshot,)
    return tuple(document.source for document in (*own, *invocation.context))


def _prepared(
    row: TaskRow,
    invocation: Invocation,
    snapshot: Snapshot,
    tree: SyntaxTree | None,
    *,
    prompt: Prompt,
    policy: Policy,
) -> Prepared:
    tree = tree or parse(snapshot.text, snapshot.language_id)
    if row.reply is ReplyKind.INSERTION:
        place = _place(invocation, snapshot)
        region = Region(place, place)
    else:
        region = region_of(snapshot, tree, invocation.range, invocation.position)
    if row.whole_lines and snapshot.uri and row.verb != "ask" and not region.text(snapshot.text).strip():
        if not snapshot.text.strip():
            message = f"{snapshot.name or 'The document'} is empty; choose a file that holds code."
        else:
            message = "There is no code in the chosen lines; choose lines that hold some."
        raise RequestError(ErrorKind.CONFIGURATION, message)
    tests = plan_tests(snapshot, invocation.project_files) if row.reply is ReplyKind.NEW_FILE else None
    asked = Asked(
        snapshot=snapshot,
        region=region,
        tree=tree,
        instruction=invocation.instruction,
        question=invocation.question,
        diagnostics=_diagnostics_in(invocation, region),
        documents=invocation.context,
        metadata=invocation.metadata,
        example=tests.example if tests is not None else None,
        hints=_hints(row, snapshot, tree, tests, policy, invocation.project_files),
    )
    wishes = Wishes(
        request_id=invocation.request_id,
        urgency=invocation.urgency,
        model=invocation.model,
        priority=invocation.priority,
        temperature=invocation.temperature,
        max_tokens=invocation.max_tokens,
        streams=row.streams and invocation.streams,
    )
    asking = build_request(row, prompt, asked, policy, wishes, judge_of(row, snapshot, region))
    request = asking.request
    if not snapshot.uri:
        request = attrs.evolve(request, sources=tuple(document.source for document in invocation.context))
    request = attrs.evolve(request, cacheable=invocation.cacheable)
    return Prepared(row, attrs.evolve(asking, request=request), snapshot, region, tests)


async def _answered(
    services: Services, invocation: Invocation, prepared: Prepared
) -> AsyncGenerator[WorkflowEvent, None]:
    sanitiser = MarkdownSanitiser()
    answer: Answer | None = None
    async with aclosing(services.stream(prepared.request)) as events:
        async for event in events:
            match event:
                case Chosen(model, local):
                    yield Started(invocation.request_id, model, local)
                case Waiting() | Received():
                    yield event
                case Delta(text):
                    if delta := sanitiser.feed(text):
                        yield StreamText(delta)
                case Completed(finished):
                    answer = finished
    rest = sanitiser.finish()
    if answer is None:
        raise RequestError(ErrorKind.INVALID_RESPONSE, "The model ended without an answer; try again.")
    if prepared.row.reply is ReplyKind.MARKDOWN and prepared.asking.cut:
        rest += CUT_NOTE
    if rest:
        yield StreamText(rest)
    yield await _concluded(services, prepared, answer)


async def _concluded(services: Services, prepared: Prepared, answer: Answer) -> Outcome:
    try:
        confidence = _confidence(services, prepared.row)
        large = len(prepared.snapshot.text) > LARGE_DOCUMENT or len(answer.text) > LONG_ANSWER
        return await _off_loop(large, lambda: outcome_of(prepared, answer, confidence))
    except RequestError as error:
        if error.security_event is not None:
            services.security_event(error.security_event, str(answer.model), answer.request_id)
        raise


def _confidence(services: Services, row: TaskRow) -> float:
    return min_confidence(services.settings, row.task)


def _check(row: TaskRow, invocation: Invocation) -> None:
    if row.verb == "ask" and not invocation.question.strip():
        raise RequestError(ErrorKind.CONFIGURATION, "There is no question; give one.")
    if invocation.snapshot is not None or row.verb in {"ask", "commit-message"}:
        return
    raise RequestError(ErrorKind.CONFIGURATION, "There is no document to work on; open one and try again.")


def _place(invocation: Invocation, snapshot: Snapshot) -> int:
    if invocation.position is not None:
        return max(0, min(invocation.position, len(snapshot.text)))
    return invocation.range[1] if invocation.range is not None else len(snapshot.text)


def _diagnostics_in(invocation: Invocation, region: Region) -> tuple[Diagnostic, ...]:
    return tuple(
        diagnostic
        for diagnostic in invocation.diagnostics
        if diagnostic.start <= region.end and region.start <= diagnostic.end
    )


def _hints(
    row: TaskRow,
    snapshot: Snapshot,
    tree: SyntaxTree | None,
    tests: TestPlan | None,
    policy: Policy,
    project: ProjectFiles,
) -> Mapping[str, str]:
    if tests is not None:
        return {"tests": tests.describe()}
    if row.verb == "document":
        wanted = policy.style.get("documentation_format")
        others = [sample.text for sample in project.samples]
        return {"documentation_style": documentation_style(tree, snapshot.language_id, wanted, others)}
    return {}


async def _off_loop(large: bool, work: Callable[[], _T]) -> _T:
    """Do pure work, in a thread if there is much of it."""
    return await asyncio.to_thread(work) if large else work()
