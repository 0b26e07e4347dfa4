"""The server object that handlers receive: the application's services and the state of one connection."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from aurelis import __version__
from aurelis.config.settings import Problem
from aurelis.core.errors import RequestError
from aurelis.core.failures import describe_failure
from aurelis.lsp.answers import AnswerShelf
from aurelis.lsp.client_features import ClientFeatures
from aurelis.lsp.closed_documents import ClosedDocuments
from aurelis.lsp.converter import plain_converter
from aurelis.lsp.documents import Documents
from aurelis.lsp.editor_settings import EditorSettings
from aurelis.lsp.listed_documents import ListedDocuments
from aurelis.lsp.progress import ProgressTokens
from aurelis.lsp.protocol import AurelisProtocol
from aurelis.lsp.seen_diagnostics import SeenDiagnostics
from aurelis.workflow.services import Services

if TYPE_CHECKING:  # The workflow reaches further than the start of the server may (invariant 11).
    from aurelis.workflow.ghost_text_session import GhostTextSession
    from aurelis.workflow.hover import Hovers

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
        self.closed_documents = ClosedDocuments()
        self.seen_diagnostics = SeenDiagnostics()
        self.listed_documents = ListedDocuments()
        self.editor_settings = EditorSettings()
        self.first_problems: tuple[Problem, ...] = ()
        self.progress_tokens = ProgressTokens(self.protocol)
        self.reviewed: set[str] = set()  # Bounded by the documents that are open.
        self.hosts_asked_about: set[str] = set()  # Bounded by the providers that are configured.
        self.on_refused: Callable[[RequestError], None] = lambda _: None
        self._hovers: Hovers | None = None
        self._ghost_text: GhostTextSession | None = None
        self._snoozed_until = 0.0
        self._background: set[asyncio.Task[None]] = set()  # Bounded: a task leaves when it ends.
        self._following: list[asyncio.Task[None]] = []  # Bounded by what `initialized` follows.

    @property
    def documents(self) -> Documents:
        """The documents that the client has open."""
        return self.protocol.documents

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log a failure; pygls would pop it up raw."""
        log.error("%s: %s", getattr(source, "__name__", "failure"), describe_failure(error))

    async def ready(self) -> None:
        """Wait for the parts, and for settings, folders or trust that changed before whatever is asked now."""
        async with self.editor_settings.changes:
            pass
        await self.services.start()

    def in_background(self, work: Coroutine[Any, Any, None], *, replacing: str | None = None) -> None:
        """Run something that no request waits for; its failure is logged, and the end of the connection cancels it.

        Work of the same name (`replacing`) that still runs is given up.
        """
        for running in self._background:
            if replacing is not None and running.get_name() == replacing:
                running.cancel()
        task = asyncio.create_task(self._quietly(work), name=replacing)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def follow(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something for as long as the connection lasts; its failure is logged."""
        self._following.append(asyncio.create_task(self._quietly(work)))

    def snooze(self, seconds: float) -> None:
        """Keep automatic completions quiet for so long."""
        self._snoozed_until = time.monotonic() + seconds
        if seconds and self._ghost_text is not None:
            self._ghost_text.snoozed()

    def snoozed(self) -> bool:
        """Whether automatic completions are to be quiet."""
        return time.monotonic() < self._snoozed_until

    def hovers(self) -> Hovers:
        """What answers hovers; made at first use, when the heavy modules may be imported."""
        if self._hovers is None:
            from aurelis.workflow.hover import Hovers  # noqa: PLC0415 -- invariant 11: nothing heavy at start

            self._hovers = Hovers(self.services, self.on_refused)
        return self._hovers

    def ghost_text(self) -> GhostTextSession:
        """What answers inline completions; made at first use, when the heavy modules may be imported."""
        if self._ghost_text is None:
            from aurelis.workflow.ghost_text_session import GhostTextSession  # noqa: PLC0415 -- invariant 11

            self._ghost_text = GhostTextSession(self.services, self.on_refused)
        return self._ghost_text

    def busy_ghost_text(self) -> GhostTextSession | None:
        """What answers inline completions, if it is asking for one now."""
        return self._ghost_text if self._ghost_text is not None and self._ghost_text.busy else None

    def give_up_ghost_text(self) -> None:
        """Close what inline completions ask for, because the client is leaving."""
        if self._ghost_text is not None:
            self._ghost_text.give_up()

    def settings_changed(self) -> None:
        """Forget what was offered and asked under the settings before."""
        if self._ghost_text is not None:
            self._ghost_text.forget()

    async def finish(self) -> None:
        """Cancel what still runs and wait for it."""
        running = (*self._background, *self._following)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._hovers is not None:
            await self._hovers.aclose()
        if self._ghost_text is not None:
            await self._ghost_text.aclose()
        self.closed_documents.close()

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
