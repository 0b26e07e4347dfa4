"""`workspace/executeCommand`: every command by its name, one function each.

Task commands ask a model and answer a Result; the others answer at once from what the application knows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import attrs
from lsprotocol import types

from aurelis.core.errors import RequestError
from aurelis.lsp.arguments import document_uri, flag, position, single_object, task_arguments, text, whole_number, wrong
from aurelis.lsp.convert import plain_json
from aurelis.lsp.inline_completion import ACCEPTED, ask_ahead
from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.outcome import request_failed

Handler = Callable[[AurelisServer, types.ExecuteCommandParams], Awaitable[Any]]

TASKS: Final = (
    "explain",
    "fix",
    "refactor",
    "optimize",
    "document",
    "generateTests",
    "generate",
    "review",
    "ask",
    "commitMessage",
)
"""Task commands; the same names stand in the task table."""

LONGEST_SNOOZE: Final = 24 * 60
"""Minutes."""

LONGEST_COMPLETION: Final = 2_000_000
"""Characters of an answer that there can be at most."""


async def task(ls: AurelisServer, params: types.ExecuteCommandParams, name: str) -> Any:
    """Run a task command."""
    arguments = task_arguments(params)
    from aurelis.lsp.task_commands import run_task  # noqa: PLC0415 -- invariant 11: nothing heavy at start

    return await run_task(ls, name, arguments, params.work_done_token)


async def batch(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.batch {task, items, apply?}`: one task on many documents, results in input order."""
    from aurelis.lsp.batch_command import run_batch  # noqa: PLC0415 -- invariant 11: nothing heavy at start

    return await run_batch(ls, single_object(params), params.work_done_token)


async def models(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.models {refresh?}`: what can be routed to."""
    refresh = flag(single_object(params), "refresh")
    return {"models": plain_json(await ls.services.models(refresh=refresh))}


async def health(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.health {deep?}`: the health record; asks a model only with `deep`."""
    return plain_json(await ls.services.health(deep=flag(single_object(params), "deep")))


async def stats(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.stats`: requests, latency, tokens, cost, hit rates."""
    del params
    return plain_json(await ls.services.stats())


async def clear_cache(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.cache.clear`: forget every kept answer."""
    del params
    return {"removed": await ls.services.clear_cache()}


async def invalidate_cache(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.cache.invalidate {event, language?, path?, project?}`: forget what an event made stale."""
    data = single_object(params)
    event = text(data, "event", required=True) or ""
    names = ("language", "path", "project")
    return {"removed": await ls.services.invalidate(event, **{name: text(data, name) for name in names})}


async def auth_status(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.auth.status`: where each provider's token comes from, never the token."""
    del params
    return {"providers": plain_json(await ls.services.auth_status())}


async def snooze(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.snooze {minutes}`: no ghost text of its own accord for so long; 0 ends it."""
    minutes = whole_number(single_object(params), "minutes", least=0)
    if minutes is None or minutes > LONGEST_SNOOZE:
        raise wrong("minutes", f"a whole number from 0 to {LONGEST_SNOOZE}")
    ls.snooze(minutes * 60.0)
    return {"minutes": minutes}


async def show_request(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.showRequest {requestId?}`: what was sent, redacted as it was, and what became of it."""
    request_id = text(single_object(params), "requestId")
    return {"requests": [_sent(prompt) for prompt in ls.services.sent(request_id)]}


async def completion_accepted(ls: AurelisServer, params: types.ExecuteCommandParams) -> Any:
    """`aurelis.completionAccepted {requestId, length, language, ...}`: the person took a completion."""
    data = single_object(params)
    request_id = text(data, "requestId", required=True) or ""
    length = whole_number(data, "length", least=0) or 0
    ls.services.accepted(request_id, min(length, LONGEST_COMPLETION), text(data, "language") or "")
    ls.ghost_text().taken(request_id)
    uri = document_uri(data.get("textDocument"))
    if uri is not None and data.get("position") is not None:
        ls.in_background(ask_ahead(ls, uri, position(data["position"], "position")), replacing="ask ahead")


COMMANDS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        **{f"aurelis.{name}": partial(task, name=name) for name in TASKS},
        "aurelis.batch": batch,
        "aurelis.models": models,
        "aurelis.health": health,
        "aurelis.stats": stats,
        "aurelis.cache.clear": clear_cache,
        "aurelis.cache.invalidate": invalidate_cache,
        "aurelis.auth.status": auth_status,
        "aurelis.snooze": snooze,
        "aurelis.showRequest": show_request,
        ACCEPTED: completion_accepted,
    }
)


async def run_command(ls: AurelisServer, params: types.ExecuteCommandParams, handler: Handler) -> Any:
    """Run a command; its failure is -32803 with the contract's data."""
    try:
        return await handler(ls, params)
    except RequestError as error:
        raise request_failed(error) from None


def register_commands(ls: AurelisServer) -> None:
    """Make every command known; the protocol calls them with the whole parameters."""
    for name, handler in COMMANDS.items():

        async def command(params: types.ExecuteCommandParams, handler: Handler = handler) -> Any:
            return await run_command(ls, params, handler)

        ls.command(name)(command)


def _sent(prompt: Any) -> Any:
    """A sent prompt in camelCase, as docs/protocol.md has it; the body keeps the provider's own names."""
    data = plain_json(attrs.asdict(prompt, recurse=True, value_serializer=_as_text))
    body = data.pop("body", None)
    return {**camel_case(data), "body": body}


def _as_text(_owner: Any, _field: Any, value: Any) -> Any:
    """A model by its reference, and how urgent a request was in the audit log's words."""
    if isinstance(value, IntEnum):
        return value.name.lower()
    return str(value) if type(value).__name__ == "ModelReference" else value


def camel_case(value: Any) -> Any:
    """The same data with field names in camelCase."""
    if isinstance(value, dict):
        return {_camel(name): camel_case(item) for name, item in value.items()}
    return [camel_case(item) for item in value] if isinstance(value, list) else value


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
