"""The start and end of a connection: negotiation, settings, and the heavy work only once the client is served."""

from __future__ import annotations

import asyncio
import gc
from importlib import import_module

from lsprotocol import types

from aurelis.core.collector import be_usual
from aurelis.core.errors import RequestError
from aurelis.lsp.answers import SCHEME
from aurelis.lsp.client_features import ClientFeatures
from aurelis.lsp.client_process import ended
from aurelis.lsp.configuration import (
    follow_settings_files,
    pull_settings,
    register_for_changes,
    report_problems,
    split_initialization_options,
    workspace_folders,
)
from aurelis.lsp.inline_completion import rehearse
from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.status import follow_alerts, follow_status


async def initialize(ls: AurelisServer, params: types.InitializeParams) -> None:
    """Read what the client can do and put its first settings in force; nothing heavy is imported."""
    ls.features = ClientFeatures.of(params.capabilities)
    settings, trusted, problems = split_initialization_options(params.initialization_options)
    ls.editor_settings.at_start = settings
    ls.documents.folders = await asyncio.to_thread(workspace_folders, ls)
    found = await ls.services.configure(editor=settings, folders=ls.documents.folders, trusted=trusted)
    ls.first_problems = (*problems, *found)
    if params.process_id is not None:
        ls.in_background(_leave_with(ls, params.process_id))


async def _leave_with(ls: AurelisServer, process_id: int) -> None:
    """Leave when the client's process has ended."""
    await ended(process_id)
    ls.protocol.leave(1)


async def initialized(ls: AurelisServer, params: types.InitializedParams) -> None:
    """Start the heavy work and the conversation about settings; nothing here makes the client wait."""
    del params
    gc.freeze()  # What the start made stays for good: collections need not look at it again.
    be_usual()
    ls.in_background(_start(ls))


async def _start(ls: AurelisServer) -> None:
    report_problems(ls, ls.first_problems)
    ls.first_problems = ()
    await pull_settings(ls)
    await register_for_changes(ls)
    follow_status(ls)
    follow_alerts(ls)
    ls.follow(follow_settings_files(ls))
    try:
        await asyncio.gather(ls.services.start(), asyncio.to_thread(_import_handlers))
        await rehearse(ls)
    except RequestError as error:
        ls.say(error.message, types.MessageType.Error, show=True)


def _import_handlers() -> None:
    """What the first requests would wait for."""
    for name in ("aurelis.lsp.task_commands", "aurelis.workflow.ghost_text_session", "aurelis.workflow.hover"):
        import_module(name)


def complete_capabilities(ls: AurelisServer, capabilities: types.ServerCapabilities) -> None:
    """Add what pygls does not know how to advertise, and leave out what this client has a better way for."""
    if ls.features.text_document_content and capabilities.workspace is not None:
        capabilities.workspace.text_document_content = types.TextDocumentContentOptions(schemes=[SCHEME])
    if capabilities.execute_command_provider is not None:  # Whoever goes by the protocol sends a token to those alone.
        capabilities.execute_command_provider.work_done_progress = True
    if ls.features.inline_completion:
        capabilities.completion_provider = None
