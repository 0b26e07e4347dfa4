"""The client's side of documents: their text, typing in them, and edits that the server asks for."""

from __future__ import annotations

from collections.abc import Callable

from lsprotocol import types

from aurelis.core.positions import LineIndex, PositionEncoding
from aurelis.core.text_edits import TextEdit, apply_edits
from aurelis.lsp.documents import file_path


class EditedDocuments:
    """Documents by their URI; every change is told to `on_change`. Bounded by what was opened."""

    def __init__(self, on_change: Callable[[types.DidChangeTextDocumentParams], None]) -> None:
        self.encoding = PositionEncoding.UTF16
        self._on_change = on_change
        self._texts: dict[str, str] = {}
        self._versions: dict[str, int] = {}

    def open(self, uri: str, text: str, language_id: str) -> types.TextDocumentItem:
        """Take a document, as version 1."""
        self._texts[uri] = text
        self._versions[uri] = 1
        return types.TextDocumentItem(uri, language_id, 1, text)

    def text(self, uri: str) -> str:
        """The document as it stands now."""
        return self._texts[uri]

    def version(self, uri: str) -> int:
        """The document's version."""
        return self._versions[uri]

    def position(self, uri: str, offset: int) -> types.Position:
        """Where an offset of the text is, in the negotiated units."""
        place = LineIndex(self._texts[uri]).position_at(offset, self.encoding)
        return types.Position(place.line, place.character)

    def change(self, uri: str, start: int, end: int, new_text: str) -> None:
        """Edit a document, as a person does by typing."""
        span = types.Range(self.position(uri, start), self.position(uri, end))
        text = self._texts[uri]
        self._texts[uri] = text[:start] + new_text + text[end:]
        self._versions[uri] += 1
        change = types.TextDocumentContentChangePartial(span, new_text)
        identifier = types.VersionedTextDocumentIdentifier(self._versions[uri], uri)
        self._on_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def apply(self, edit: types.WorkspaceEdit) -> bool:
        """Apply an edit to the open documents; False, and nothing changed, when it was made for another version."""
        made: list[tuple[str, list[TextEdit]]] = []
        new_files: list[str] = []
        for change in edit.document_changes or ():
            if isinstance(change, types.CreateFile):
                new_files.append(change.uri)
            elif isinstance(change, types.TextDocumentEdit):
                uri = change.text_document.uri
                if uri not in self._texts and uri not in new_files:
                    return False
                version = change.text_document.version
                if version is not None and version != self._versions.get(uri):
                    return False
                made.append((uri, [self._offsets(uri, item) for item in change.edits]))
        for uri, edits in (edit.changes or {}).items():
            if uri not in self._texts:
                return False
            made.append((uri, [self._offsets(uri, item) for item in edits]))
        for uri, text_edits in made:
            self._write(uri, text_edits)
        return True

    def _offsets(self, uri: str, edit: types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit) -> TextEdit:
        lines = LineIndex(self._texts.get(uri, ""))
        start, end = edit.range.start, edit.range.end
        new_text = edit.snippet.value if isinstance(edit, types.SnippetTextEdit) else edit.new_text
        return TextEdit(
            lines.offset_at(start.line, start.character, self.encoding),
            lines.offset_at(end.line, end.character, self.encoding),
            new_text,
        )

    def _write(self, uri: str, edits: list[TextEdit]) -> None:
        if uri not in self._texts:
            path = file_path(uri)
            text = apply_edits("", edits)
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
            self._texts[uri] = text
            self._versions[uri] = 0
            return
        for edit in sorted(edits, reverse=True):
            self.change(uri, edit.start, edit.end, edit.new_text)
