"""The server object that handlers receive: the application's services and the state of one connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from aurelis import __version__
from aurelis.lsp.answers import AnswerShelf
from aurelis.lsp.client_features import ClientFeatures
from aurelis.lsp.documents import Documents
from aurelis.lsp.editor_settings import EditorSettings
from aurelis.lsp.progress import ProgressTokens
from aurelis.lsp.protocol import AurelisProtocol, describe_failure, plain_converter
from aurelis.workflow.services import Problem, Services

log: Final = logging.getLogger(__name__)

NOTEBOOK_SYNC: Final = types.NotebookDocumentSyncOptions(
    notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="*")]
)


class AurelisServer(LanguageServer):
    """One connection. Handlers are plain functions whose first parameter `ls` is this object."""

    protocol: AurelisProtocol

    def __init__(self, services: Services) -> None:
        super().__init__(
            "aurelis",
            __version__,
            notebook_document_sync=NOTEBOOK_SYNC,
            protocol_cls=AurelisProtocol,
            converter_factory=plain_converter,
            max_workers=1,
        )
        self.services = services
        self.features = ClientFeatures()
        self.answers = AnswerShelf()
        self.editor_settings = EditorSettings()
        self.first_problems: tuple[Problem, ...] = ()
        self.progress_tokens = ProgressTokens(self.protocol)
        self._background: set[asyncio.Task[None]] = set()  # Bounded: a task leaves when it ends.

    @property
    def documents(self) -> Documents:
        """The documents that the client has open."""
        return self.protocol.documents

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log a failure; pygls would pop it up raw."""
        log.error("%s: %s", getattr(source, "__name__", "failure"), describe_failure(error))

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that no request waits for; its failure is logged, and the end of the connection cancels it."""
        task = asyncio.ensure_future(self._quietly(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def finish(self) -> None:
        """Cancel what still runs and wait for it."""
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    def say(self, message: str, kind: types.MessageType = types.MessageType.Info, *, show: bool = False) -> None:
        """A sentence for the user: in the editor's log, or shown."""
        if show:
            self.window_show_message(types.ShowMessageParams(type=kind, message=message))
        else:
            self.window_log_message(types.LogMessageParams(type=kind, message=message))

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 -- nobody waits for it; the log is the only one to tell
            log.error("Background work failed: %s", describe_failure(error))  # noqa: TRY400 -- a traceback quotes
