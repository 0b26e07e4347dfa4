"""`textDocument/codeAction` and `codeAction/resolve`: what may be done here, and the doing of it.

Listing asks no model and reads no file, because editors ask at every move of the cursor. Nothing is ever preferred, and
nothing is offered to automatic runs such as actions on save.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.rebase import rebase
from aurelis.core.snapshot import Snapshot
from aurelis.core.text_edits import TextEdit
from aurelis.lsp.arguments import CommandArguments, Span, document_uri, position, span
from aurelis.lsp.configuration import look_at_settings_files
from aurelis.lsp.convert import json_range, offsets_of, range_offsets
from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.outcome import content_modified, declined, refusal, request_failed

MOST_FIXES: Final = 10
"""Diagnostics for which a fix is offered at one place."""

TITLE_CHARACTERS: Final = 80
"""How much of a diagnostic's message stands in a title."""

CHANGED: Final = "The document has changed; open the menu again."


@attrs.frozen
class Row:
    """One action: `verb` of the task, and whether it ends in an edit that can be resolved."""

    title: str
    kind: str
    verb: str
    command: str
    makes_edit: bool = True


FIX: Final = Row("Fix", types.CodeActionKind.QuickFix.value, "fix", "aurelis.fix")
ROWS: Final = (
    Row("Refactor with Aurelis", "refactor.rewrite", "refactor", "aurelis.refactor"),
    Row("Optimize with Aurelis", "refactor.rewrite", "optimize", "aurelis.optimize"),
    Row("Document with Aurelis", "source.aurelis.document", "document", "aurelis.document"),
    Row("Generate tests with Aurelis", "source.aurelis.generateTests", "test", "aurelis.generateTests"),
    Row("Review with Aurelis", "source.aurelis.review", "review", "aurelis.review", makes_edit=False),
)
OPTIONS: Final = types.CodeActionOptions(
    code_action_kinds=[FIX.kind, *dict.fromkeys(row.kind for row in ROWS)], resolve_provider=True
)


async def code_action(
    ls: AurelisServer, params: types.CodeActionParams
) -> list[types.CodeAction | types.Command] | None:
    """The actions for a place."""
    snapshot = ls.documents.snapshot(params.text_document.uri)
    settings = ls.services.settings.code_actions
    context = params.context
    if snapshot is None or not settings.enabled or _is_outside(params.range, snapshot):
        return None
    ls.seen_diagnostics.see(snapshot.uri, snapshot.version, context.diagnostics)
    ls.listed_documents.see(snapshot)
    automatic = context.trigger_kind is types.CodeActionTriggerKind.Automatic
    if automatic and context.only:
        return None
    by_hand = not automatic or params.range.start != params.range.end
    offered = [
        (row, diagnostics)
        for row, diagnostics in _rows(context.diagnostics, by_hand=by_hand)
        if _is_kind(row.kind, settings.kinds) and (not context.only or _is_kind(row.kind, context.only))
    ]
    shown = not automatic and ls.features.disabled_actions
    refusals = {row.verb: _refusal(ls, snapshot, row, params) for row, _ in offered}
    return [
        _action(ls, row, params, snapshot.version, diagnostics, refusals[row.verb])
        for row, diagnostics in offered
        if shown or refusals[row.verb] is None
    ] or None


async def resolve(ls: AurelisServer, action: types.CodeAction) -> types.CodeAction:
    """Make an action's edit: asked for the version that the action was listed for, moved onto the present one.

    Raises:
        JsonRpcException: -32801 when the document changed so far that the edit does not fit, -32800 when the person
            discards it, -32803 for the rest.
    """
    data: Mapping[str, Any] = action.data if isinstance(action.data, Mapping) else {}
    row = next((row for row in (FIX, *ROWS) if data.get("verb") == row.verb), None)
    if row is None or not row.makes_edit:
        return action
    uri = document_uri(data.get("textDocument"))
    if uri is None:
        raise JsonRpcInvalidParams("The action names no document.")
    from aurelis.lsp import task_commands, workspace_edits  # noqa: PLC0415 -- invariant 11: nothing heavy at start

    snapshot = _as_listed(ls, uri, data.get("version"))
    if snapshot is None or not await _untouched(ls, snapshot, span(data.get("range"))):
        raise content_modified(CHANGED)
    cursor = data.get("position")
    arguments = CommandArguments(
        uri=uri, span=span(data.get("range")), position=None if cursor is None else position(cursor, "position")
    )
    may_create = ls.features.work_done_progress
    async with ls.progress_tokens.work(task_commands.title_of(row.verb), None, may_create=may_create) as report:
        try:
            await look_at_settings_files(ls)
            await ls.ready()
            invocation = await task_commands.build_invocation(
                ls, row.verb, snapshot, arguments, action.diagnostics or ()
            )
            outcome = await task_commands.outcome_of(ls, invocation, report, None)
        except RequestError as error:
            raise request_failed(error) from None
        made = await workspace_edits.make_edit(ls, outcome, action.title)
        if made.conflict:
            raise content_modified(CHANGED)
        if made.edit is None:
            raise refusal(ErrorKind.CONFIGURATION, made.reason or "The action makes no edit.")
        if not await workspace_edits.confirmed(ls, outcome.confirmation):
            raise declined()
        return attrs.evolve(action, edit=made.edit)


def _as_listed(ls: AurelisServer, uri: str, version: Any) -> Snapshot | None:
    """The open document as it was when an action was listed; None when it is closed, or that version is forgotten."""
    current = ls.documents.snapshot(uri)
    if current is None or current.version == version:
        return current
    return ls.listed_documents.of(current.uri, version)


async def _untouched(ls: AurelisServer, listed: Snapshot, lines: Span | None) -> bool:
    """Whether an action's lines are still as they were: otherwise its edit could not be used, so nobody is asked."""
    current = ls.documents.snapshot(listed.uri)
    if lines is None or current is None or current.version == listed.version:
        return current is not None
    start, end = offsets_of(listed, lines, ls.documents.encoding)
    whole = TextEdit(start, max(start, end - 1), "")
    return await asyncio.to_thread(rebase, (whole,), listed.text, current.text) is not None


def _is_outside(span: types.Range, snapshot: Snapshot) -> bool:
    """Whether a range lies below the last line: a client's that is behind."""
    return min(span.start.line, span.end.line) >= snapshot.lines.line_count


def _refusal(ls: AurelisServer, snapshot: Snapshot, row: Row, params: types.CodeActionParams) -> str | None:
    """Why an action cannot run here, a sentence; None if nothing is known against it."""
    try:
        excluded = ls.services.egress.refusal(snapshot.source)
    except RequestError:
        excluded = None  # The application is still starting: the action itself will ask again.
    if excluded is not None:
        return excluded
    if not snapshot.text.strip():
        return "The document is empty."
    if row.verb == "test":
        return no_place_for_tests(ls, snapshot)
    if row.makes_edit and params.range.start != params.range.end:
        start, end = range_offsets(snapshot, params.range, ls.documents.encoding)
        most = ls.services.settings.requests.max_prompt_chars
        if end - start > most:
            return f"{end - start} characters are selected and a prompt may have {most}; select less."
    return None


def no_place_for_tests(ls: AurelisServer, snapshot: Snapshot) -> str | None:
    """Why no file of tests can be made for a document; None if one can."""
    if not any(snapshot.path is not None and snapshot.path.is_relative_to(folder) for folder in ls.documents.folders):
        return (
            "Tests go into a new file beside the code, and the document lies in no workspace folder; open its folder."
        )
    if not ls.features.create_files:
        return "Tests go into a new file, and this editor cannot create files on a server's behalf."
    return None


def _rows(
    diagnostics: Sequence[types.Diagnostic], *, by_hand: bool
) -> Iterator[tuple[Row, list[types.Diagnostic] | None]]:
    for diagnostic in diagnostics[:MOST_FIXES]:
        yield attrs.evolve(FIX, title=fix_title(diagnostic.message)), [diagnostic]
    if by_hand:
        for row in ROWS:
            yield row, None


def fix_title(message: str) -> str:
    """One line that names what would be fixed."""
    words = " ".join(message.split())
    shown = words if len(words) <= TITLE_CHARACTERS else words[: TITLE_CHARACTERS - 1] + "…"
    return f"Fix with Aurelis: {shown}"


def _is_kind(kind: str, wanted: Sequence[str]) -> bool:
    return any(kind == item or kind.startswith(f"{item}.") or item == "" for item in wanted)


def _place(
    row: Row, params: types.CodeActionParams, diagnostics: Sequence[types.Diagnostic] | None
) -> Mapping[str, Any]:
    """What an action is about: a diagnostic's lines, the selection, or without one the definition around the cursor.

    Findings are wanted of the whole document when nothing is selected.
    """
    if diagnostics:
        return {"range": json_range(diagnostics[0].range)}
    if params.range.start != params.range.end:
        return {"range": json_range(params.range)}
    start = params.range.start
    return {"position": {"line": start.line, "character": start.character}} if row.makes_edit else {}


def _action(
    ls: AurelisServer,
    row: Row,
    params: types.CodeActionParams,
    version: int | None,
    diagnostics: list[types.Diagnostic] | None,
    refused: str | None,
) -> types.CodeAction | types.Command:
    target = {"textDocument": {"uri": params.text_document.uri}, **_place(row, params, diagnostics)}
    command = types.Command(row.title, row.command, arguments=[{**target, "apply": True} if row.makes_edit else target])
    if not ls.features.code_action_literals:
        return command
    by_resolving = row.makes_edit and ls.features.resolve_edit and ls.features.action_data
    return types.CodeAction(
        title=row.title,
        kind=row.kind,
        diagnostics=diagnostics,
        disabled=None if refused is None else types.CodeActionDisabled(refused),
        command=None if by_resolving or refused is not None else command,
        data={**target, "verb": row.verb, "version": version} if by_resolving and refused is None else None,
        tags=[types.CodeActionTag.LlmGenerated] if ls.features.llm_generated_tag else None,
    )
