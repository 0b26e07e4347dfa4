"""`textDocument/didClose`: what a review found goes with the document, and what is being asked for it."""

from __future__ import annotations

from lsprotocol import types

from aurelis.lsp.language_server import AurelisServer


def did_close(ls: AurelisServer, params: types.DidCloseTextDocumentParams) -> None:
    """Take back the findings about a document that is closed, and close what is asked for it."""
    uri = params.text_document.uri
    ls.listed_documents.closed(uri)
    ghost_text = ls.busy_ghost_text()
    if ghost_text is not None:
        ghost_text.closed(uri)
    if uri in ls.reviewed:
        ls.reviewed.discard(uri)
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))
