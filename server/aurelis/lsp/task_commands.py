"""The commands that ask a model: from a command's arguments, through the workflow, to a Result.

Imported at first use only, because the workflow reaches further than the start of the server may.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
from lsprotocol import types

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Received, Waiting
from aurelis.core.request import Urgency
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.arguments import CommandArguments
from aurelis.lsp.configuration import look_at_settings_files
from aurelis.lsp.convert import offset_of, offsets_of
from aurelis.lsp.diagnostics import diagnostics_for_model, publish_findings
from aurelis.lsp.documents import file_path, is_served
from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.messages import AnswerStream
from aurelis.lsp.outcome import request_failed
from aurelis.lsp.progress import WorkReport
from aurelis.lsp.project import folder_of, read_instructions, read_project
from aurelis.lsp.staged_changes import staged_changes
from aurelis.lsp.workspace_edits import apply_outcome, edit_json, make_edit
from aurelis.tasks.table import ReplyKind, row_for
from aurelis.tasks.testing import ProjectFiles
from aurelis.workflow.events import Outcome, Started, StreamText
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.result import result_of, summary_of
from aurelis.workflow.run import run

TITLES: Final = {
    "explain": "Explaining",
    "fix": "Fixing",
    "refactor": "Refactoring",
    "optimize": "Optimizing",
    "document": "Documenting",
    "test": "Writing tests",
    "generate": "Generating code",
    "ask": "Answering",
    "commit-message": "Writing a commit message",
    "review": "Reviewing",
}


async def run_task(
    ls: AurelisServer, name: str, arguments: CommandArguments, token: types.ProgressToken | None
) -> dict[str, Any]:
    """Run a task command and answer its Result.

    Raises:
        JsonRpcException: -32803 with the contract's data.
    """
    row = row_for(name)
    token = token if token is not None else arguments.progress_token
    invocation: Invocation | None = None
    may_create = ls.features.work_done_progress
    async with ls.progress_tokens.work(title_of(row.verb), token, may_create=may_create) as report:
        try:
            snapshot = await document_of(ls, arguments)  # Taken before anything is awaited, if the document is open.
            await look_at_settings_files(ls)
            await ls.ready()
            invocation = await build_invocation(ls, row.verb, snapshot, arguments)
            outcome = await outcome_of(ls, invocation, report, token)
            return await finish(ls, outcome, apply=arguments.apply)
        except RequestError as error:
            if error.request_id is None and invocation is not None:
                error.request_id = invocation.request_id
            raise request_failed(error) from None


async def outcome_of(
    ls: AurelisServer, invocation: Invocation, report: WorkReport, token: types.ProgressToken | None
) -> Outcome:
    """Ask, telling the client how it goes.

    Raises:
        RequestError: with `request_id` set.
    """
    stream = AnswerStream(ls.protocol, invocation.request_id, token, enabled=ls.features.custom_messages)
    received = 0
    outcome: Outcome | None = None
    try:
        async with aclosing(run(ls.services, invocation)) as events:
            async for event in events:
                match event:
                    case Started(model=model):
                        report.say(f"asking {model}")
                    case Waiting(model, reason):
                        report.say(f"{model}: {reason}")
                    case StreamText(delta):
                        received += len(delta)
                        stream.push(delta)
                        report.say(f"{received} characters")
                    case Received(characters):
                        report.say(f"{characters} characters")
                    case Outcome():
                        outcome = event
        await stream.settle()
    finally:
        stream.close()
    if outcome is None:
        raise RequestError(ErrorKind.INVALID_RESPONSE, "The model ended without an answer; try again.")
    report.conclude(summary_of(outcome))
    return outcome


async def finish(ls: AurelisServer, outcome: Outcome, *, apply: bool) -> dict[str, Any]:
    """Apply what is to be applied, show what is to be shown, and make the Result."""
    row = row_for(outcome.verb)
    if row.reply is ReplyKind.MARKDOWN:
        ls.answers.put(outcome.request_id, outcome.text)
        ls.hovers().remember(outcome)
        if row.verb == "review" and outcome.base is not None:
            publish_findings(ls, outcome.base, outcome.findings)
        return result_of(outcome)
    label = label_of(outcome.verb)
    if not apply:
        made = await make_edit(ls, outcome, label)
        edit = edit_json(ls, made.edit)
        return result_of(outcome, edit=edit, applied=False, conflict=made.conflict or None)
    made, applied = await apply_outcome(ls, outcome, label)
    if made.reason is not None:
        ls.say(made.reason, types.MessageType.Warning, show=True)
    return result_of(outcome, edit=edit_json(ls, made.edit), applied=applied, conflict=made.conflict or None)


async def build_invocation(
    ls: AurelisServer,
    verb: str,
    snapshot: Snapshot | None,
    arguments: CommandArguments,
    diagnostics: Sequence[types.Diagnostic] | None = None,
) -> Invocation:
    """Everything that a task needs, by offsets of the snapshot.

    Raises:
        RequestError: when a document cannot be had.
    """
    encoding = ls.documents.encoding
    if snapshot is not None and diagnostics is None:
        diagnostics = ls.seen_diagnostics.of(snapshot.uri, snapshot.version)
    span = place = None
    found: tuple[Any, ...] = ()
    if snapshot is not None:
        span = None if arguments.span is None else offsets_of(snapshot, arguments.span, encoding)
        if arguments.position is not None:
            place = offset_of(snapshot, arguments.position.line, arguments.position.character, encoding)
        found = diagnostics_for_model(ls, snapshot, diagnostics or ())
    context = [await _named_document(ls, uri) for uri in arguments.context]
    instructions, project = await surroundings(ls, verb, snapshot)
    if verb == "commit-message" and not context:
        context = [await staged_changes(_folders_meant(ls, arguments.folder), ls.services.egress)]
    return Invocation(
        verb=verb,
        snapshot=snapshot,
        range=span,
        position=place,
        instruction=arguments.instruction or "",
        question=arguments.question or "",
        context=tuple(context),
        diagnostics=found,
        model=arguments.model,
        priority=arguments.priority,
        temperature=arguments.temperature,
        max_tokens=arguments.max_tokens,
        metadata=arguments.metadata,
        # A client without streams gets nothing before the end: until then, an answer that is of no use can give way to
        # another model's.
        streams=ls.features.custom_messages,
        instructions=instructions,
        prompts_folder=await ls.services.prompts_folder(),
        project_files=project,
    )


def _folders_meant(ls: AurelisServer, uri: str | None) -> Sequence[Path]:
    """The folder that was named, which must lie in the workspace; without a name the workspace's."""
    folders = tuple(ls.documents.folders)
    if uri is None:
        return folders
    path = file_path(uri)
    if path is None or folder_of(path, folders) is None:
        message = "The folder lies outside the workspace, so its changes were not read; open it first."
        raise RequestError(ErrorKind.EXCLUDED, message)
    return (path,)


async def document_of(ls: AurelisServer, arguments: CommandArguments) -> Snapshot | None:
    """The document that a command names.

    Raises:
        RequestError: when it is nothing to work on or cannot be read.
    """
    return None if arguments.uri is None else await _named_document(ls, arguments.uri)


def title_of(verb: str) -> str:
    """What a progress indicator shows."""
    return TITLES.get(verb, verb.capitalize())


def label_of(verb: str) -> str:
    """What an undo entry or a preview is called."""
    return f"Aurelis: {verb}"


async def review_saved(ls: AurelisServer, uri: str) -> None:
    """Review a document that was saved, quietly: a failure is not the person's business."""
    snapshot = ls.documents.snapshot(uri)
    if snapshot is None:
        return
    await ls.ready()
    invocation = await build_invocation(ls, "review", snapshot, CommandArguments(uri=uri), ())
    report = WorkReport(ls.protocol, "aurelis-unseen", title_of("review"))
    outcome = await outcome_of(ls, _as_background(invocation), report, None)
    await finish(ls, outcome, apply=False)


def _as_background(invocation: Invocation) -> Invocation:
    return attrs.evolve(invocation, urgency=Urgency.BATCH, streams=False)


async def _named_document(ls: AurelisServer, uri: str) -> Snapshot:
    snapshot = ls.documents.snapshot(uri)
    if snapshot is not None:
        return snapshot
    if not is_served(uri) or ls.documents.is_open(uri):
        raise RequestError(ErrorKind.EXCLUDED, "This kind of document is not worked on; open a file instead.")
    return await ls.closed_documents.read(uri, ls.documents.folders)


async def surroundings(
    ls: AurelisServer, verb: str, snapshot: Snapshot | None
) -> tuple[tuple[tuple[str, str], ...], ProjectFiles]:
    """What lies around a document for a task: instructions in a trusted workspace, files that show how things are done.

    Raises:
        RequestError: `configuration`, when tests are wanted of a document that lies in no workspace folder.
    """
    folders = ls.documents.folders
    folder = folder_of(snapshot.path, folders) if snapshot is not None else next(iter(folders), None)
    if folder is None:
        if row_for(verb).reply is ReplyKind.NEW_FILE and snapshot is not None:
            message = "The document lies in no workspace folder, so new tests have no place; open its folder."
            raise RequestError(ErrorKind.CONFIGURATION, message)
        return (), ProjectFiles()
    egress = ls.services.egress
    names = ls.services.settings.instructions.files if ls.services.trusted else ()
    instructions = await ls.closed_documents.call(partial(read_instructions, folder, names, egress)) if names else ()
    if snapshot is None:
        return instructions, ProjectFiles()
    return instructions, await ls.closed_documents.call(partial(read_project, verb, snapshot, folder, egress))
