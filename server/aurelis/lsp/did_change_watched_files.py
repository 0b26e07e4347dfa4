"""`workspace/didChangeWatchedFiles`: a project's formatter, linter, documentation or dependencies changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lsprotocol import types

from aurelis.lsp.documents import file_path
from aurelis.lsp.language_server import AurelisServer

MOST_FILES: Final = 1_000
"""Files of one message that are looked at."""


def did_change_watched_files(ls: AurelisServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Drop the kept answers that the changes made stale, in the background."""
    files_changed(ls, (change.uri for change in params.changes[:MOST_FILES]))


def files_changed(ls: AurelisServer, uris: Iterable[str]) -> None:
    """Tell the application of files that changed on disk, in the background; most are no concern of it."""
    paths = [path for uri in uris if (path := file_path(uri)) is not None]
    if paths:
        ls.in_background(_tell(ls, paths))


async def _tell(ls: AurelisServer, paths: list[Path]) -> None:
    await ls.services.files_changed(paths)
