"""`workspace/textDocumentContent`: finished answers as documents (LSP 3.18)."""

from __future__ import annotations

from lsprotocol import types

from aurelis.core.errors import ErrorKind
from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.outcome import refusal


async def text_document_content(
    ls: AurelisServer, params: types.TextDocumentContentParams
) -> types.TextDocumentContentResult:
    """The text of a kept answer."""
    text = ls.answers.get(params.uri)
    if text is None:
        raise refusal(ErrorKind.REJECTED, "This answer is not kept any more; ask again.")
    return types.TextDocumentContentResult(text=text)
