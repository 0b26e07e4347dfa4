"""The language server: which handler answers which message, and the life of one connection.

A new LSP method is a file beside this one and a line in `FEATURES`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import attrs
from lsprotocol import types

from aurelis.core.collector import be_usual
from aurelis.core.leaving import on_leaving
from aurelis.lsp import (
    code_action,
    completion,
    configuration,
    consent,
    custom_requests,
    did_change,
    did_change_watched_files,
    did_close,
    did_save,
    hover,
    initialize,
    inline_completion,
    text_document_content,
)
from aurelis.lsp.execute_command import register_commands
from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.messages import SET_TOKEN, TRUST
from aurelis.lsp.protocol import serve_messages
from aurelis.lsp.transport import Wire, client_pipe, standard_streams
from aurelis.workflow.services import Services

CLOSE_SECONDS: Final = 2.0
"""How long the last messages may take to leave."""

COLLECT_SECONDS: Final = 10.0
"""How long the start may be sparing with collecting garbage, should the client never say `initialized`."""

FINISH_SECONDS: Final = 5.0
"""How long the application may take to write what it holds."""


@attrs.frozen
class Feature:
    """One line of the list: a method, who answers it, and what is advertised about it."""

    method: str
    handler: Callable[..., Any]
    options: Any = None


FEATURES: Final = (
    Feature(types.INITIALIZE, initialize.initialize),
    Feature(types.INITIALIZED, initialize.initialized),
    Feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION, configuration.did_change_configuration),
    Feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, configuration.did_change_workspace_folders),
    Feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, did_change_watched_files.did_change_watched_files),
    Feature(types.TEXT_DOCUMENT_DID_CHANGE, did_change.did_change),
    Feature(types.TEXT_DOCUMENT_DID_CLOSE, did_close.did_close),
    Feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE, did_change.did_change_notebook),
    Feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE, did_close.did_close_notebook),
    Feature(types.TEXT_DOCUMENT_DID_SAVE, did_save.did_save),
    Feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, inline_completion.inline_completion, inline_completion.OPTIONS),
    Feature(types.TEXT_DOCUMENT_COMPLETION, completion.completion, completion.OPTIONS),
    Feature(types.TEXT_DOCUMENT_HOVER, hover.hover),
    Feature(types.TEXT_DOCUMENT_CODE_ACTION, code_action.code_action, code_action.OPTIONS),
    Feature(types.CODE_ACTION_RESOLVE, code_action.resolve),
    Feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT, text_document_content.text_document_content),
    Feature(SET_TOKEN, custom_requests.set_token),
    Feature(TRUST, custom_requests.trust),
)


def create_server(services: Services) -> AurelisServer:
    """A server for one connection, its handlers registered and nothing started."""
    logging.getLogger("pygls").setLevel(logging.WARNING)  # Below it pygls logs message bodies.
    server = AurelisServer(services)
    for feature in FEATURES:
        server.feature(feature.method, feature.options)(feature.handler)
    register_commands(server)
    server.protocol.on_shutdown = server.give_up_ghost_text
    server.on_refused = partial(consent.refused, server)
    server.protocol.complete_capabilities = partial(initialize.complete_capabilities, server)
    return server


async def run(services: Services, *, pipe: str | None = None) -> int:
    """Serve one client until it leaves, and close the services; the exit code of the process.

    Args:
        services: the application; closed at the end.
        pipe: the socket that the client listens on; None serves standard input and output.

    Raises:
        ConnectionRefused: when the socket is not private to the user or nobody listens.
    """
    loop = asyncio.get_running_loop()
    loop.call_later(COLLECT_SECONDS, be_usual)
    try:
        wire = await (standard_streams() if pipe is None else client_pipe(pipe))
        server = create_server(services)
        on_leaving(loop, server.protocol.leave)
        return await serve(server, wire)
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS):
                await services.aclose()


async def serve(server: AurelisServer, wire: Wire) -> int:
    """Serve one connection until its end."""
    protocol = server.protocol
    protocol.set_writer(wire.writer)
    leaving = asyncio.Event()
    protocol.on_exit = leaving.set
    if protocol.has_left():
        leaving.set()
    reading = asyncio.ensure_future(serve_messages(wire, protocol))
    left = asyncio.ensure_future(leaving.wait())
    try:
        await asyncio.wait((reading, left), return_when=asyncio.FIRST_COMPLETED)
    finally:
        reading.cancel()
        left.cancel()
        await asyncio.gather(reading, left, return_exceptions=True)
        protocol.cancel_everything()
        await server.finish()
        wire.writer.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await wire.closed.wait()
    return 1 if protocol.exit_code is None else protocol.exit_code
