"""The documents that the editor has open, as the editor sees them.

In come `didOpen`, `didChange` and `didClose` (of notebooks and their cells too), out go snapshots. pygls keeps
documents too, but splits them where LSP does not (form feed, U+2028) and does work in proportion to the whole text for
every keystroke; its store is left empty. The text of a snapshot is joined when one is asked for, and kept until the
next edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import attrs
from lsprotocol import types
from pygls.uris import to_fs_path

from aurelis.core.positions import LineBuffer, Position, PositionEncoding, split_lines
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.edit_trail import EditTrail

SERVED_SCHEMES: Final = frozenset({"file", "untitled", "vscode-notebook-cell", "vscode-remote", "vscode-vfs", ""})
"""Documents whose text may be worked on. Output panels, source-control inputs, `git:` and our own answers are not
among them; an empty scheme is an editor that names buffers plainly."""

LANGUAGES_OF_NO_CODE: Final = frozenset({"scminput", "git-commit-output", "log", "output"})
"""Language identifiers of panels and input boxes."""

BINARY: Final = "\0"
"""What no text that somebody writes holds: an editor that opens a binary file all the same sends it."""

NOTEBOOK_CELLS_ABOVE: Final = 20
"""How many cells above a cell stand in its snapshot, the nearest ones."""


@attrs.define(eq=False)
class OpenDocument:
    """One open document; its path is resolved once, when it is opened."""

    uri: str
    language_id: str
    version: int | None
    buffer: LineBuffer
    path: Path | None = None
    notebook: str | None = None
    snapshot: Snapshot | None = None


class Documents:
    """All open documents. Bounded by what the editor has open."""

    def __init__(self, encoding: PositionEncoding = PositionEncoding.UTF16) -> None:
        self.encoding = encoding
        self.folders: tuple[Path, ...] = ()
        self.trail = EditTrail(self._lines)
        self._open: dict[str, OpenDocument] = {}
        self._notebooks: dict[str, list[types.NotebookCell]] = {}

    def open(self, item: types.TextDocumentItem, *, notebook: str | None = None) -> None:
        """Take a document that the editor opened; a second opening replaces the first."""
        self._open[item.uri] = OpenDocument(
            item.uri, item.language_id, item.version, LineBuffer(item.text), file_path(item.uri), notebook
        )

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._open.pop(uri, None)
        self.trail.forget(uri)

    def change(
        self,
        identifier: types.VersionedTextDocumentIdentifier,
        changes: Sequence[types.TextDocumentContentChangeEvent],
    ) -> None:
        """Apply edits in their order; edits of a document that is not open are ignored."""
        document = self._open.get(identifier.uri)
        if document is None:
            return
        document.snapshot = None
        document.version = identifier.version
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = change.range.start, change.range.end
                if is_served(document.uri, document.language_id):
                    self.trail.edit(document.uri, start.line, end.line, len(split_lines(change.text)))
                document.buffer.replace(
                    Position(start.line, start.character), Position(end.line, end.character), change.text, self.encoding
                )
            else:
                document.buffer = LineBuffer(change.text)
                self.trail.forget(document.uri)

    def open_notebook(self, notebook: types.NotebookDocument, cells: Iterable[types.TextDocumentItem]) -> None:
        """Take a notebook and its cells."""
        self._notebooks[notebook.uri] = list(notebook.cells)
        for cell in cells:
            self.open(cell, notebook=notebook.uri)

    def change_notebook(self, uri: str, change: types.NotebookDocumentChangeEvent) -> None:
        """Apply a change of a notebook's cells: their order, their text."""
        cells = change.cells
        if cells is None or uri not in self._notebooks:
            return
        if cells.structure is not None:
            array = cells.structure.array
            order = self._notebooks[uri]
            order[array.start : array.start + array.delete_count] = array.cells or []
            for opened in cells.structure.did_open or ():
                self.open(opened, notebook=uri)
            for closed in cells.structure.did_close or ():
                self.close(closed.uri)
        for content in cells.text_content or ():
            self.change(content.document, content.changes)
        for document in self._open.values():
            if document.notebook == uri:
                document.snapshot = None

    def close_notebook(self, uri: str, cells: Iterable[str]) -> None:
        """Forget a notebook and its cells."""
        self._notebooks.pop(uri, None)
        for cell in cells:
            self.close(cell)

    def version(self, uri: str) -> int | None:
        """The version that the editor gave last, None when the document is not open."""
        document = self._find(uri)
        return None if document is None else document.version

    def holds(self, snapshot: Snapshot) -> bool:
        """Whether a document is still what it was; cells around a notebook's cell may have changed."""
        now = self.snapshot(snapshot.uri)
        return now is not None and (now.version, now.language_id, now.text) == (
            snapshot.version,
            snapshot.language_id,
            snapshot.text,
        )

    def is_open(self, uri: str) -> bool:
        """Whether the editor has it open."""
        return self._find(uri) is not None

    def snapshot(self, uri: str) -> Snapshot | None:
        """The document as it stands now, by the URI it was opened by; None when it is closed or nothing to work on."""
        document = self._find(uri)
        if document is None or not is_served(document.uri, document.language_id):
            return None
        if document.snapshot is None:
            text = document.buffer.text
            if BINARY in text:
                return None
            document.snapshot = Snapshot(
                uri=document.uri,
                language_id=document.language_id,
                version=document.version,
                text=text,
                name=display_name(document.uri, document.path, self.folders),
                project=project_name(document.path, self.folders),
                path=document.path,
                cells_above=self._cells_above(document),
            )
        return document.snapshot

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Every open document, the one opened last at the end."""
        return tuple(snapshot for uri in self._open if (snapshot := self.snapshot(uri)) is not None)

    def _find(self, uri: str) -> OpenDocument | None:
        """A document that is open; a file by any spelling of its URI, as escapes and links may be written otherwise."""
        document = self._open.get(uri)
        if document is not None or not _names_file(uri):
            return document
        path = file_path(uri)
        files = (other for other in self._open.values() if other.path is not None and _names_file(other.uri))
        return next((other for other in files if other.path == path), None)

    def _lines(self, uri: str, first: int, end: int) -> Sequence[str]:
        document = self._open.get(uri)
        return () if document is None else document.buffer.lines(first, end)

    def _cells_above(self, document: OpenDocument) -> tuple[str, ...]:
        if document.notebook is None:
            return ()
        above: list[str] = []
        for cell in self._notebooks.get(document.notebook, ()):
            if cell.document == document.uri:
                break
            other = self._open.get(cell.document)
            if other is not None and cell.kind is types.NotebookCellKind.Code:
                above.append(other.buffer.text)
        return tuple(above[-NOTEBOOK_CELLS_ABOVE:])


def is_served(uri: str, language_id: str = "") -> bool:
    """Whether a document is a text that somebody writes: a file, an untitled buffer or a notebook's cell."""
    parts = _parts(uri)
    return parts is not None and parts.scheme in SERVED_SCHEMES and language_id not in LANGUAGES_OF_NO_CODE


def file_path(uri: str) -> Path | None:
    """The file of a `file:` URI or of a notebook's cell in a file, links resolved; None for anything else."""
    parts = _parts(uri)
    if parts is None or parts.scheme not in {"file", "vscode-notebook-cell"} or not parts.path:
        return None
    host = "" if parts.netloc.lower() == "localhost" else parts.netloc  # RFC 8089: this machine, as no host is.
    path = to_fs_path(parts._replace(scheme="file", netloc=host, query="", fragment="").geturl())
    if not path or "\0" in path:
        return None
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _names_file(uri: str) -> bool:
    return uri[:5].lower() == "file:"


def _parts(uri: str) -> SplitResult | None:
    """A URI taken apart; None for what is none, such as `file://[a`."""
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def display_name(uri: str, path: Path | None, folders: Iterable[Path]) -> str:
    """What a prompt may call a document: relative to its workspace folder, else its bare name; never absolute."""
    if path is None:
        parts = _parts(uri)
        return unquote(uri if parts is None else parts.path).rpartition("/")[2] or "untitled"
    for folder in folders:
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name


def project_name(path: Path | None, folders: Iterable[Path]) -> str:
    """The name of the workspace folder that a document lies in; empty outside of any."""
    return next((folder.name for folder in folders if path is not None and path.is_relative_to(folder)), "")
