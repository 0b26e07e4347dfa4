"""What the editor says closes ghost text that is being asked for, also where it takes its request not back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from aurelis.config.settings import InlineCompletionSettings, Settings
from aurelis.core.request import Request
from aurelis.lsp.language_server import AurelisServer
from lsp.fake_services import FakeServices
from lsp.raw_editor import RawEditor, connection
from lsp.scenes import URI, complete, execute

CODE = "def add(a, b):\n    return\n"
NOTEBOOK, CELL, OTHER_CELL = "file:///n.ipynb", "vscode-notebook-cell:///n.ipynb#1", "vscode-notebook-cell:///n.ipynb#2"
SWITCHED_OFF = Settings(inline_completion=InlineCompletionSettings(enabled=False))


def first_words(request: Request) -> str:
    """An answer whose beginning has arrived."""
    assert request.enough is not None
    request.enough(" a")
    return " a + b"


class Changeable(FakeServices):
    """Takes other settings when it is told that they changed."""

    def __init__(self) -> None:
        super().__init__(first_words)
        self.next = self.settings
        self.gate = asyncio.Event()

    async def configure(self, **given: Any) -> tuple[Any, ...]:
        self.settings = self.next
        return await super().configure(**given)


@asynccontextmanager
async def asking() -> AsyncIterator[tuple[RawEditor, AurelisServer, Changeable, asyncio.Future[list[Any]]]]:
    """Somebody waits for ghost text, and the model has not said its last word."""
    services = Changeable()
    async with connection(services) as (editor, server):
        await editor.initialize({"textDocument": {"inlineCompletion": {}}})
        editor.open(URI, CODE)
        waiting = asyncio.ensure_future(complete(editor, 1, 10, kind=2))
        await asyncio.wait_for(services.asked.wait(), 5)
        yield editor, server, services, waiting


def closes(editor: RawEditor, services: Changeable) -> None:
    editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})


def opens_in_another_language(editor: RawEditor, services: Changeable) -> None:
    closes(editor, services)
    editor.open(URI, CODE, "ruby")


def types_something_else(editor: RawEditor, services: Changeable) -> None:
    editor.edit(URI, 2, "()", (1, 10, 1, 10))


def edits_two_places(editor: RawEditor, services: Changeable) -> None:
    start, end = {"line": 1, "character": 10}, {"line": 2, "character": 0}
    changes = [{"range": {"start": at, "end": at}, "text": text} for at, text in ((end, "x = 1\n"), (start, " "))]
    editor.notify("textDocument/didChange", {"textDocument": {"uri": URI, "version": 2}, "contentChanges": changes})


def switches_off(editor: RawEditor, services: Changeable) -> None:
    services.next = SWITCHED_OFF
    editor.notify("workspace/didChangeConfiguration", {"settings": {}})


def snoozes(editor: RawEditor, services: Changeable) -> None:
    editor.begin("workspace/executeCommand", execute("snooze", minutes=5))


@pytest.mark.parametrize(
    "happens", [closes, opens_in_another_language, types_something_else, edits_two_places, switches_off, snoozes]
)
async def test_what_is_asked_is_closed_at_once(happens: Callable[[RawEditor, Changeable], None]) -> None:
    """The model has not answered, and the editor's request is answered with nothing."""
    async with asking() as (editor, server, services, waiting):
        happens(editor, services)
        assert await asyncio.wait_for(waiting, 5) == []
        assert services.closed_streams == [services.requests[0].request_id]
        assert server.busy_ghost_text() is None


async def test_settings_that_stay_the_same_close_nothing() -> None:
    """Some editors send them again and again."""
    async with asking() as (editor, server, services, waiting):
        editor.notify("workspace/didChangeConfiguration", {"settings": {}})
        await editor.settle()
        assert server.busy_ghost_text() is not None
        services.gate.set()
        assert await asyncio.wait_for(waiting, 5)


async def test_shutdown_closes_what_is_asked() -> None:
    """Before the editor says `exit`, which may be much later."""
    async with asking() as (editor, server, services, waiting):
        await editor.request("shutdown")
        assert server.busy_ghost_text() is None
        with pytest.raises(AssertionError, match="cancelled"):
            await waiting
        assert services.closed_streams == [services.requests[0].request_id]


@pytest.mark.parametrize("gone", ["edited", "taken out", "notebook closed"])
async def test_a_cell_that_is_edited_or_gone_closes_what_is_asked_for_it(gone: str) -> None:
    """A notebook's cells change by messages of their own."""
    services = Changeable()
    async with connection(services) as (editor, server):
        await editor.initialize({"textDocument": {"inlineCompletion": {}}, "notebookDocument": {"synchronization": {}}})
        cells = [{"kind": 2, "document": uri} for uri in (CELL, OTHER_CELL)]
        texts = [{"uri": uri, "languageId": "python", "version": 1, "text": CODE} for uri in (CELL, OTHER_CELL)]
        notebook = {"uri": NOTEBOOK, "notebookType": "jupyter-notebook", "version": 1, "cells": cells}
        editor.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": texts})
        where = {"textDocument": {"uri": OTHER_CELL}, "position": {"line": 1, "character": 10}}
        asked = editor.begin("textDocument/inlineCompletion", {**where, "context": {"triggerKind": 2}})
        await asyncio.wait_for(services.asked.wait(), 5)
        if gone == "notebook closed":
            closed = [{"uri": uri} for uri in (CELL, OTHER_CELL)]
            params = {"notebookDocument": {"uri": NOTEBOOK}, "cellTextDocuments": closed}
            editor.notify("notebookDocument/didClose", params)
        else:
            start = {"line": 1, "character": 10}
            edit = {"range": {"start": start, "end": start}, "text": "z"}
            content = {"document": {"uri": OTHER_CELL, "version": 2}, "changes": [edit]}
            array = {"start": 1, "deleteCount": 1}
            removed = {"array": array, "didClose": [{"uri": OTHER_CELL}]}
            changed = {"textContent": [content]} if gone == "edited" else {"structure": removed}
            change = {"notebookDocument": {"uri": NOTEBOOK, "version": 2}, "change": {"cells": changed}}
            editor.notify("notebookDocument/didChange", change)
        assert (await editor.answer(asked))["result"]["items"] == []
        assert services.closed_streams == [services.requests[0].request_id]
        assert server.busy_ghost_text() is None


async def test_a_notebook_whose_outputs_change_keeps_the_answer() -> None:
    """A cell that runs changes the notebook, not the text that is completed."""
    services = Changeable()
    async with connection(services) as (editor, _):
        await editor.initialize({"textDocument": {"inlineCompletion": {}}, "notebookDocument": {"synchronization": {}}})
        cell = {"kind": 2, "document": CELL}
        notebook = {"uri": NOTEBOOK, "notebookType": "jupyter-notebook", "version": 1, "cells": [cell]}
        texts = [{"uri": CELL, "languageId": "python", "version": 1, "text": CODE}]
        editor.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": texts})
        where = {"textDocument": {"uri": CELL}, "position": {"line": 1, "character": 10}}
        asked = editor.begin("textDocument/inlineCompletion", {**where, "context": {"triggerKind": 2}})
        await asyncio.wait_for(services.asked.wait(), 5)
        ran = {"cells": {"data": [{**cell, "executionSummary": {"executionOrder": 1, "success": True}}]}}
        editor.notify(
            "notebookDocument/didChange", {"notebookDocument": {"uri": NOTEBOOK, "version": 2}, "change": ran}
        )
        await editor.settle()
        assert services.gate is not None
        services.gate.set()
        assert (await editor.answer(asked))["result"]["items"]
