"""A document as it stood at one moment: taken before the first await and never changed afterwards."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

import attrs

from aurelis.core.positions import LineIndex
from aurelis.core.source import Source

EndOfLine = Literal["\n", "\r\n", "\r"]


def line_ending(text: str) -> EndOfLine:
    """The line ending that most lines of a text use; LF for a text of one line."""
    pairs = text.count("\r\n")
    feeds = text.count("\n") - pairs
    returns = text.count("\r") - pairs
    if pairs and pairs >= feeds and pairs >= returns:
        return "\r\n"
    return "\r" if returns > feeds else "\n"


@attrs.frozen(kw_only=True)
class Snapshot:
    """One version of a document.

    Attributes:
        uri: the editor's name for it.
        language_id: LSP's language identifier (`python`, `typescriptreact`, ...).
        version: the editor's version number; None for text read from disk.
        text: the whole text, its own line endings kept.
        name: what a prompt may call it: a path relative to the workspace folder, or a bare file name; never absolute.
        project: the name of the workspace folder that it lies in; empty outside of any.
        path: the file on this machine, links resolved; None for text without a file.
        cells_above: code cells that stand above it, when it is a cell of a notebook.
    """

    uri: str
    language_id: str
    text: str = attrs.field(repr=False)
    version: int | None = None
    name: str = ""
    project: str = ""
    path: Path | None = None
    cells_above: tuple[str, ...] = attrs.field(default=(), repr=False)

    @cached_property
    def lines(self) -> LineIndex:
        """Where its lines start; computed once."""
        return LineIndex(self.text)

    @cached_property
    def eol(self) -> EndOfLine:
        """Its line ending."""
        return line_ending(self.text)

    @property
    def source(self) -> Source:
        """What the egress rules judge."""
        return Source(uri=self.uri, path=self.path, language=self.language_id, name=self.name)
