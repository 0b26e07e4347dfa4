"""`textDocument/didClose`: what a review found goes with the document."""

from __future__ import annotations

from lsprotocol import types

from aurelis.lsp.language_server import AurelisServer


def did_close(ls: AurelisServer, params: types.DidCloseTextDocumentParams) -> None:
    """Take back the findings about a document that is closed."""
    uri = params.text_document.uri
    if uri in ls.reviewed:
        ls.reviewed.discard(uri)
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))
