"""`aurelis.batch`: one task on many documents or ranges; results in input order, failures among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from lsprotocol import types

from aurelis.core.deadline import SystemClock
from aurelis.core.errors import RequestError
from aurelis.core.request import Urgency
from aurelis.lsp.arguments import (
    BATCH_ITEMS,
    CommandArguments,
    document_uri,
    flag,
    progress_token,
    span,
    text,
    wrong,
)
from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.outcome import error_data, request_failed
from aurelis.lsp.progress import WorkReport
from aurelis.lsp.task_commands import build_invocation, document_of, finish, outcome_of, title_of
from aurelis.orchestrator.batch import Batch
from aurelis.orchestrator.batch import run_batch as run_batch_of
from aurelis.tasks.table import row_for
from aurelis.workflow.events import Outcome
from aurelis.workflow.invocation import Invocation, new_request_id
from aurelis.workflow.run import likely_model


@attrs.define
class _Progress:
    total: int
    done: int = 0


async def run_batch(ls: AurelisServer, data: Mapping[str, Any], token: types.ProgressToken | None) -> dict[str, Any]:
    """Run a batch; each item ends as a Result or as `{error}`.

    Raises:
        JsonRpcInvalidParams: for arguments of the wrong shape.
        JsonRpcException: -32803 for an unknown task.
    """
    verb = text(data, "task", required=True) or ""
    apply = flag(data, "apply")
    items = _items(data.get("items"))
    try:
        row = row_for(verb)
    except RequestError as error:
        raise request_failed(error) from None
    token = token if token is not None else progress_token(data)
    progress = _Progress(len(items))
    may_create = ls.features.work_done_progress
    async with ls.progress_tokens.work(title_of(row.verb), token, may_create=may_create) as report:

        def done(_number: int, _result: Outcome | RequestError) -> None:
            progress.done += 1
            report.say(f"{progress.done} of {progress.total}", progress.done * 100 // max(1, progress.total))

        models = [await _model(ls, row.verb, item) for item in items]
        batch = Batch(
            items=range(len(items)),
            ask=lambda number: _asked(ls, row.verb, items[number]),
            group_of=lambda number: models[number],
            done=done,
        )
        found = await run_batch_of(batch, SystemClock())
        results = [await _finished(ls, each, apply=apply) for each in found]
    return {"requestId": new_request_id(), "results": results}


async def _asked(ls: AurelisServer, verb: str, arguments: CommandArguments) -> Outcome:
    quiet = WorkReport(ls.protocol, "aurelis-unseen", "")
    return await outcome_of(ls, await _invocation(ls, verb, arguments), quiet, None)


async def _model(ls: AurelisServer, verb: str, arguments: CommandArguments) -> str | None:
    """The model that an item will likely be asked of; the document is read again when its turn comes."""
    try:
        return await likely_model(ls.services, await _invocation(ls, verb, arguments))
    except RequestError:
        return None  # Which is the item's result, once it is asked for.


async def _invocation(ls: AurelisServer, verb: str, arguments: CommandArguments) -> Invocation:
    snapshot = await document_of(ls, arguments)
    await ls.ready()
    invocation = await build_invocation(ls, verb, snapshot, arguments)
    return attrs.evolve(invocation, urgency=Urgency.BATCH, streams=False)


async def _finished(ls: AurelisServer, found: Outcome | RequestError, *, apply: bool) -> dict[str, Any]:
    if isinstance(found, RequestError):
        return {"error": {"message": found.message, **error_data(found)}}
    return await finish(ls, found, apply=apply)


def _items(value: Any) -> list[CommandArguments]:
    if not isinstance(value, list) or len(value) > BATCH_ITEMS:
        raise wrong("items", f"a list of at most {BATCH_ITEMS} objects")
    items = []
    for item in value:
        if not isinstance(item, Mapping) or item.get("textDocument") is None:
            raise wrong("items", "a list of objects with a 'textDocument'")
        items.append(CommandArguments(uri=document_uri(item["textDocument"]), span=span(item.get("range"))))
    return items
