"""`textDocument/didChange`: ghost text that is being asked for a text which is no longer there is given up at once."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from aurelis.lsp.language_server import AurelisServer


def did_change(ls: AurelisServer, params: types.DidChangeTextDocumentParams) -> None:
    """Tell the ghost text session that a document was changed."""
    _changed(ls, [params.text_document.uri])


def did_change_notebook(ls: AurelisServer, params: types.DidChangeNotebookDocumentParams) -> None:
    """Tell it of the cells that were changed or taken out."""
    cells = params.change.cells
    if cells is None:
        return
    _changed(ls, (content.document.uri for content in cells.text_content or ()))
    if cells.structure is not None:
        give_up(ls, (closed.uri for closed in cells.structure.did_close or ()))


def give_up(ls: AurelisServer, uris: Iterable[str]) -> None:
    """Close what is asked for documents that are gone."""
    ghost_text = ls.busy_ghost_text()
    if ghost_text is not None:
        for uri in uris:
            ghost_text.closed(uri)


def _changed(ls: AurelisServer, uris: Iterable[str]) -> None:
    """Tell it of documents, as long as it asks for anything."""
    ghost_text = ls.busy_ghost_text()
    if ghost_text is None:
        return
    for uri in uris:
        snapshot = ls.documents.snapshot(uri)
        if snapshot is not None:
            ghost_text.changed(snapshot)
