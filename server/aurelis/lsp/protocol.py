"""The connection with a client: its life, its documents, its commands.

What pygls keeps of documents stays empty; `documents` has them. Commands run as coroutines of their own requests, so
that cancelling the one cancels the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import cattrs
from lsprotocol import types
from pygls.exceptions import JsonRpcInternalError, JsonRpcInvalidParams
from pygls.protocol import lsp_method as _lsp_method

from aurelis.core.positions import PositionEncoding
from aurelis.lsp.documents import Documents
from aurelis.lsp.framing import MessageFramer
from aurelis.lsp.json_rpc import MessageProtocol, is_id
from aurelis.lsp.transport import Wire, WireWriter

CHUNK_BYTES: Final = 256 * 1024
"""How much is read from the connection at once."""

UNREAD_BYTES: Final = 32 * 1024 * 1024
"""How much may wait for the client while it is listened to; a client that first sends all and then reads needs room."""

UNREAD_SECONDS: Final = 0.05
"""Between two looks whether a client that does not read has begun to."""

UNTAKEN_SECONDS: Final = 600.0
"""How long a client with so much waiting for it may take none of it: one that a debugger holds is not gone at once."""


class AurelisProtocol(MessageProtocol):
    """One connection with a client."""

    def __init__(self, server: Any, converter: cattrs.Converter) -> None:
        super().__init__(server, converter)
        self.documents = Documents()
        self.exit_code: int | None = None
        self.on_shutdown: Callable[[], None] = lambda: None
        self.on_exit: Callable[[], None] = lambda: None
        self.complete_capabilities: Callable[[types.ServerCapabilities], None] = lambda _: None
        self.on_progress_cancel: Callable[[types.ProgressToken], None] = lambda _: None

    @_lsp_method(types.INITIALIZE)
    async def lsp_initialize(self, params: types.InitializeParams) -> types.InitializeResult:  # type: ignore[override]  # pygls has a generator here
        """Negotiate; pygls builds the capabilities, except for what it does not know."""
        steps = super().lsp_initialize(params)
        try:
            handler, args, _ = next(steps)
            self.documents.encoding = PositionEncoding(self.workspace.position_encoding or PositionEncoding.UTF16)
            await handler(*args)
            next(steps)
        except StopIteration as stop:
            result: types.InitializeResult = stop.value
            self.complete_capabilities(result.capabilities)
            return result
        raise JsonRpcInternalError("Initialization did not end.")

    @_lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_: Any) -> None:  # type: ignore[override]  # pygls has a generator here
        """Stop what is running; every request that waits is answered as cancelled."""
        self._shutdown = True
        self.cancel_everything(but=self.msg_id)
        self.on_shutdown()

    @_lsp_method(types.EXIT)
    def lsp_exit(self, *_: Any) -> None:  # type: ignore[override]  # pygls has a generator here
        """Leave: code 0 after `shutdown`, else 1 (LSP 3.18, "Exit Notification")."""
        self.leave(0 if self._shutdown else 1)

    def has_left(self) -> bool:
        """Whether the client said `exit`, or is gone."""
        return self.exit_code is not None

    def leave(self, code: int) -> None:
        """The connection is over, with this exit code."""
        if self.exit_code is None:
            self.exit_code = code
            self.on_exit()

    # Documents: kept by `documents`, not by pygls's workspace

    @_lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take a document."""
        self.documents.open(params.text_document)
        self._tell(types.TEXT_DOCUMENT_DID_OPEN, params)

    @_lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Take an edit."""
        self.documents.change(params.text_document, params.content_changes)
        self._tell(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @_lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget a document."""
        self.documents.close(params.text_document.uri)
        self._tell(types.TEXT_DOCUMENT_DID_CLOSE, params)

    @_lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """Take a notebook."""
        self.documents.open_notebook(params.notebook_document, params.cell_text_documents)

    @_lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: types.DidChangeNotebookDocumentParams) -> None:
        """Take a notebook's edit."""
        self.documents.change_notebook(params.notebook_document.uri, params.change)
        self._tell(types.NOTEBOOK_DOCUMENT_DID_CHANGE, params)

    @_lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(self, params: types.DidCloseNotebookDocumentParams) -> None:
        """Forget a notebook."""
        cells = [cell.uri for cell in params.cell_text_documents]
        self.documents.close_notebook(params.notebook_document.uri, cells)
        self._tell(types.NOTEBOOK_DOCUMENT_DID_CLOSE, params)

    def _tell(self, method: str, params: Any) -> None:
        if (handler := self.fm.features.get(method)) is not None:
            handler(params)

    # Commands and progress

    @_lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:  # type: ignore[override]  # pygls has a generator here
        """Run a command as one coroutine, so that cancelling the request cancels the command.

        Commands get the whole parameters, `workDoneToken` included.
        """
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"There is no command named {params.command[:200]}.")
        return await handler(params)

    @_lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        """Stop what reports on this token."""
        if is_id(params.token):
            self.on_progress_cancel(params.token)


async def serve_messages(wire: Wire, protocol: AurelisProtocol) -> None:
    """Feed a connection's messages to the protocol until its end, or until the client said `exit`.

    While a client does not take its answers it is not listened to either, so that they do not pile up; one that takes
    none for long counts as gone.
    """
    framer = MessageFramer()
    while not protocol.has_left() and (data := await wire.reader.read(CHUNK_BYTES)):
        for body in framer.feed(data):
            await protocol.receive(body)
            if protocol.has_left():
                return
        if not await _is_taking(wire.writer):
            return
    await protocol.settled()


async def _is_taking(writer: WireWriter) -> bool:
    """Wait until there is room for more answers; False when the client has taken nothing for too long."""
    clock = asyncio.get_running_loop().time
    before, until = writer.waiting, clock() + UNTAKEN_SECONDS
    while (waiting := writer.waiting) > UNREAD_BYTES:
        if waiting < before:
            until = clock() + UNTAKEN_SECONDS
        elif clock() >= until:
            return False
        before = waiting
        await asyncio.sleep(UNREAD_SECONDS)  # transports tell nobody but their own protocol
    return True
