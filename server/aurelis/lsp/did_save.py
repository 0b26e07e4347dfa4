"""`textDocument/didSave`: a review, where the person switched that on, and an end to answers that it made stale."""

from __future__ import annotations

from lsprotocol import types

from aurelis.lsp.did_change_watched_files import files_changed
from aurelis.lsp.language_server import AurelisServer


def did_save(ls: AurelisServer, params: types.DidSaveTextDocumentParams) -> None:
    """Review what was saved, in the background; a review of an earlier save is given up."""
    files_changed(ls, (params.text_document.uri,))
    if ls.services.settings.review.on_save:
        ls.in_background(_review(ls, params.text_document.uri), replacing=f"review {params.text_document.uri}")


async def _review(ls: AurelisServer, uri: str) -> None:
    from aurelis.lsp.task_commands import review_saved  # noqa: PLC0415 -- invariant 11: nothing heavy at start

    await review_saved(ls, uri)
