"""An editor without a window: drives a real server process over LSP, for the demonstration, the terminal and tests.

It keeps the text of the documents that it opened, applies edits as an editor does (the version is checked first), and
hands the deltas of an answer to whoever asked for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, Final

from lsprotocol import types
from pygls.io_ import run_async
from pygls.lsp.client import LanguageClient
from pygls.protocol import LanguageServerProtocol

from aurelis import __version__
from aurelis.core.positions import PositionEncoding
from aurelis.lsp.converter import plain_converter
from aurelis.lsp.edited_documents import EditedDocuments
from aurelis.lsp.messages import SET_TOKEN, STATUS, STREAM, TRUST

EXIT_SECONDS: Final = 5.0
"""How long the server may take to leave before it is killed."""

LINE_BYTES: Final = 1024 * 1024
"""The reader's buffer."""

CAPABILITIES: Final = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        apply_edit=True,
        configuration=True,
        workspace_edit=types.WorkspaceEditClientCapabilities(
            document_changes=True,
            resource_operations=[types.ResourceOperationKind.Create],
            change_annotation_support=types.ChangeAnnotationsSupportOptions(),
        ),
        text_document_content=types.TextDocumentContentClientCapabilities(),
        did_change_configuration=types.DidChangeConfigurationClientCapabilities(),
    ),
    text_document=types.TextDocumentClientCapabilities(
        inline_completion=types.InlineCompletionClientCapabilities(),
        hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
        code_action=types.CodeActionClientCapabilities(
            code_action_literal_support=types.ClientCodeActionLiteralOptions(
                types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix, types.CodeActionKind.Refactor])
            ),
            disabled_support=True,
            data_support=True,
            resolve_support=types.ClientCodeActionResolveOptions(["edit"]),
            tag_support=types.CodeActionTagOptions([types.CodeActionTag.LlmGenerated]),
        ),
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(),
    ),
    window=types.WindowClientCapabilities(work_done_progress=True),
    general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf16]),
    experimental={"aurelis": True},
)


class _Connection(LanguageServerProtocol):
    """pygls's protocol, which calls it an error of the server's when an answer comes that nobody waits for any more."""

    def _handle_response(self, msg_id: Any, result: Any = None, error: Any = None) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None and future.cancelled():
            del self._request_futures[msg_id]
        else:
            super()._handle_response(msg_id, result, error)


class EditorClient:
    """One server process and the documents opened in it.

    Attributes:
        settings: what the server is told when it asks for the section `aurelis`.
        messages: what the server showed or logged for the user, newest last (the last 100).
        statuses: the statuses it reported, newest last (the last 100).
        diagnostics: the latest diagnostics of each document.
        accepts_edits: whether `workspace/applyEdit` is obeyed, as a person would by confirming.
    """

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        self.settings = dict(settings or {})
        self.messages: list[str] = []
        self.statuses: list[Mapping[str, Any]] = []
        self.diagnostics: dict[str, Sequence[types.Diagnostic]] = {}
        self.accepts_edits = True
        self.server_info: types.InitializeResult | None = None
        self.connection = LanguageClient(
            "aurelis", __version__, protocol_cls=_Connection, converter_factory=plain_converter
        )
        self.documents = EditedDocuments(self.connection.text_document_did_change)
        self._listeners: dict[str, Callable[[str], None]] = {}  # Bounded: one for each command under way.
        self._tokens = itertools.count(1)
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._register()

    async def start(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, stderr: int | None = None
    ) -> None:
        """Start the server process.

        Args:
            command: program and arguments, for example `[sys.executable, "-P", "-m", "aurelis", "serve"]`.
            env: variables beside those of this process.
            stderr: where its standard error goes (`asyncio.subprocess.DEVNULL`), None to share ours.
        """
        logging.getLogger("pygls").setLevel(logging.ERROR)  # Below it pygls logs message bodies.
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **(env or {})},
            limit=LINE_BYTES,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("The server process has no pipes.")
        self.connection.protocol.set_writer(self._process.stdin)
        reading = run_async(Event(), self._process.stdout, self.connection.protocol)
        self._tasks = [asyncio.create_task(reading), asyncio.create_task(self._watch())]

    async def initialize(
        self, *folders: Path, trusted: bool = True, capabilities: types.ClientCapabilities = CAPABILITIES
    ) -> types.InitializeResult:
        """Negotiate with the server, with these workspace folders."""
        result = await self.connection.initialize_async(
            types.InitializeParams(
                capabilities=capabilities,
                process_id=os.getpid(),
                client_info=types.ClientInfo("aurelis"),
                root_uri=folders[0].resolve().as_uri() if folders else None,
                workspace_folders=[types.WorkspaceFolder(path.resolve().as_uri(), path.name) for path in folders],
                initialization_options={**self.settings, "trusted": trusted},
            )
        )
        self.documents.encoding = PositionEncoding(result.capabilities.position_encoding or PositionEncoding.UTF16)
        self.connection.initialized(types.InitializedParams())
        self.server_info = result
        return result

    def open(self, path: Path, language_id: str) -> str:
        """Open a file and name it as the server knows it."""
        return self.open_text(path.resolve().as_uri(), path.read_bytes().decode("utf-8"), language_id)

    def open_text(self, uri: str, text: str, language_id: str) -> str:
        """Open a document that need not be a file."""
        self.connection.text_document_did_open(
            types.DidOpenTextDocumentParams(self.documents.open(uri, text, language_id))
        )
        return uri

    def text(self, uri: str) -> str:
        """The document as it stands now."""
        return self.documents.text(uri)

    def position(self, uri: str, offset: int) -> types.Position:
        """Where an offset of a document is, in the negotiated units."""
        return self.documents.position(uri, offset)

    def change(self, uri: str, start: int, end: int, new_text: str) -> None:
        """Edit a document, as a person does by typing."""
        self.documents.change(uri, start, end, new_text)

    def apply(self, edit: types.WorkspaceEdit) -> bool:
        """Apply an edit to the open documents; False, and nothing changed, when it was made for another version."""
        return self.documents.apply(edit)

    async def inline_completion(
        self, uri: str, offset: int, *, invoked: bool = True
    ) -> Sequence[types.InlineCompletionItem]:
        """Ghost text at an offset."""
        kind = types.InlineCompletionTriggerKind.Invoked if invoked else types.InlineCompletionTriggerKind.Automatic
        answer = await self.connection.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(kind), types.TextDocumentIdentifier(uri), self.position(uri, offset)
            )
        )
        if answer is None:
            return ()
        return answer.items if isinstance(answer, types.InlineCompletionList) else answer

    async def hover(self, uri: str, offset: int) -> str | None:
        """The markdown that is shown over an offset."""
        answer = await self.connection.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), self.position(uri, offset))
        )
        return answer.contents.value if answer and isinstance(answer.contents, types.MarkupContent) else None

    async def code_actions(
        self,
        uri: str,
        start: int,
        end: int,
        *,
        only: Sequence[str] | None = None,
        context: Sequence[types.Diagnostic] = (),
    ) -> list[types.CodeAction]:
        """The actions for a selection, asked for as by a person."""
        answer = await self.connection.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri),
                types.Range(self.position(uri, start), self.position(uri, end)),
                types.CodeActionContext(
                    diagnostics=list(context), only=only, trigger_kind=types.CodeActionTriggerKind.Invoked
                ),
            )
        )
        return [action for action in answer or () if isinstance(action, types.CodeAction)]

    async def resolve(self, action: types.CodeAction) -> types.CodeAction:
        """Let the server make an action's edit."""
        return await self.connection.code_action_resolve_async(action)

    async def execute(
        self,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        on_delta: Callable[[str], None] | None = None,
    ) -> Any:
        """Run a command; `on_delta` gets its text as it grows."""
        token = f"client-{next(self._tokens)}"
        if on_delta is not None:
            self._listeners[token] = on_delta
        try:
            return await self.connection.workspace_execute_command_async(
                types.ExecuteCommandParams(
                    command, [dict(arguments)] if arguments is not None else None, work_done_token=token
                )
            )
        finally:
            self._listeners.pop(token, None)

    async def content(self, uri: str) -> str:
        """The text of one of the server's own documents."""
        params = types.TextDocumentContentParams(uri)
        return (await self.connection.workspace_text_document_content_async(params)).text

    async def set_token(self, provider: str, token: str | None) -> None:
        """Hand a token over, as the editor's keychain does."""
        params = {"provider": provider, "token": token}
        await self.connection.protocol.send_request_async(SET_TOKEN, params)

    def trust(self, *, trusted: bool) -> None:
        """Tell whether the workspace is trusted."""
        self.connection.protocol.notify(TRUST, {"trusted": trusted})

    async def close(self) -> int:
        """Shut the server down and give its exit code; it is killed if it does not leave."""
        process = self._process
        if process is None:
            return 0
        try:
            async with asyncio.timeout(EXIT_SECONDS):
                if process.returncode is None:
                    with contextlib.suppress(ConnectionError, RuntimeError):
                        await self.connection.shutdown_async(None)
                        self.connection.exit(None)
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if process.stdin is not None:
            process.stdin.close()
        return process.returncode or 0

    async def _watch(self) -> None:
        if self._process is None:
            return
        code = await self._process.wait()
        for future in list(self.connection.protocol._request_futures.values()):  # noqa: SLF001 -- pygls has no way to say that the server is gone
            if not future.done():
                future.set_exception(RuntimeError(f"The server ended with code {code}."))

    def _stream(self, params: Mapping[str, Any]) -> None:
        listener = self._listeners.get(params.get("workDoneToken", ""))
        if listener is not None:
            listener(params["delta"])

    def _status(self, params: Mapping[str, Any]) -> None:
        self.statuses = [*self.statuses[-99:], params]

    def _apply_edit(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        return types.ApplyWorkspaceEditResult(applied=self.accepts_edits and self.apply(params.edit))

    def _configuration(self, params: types.ConfigurationParams) -> list[Any]:
        return [self.settings if item.section == "aurelis" else None for item in params.items]

    def _agree(self, params: object) -> None:
        """Accept a registration or a progress token."""

    def _message(self, params: types.ShowMessageParams | types.LogMessageParams) -> None:
        self.messages = [*self.messages[-99:], params.message]

    def _diagnostics(self, params: types.PublishDiagnosticsParams) -> None:
        self.diagnostics[params.uri] = params.diagnostics

    def _register(self) -> None:
        handlers: Mapping[str, Callable[..., Any]] = {
            STREAM: self._stream,
            STATUS: self._status,
            types.WORKSPACE_APPLY_EDIT: self._apply_edit,
            types.WORKSPACE_CONFIGURATION: self._configuration,
            types.CLIENT_REGISTER_CAPABILITY: self._agree,
            types.WINDOW_WORK_DONE_PROGRESS_CREATE: self._agree,
            types.WINDOW_SHOW_MESSAGE: self._message,
            types.WINDOW_LOG_MESSAGE: self._message,
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: self._diagnostics,
        }
        for method, handler in handlers.items():
            self.connection.feature(method)(partial(handler))  # pygls marks what it is given; a bound method refuses.


@asynccontextmanager
async def editor(
    command: Sequence[str],
    *folders: Path,
    settings: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    stderr: int | None = None,
) -> AsyncIterator[EditorClient]:
    """A client whose server runs and is initialized, shut down at the end."""
    client = EditorClient(settings)
    await client.start(command, env=env, stderr=stderr)
    try:
        await client.initialize(*folders)
        yield client
    finally:
        await client.close()
