"""`textDocument/didClose`: what a review found goes with the document, and what is being asked for it."""

from __future__ import annotations

from lsprotocol import types

from aurelis.lsp.did_change import give_up
from aurelis.lsp.language_server import AurelisServer


def did_close(ls: AurelisServer, params: types.DidCloseTextDocumentParams) -> None:
    """Take back the findings about a document that is closed, and close what is asked for it."""
    uri = params.text_document.uri
    ls.listed_documents.closed(uri)
    give_up(ls, [uri])
    if uri in ls.reviewed:
        ls.reviewed.discard(uri)
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))


def did_close_notebook(ls: AurelisServer, params: types.DidCloseNotebookDocumentParams) -> None:
    """Close what is asked for the cells of a notebook that is closed."""
    give_up(ls, (cell.uri for cell in params.cell_text_documents))
