"""`textDocument/didChange`: ghost text that is being asked for a text which is no longer there is given up at once."""

from __future__ import annotations

from lsprotocol import types

from aurelis.lsp.convert import offset_of
from aurelis.lsp.inline_completion import end_of
from aurelis.lsp.language_server import AurelisServer


def did_change(ls: AurelisServer, params: types.DidChangeTextDocumentParams) -> None:
    """Tell the ghost text session where the document was changed, as long as it asks for anything."""
    ghost_text = ls.busy_ghost_text()
    changes = params.content_changes
    if ghost_text is None or not changes:
        return
    snapshot = ls.documents.snapshot(params.text_document.uri)
    if snapshot is None:
        return
    change = changes[-1]
    if not isinstance(change, types.TextDocumentContentChangePartial):
        ghost_text.replaced(snapshot)
        return
    encoding = ls.documents.encoding
    start = change.range.start
    end = end_of(change.text, start, encoding)
    ghost_text.edited(
        snapshot,
        offset_of(snapshot, start.line, start.character, encoding),
        offset_of(snapshot, end.line, end.character, encoding),
    )
