"""Files that a command names and the editor does not have open: read only from inside the workspace.

In come a URI and the workspace's folders, out goes a snapshot without a version, or a refusal in words. Links are
resolved first; only regular UTF-8 text of bounded size is taken. Reading happens on a thread of its own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.plain_file import NotPlainFileError, open_plain
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.documents import display_name, file_path, is_served, project_name

FILE_BYTES: Final = 4 * 1024 * 1024
"""The largest file that is read; prompts are far smaller, but edits need the whole text."""

_T = TypeVar("_T")

_LANGUAGES: Final = MappingProxyType(
    {
        ".bash": "shellscript",
        ".c": "c",
        ".cc": "cpp",
        ".cjs": "javascript",
        ".cpp": "cpp",
        ".cs": "csharp",
        ".css": "css",
        ".cts": "typescript",
        ".cxx": "cpp",
        ".go": "go",
        ".h": "c",
        ".hh": "cpp",
        ".hpp": "cpp",
        ".html": "html",
        ".java": "java",
        ".js": "javascript",
        ".json": "json",
        ".jsx": "javascriptreact",
        ".kt": "kotlin",
        ".lua": "lua",
        ".md": "markdown",
        ".mjs": "javascript",
        ".mts": "typescript",
        ".php": "php",
        ".py": "python",
        ".pyi": "python",
        ".rb": "ruby",
        ".rs": "rust",
        ".scala": "scala",
        ".sh": "shellscript",
        ".sql": "sql",
        ".swift": "swift",
        ".toml": "toml",
        ".ts": "typescript",
        ".tsx": "typescriptreact",
        ".yaml": "yaml",
        ".yml": "yaml",
    }
)


class ClosedDocuments:
    """Reads files on one thread, so that a slow disk holds up nobody but who asked."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None

    async def read(self, uri: str, folders: Iterable[Path]) -> Snapshot:
        """The file that a URI names.

        Raises:
            RequestError: `excluded` when it lies outside the workspace, is no text or is not a file; `configuration`
                when it does not exist or cannot be read; `too_large` over 4 MB.
        """
        return await self.call(partial(read_closed, uri, tuple(folders)))

    async def call(self, work: Callable[[], _T]) -> _T:
        """Do other reading in the same thread."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aurelis-files")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Let the thread go."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)


def read_closed(uri: str, folders: tuple[Path, ...]) -> Snapshot:
    """Read a file; see `ClosedDocuments.read`. Blocks."""
    path = file_path(uri) if is_served(uri) else None
    if path is None:
        raise RequestError(ErrorKind.CONFIGURATION, "This document is not open and is not a file; open it first.")
    if not any(path.is_relative_to(folder) for folder in folders):
        raise RequestError(
            ErrorKind.EXCLUDED,
            "The file is not open and lies outside the workspace, so it was not read; open it first.",
        )
    data = _read(path)
    if b"\0" in data:
        raise RequestError(ErrorKind.EXCLUDED, f"{path.name} is not a text file; name one that is.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = (
            f"{path.name} is not UTF-8 text; save it as UTF-8, or open it in the editor, which knows its encoding."
        )
        raise RequestError(ErrorKind.EXCLUDED, message) from None
    return Snapshot(
        uri=uri,
        language_id=language_of(path),
        text=text,
        name=display_name(uri, path, folders),
        project=project_name(path, folders),
        path=path,
    )


def language_of(path: Path) -> str:
    """LSP's language identifier by a file's ending, `plaintext` when it says nothing."""
    return _LANGUAGES.get(path.suffix.lower(), "plaintext")


def _read(path: Path) -> bytes:
    try:
        with open_plain(path, through_links=False) as stream:
            size = os.fstat(stream.fileno()).st_size
            data = b"" if size > FILE_BYTES else stream.read(FILE_BYTES + 1)
    except NotPlainFileError:
        raise RequestError(ErrorKind.EXCLUDED, f"{path.name} is not a regular file.") from None
    except OSError as error:
        message = f"{path.name} cannot be read ({error.strerror or 'no reason given'}); check its path and permissions."
        raise RequestError(ErrorKind.CONFIGURATION, message) from None
    if size > FILE_BYTES or len(data) > FILE_BYTES:
        raise RequestError(
            ErrorKind.TOO_LARGE, f"{path.name} is larger than {FILE_BYTES // 1_048_576} MB; choose a smaller file."
        )
    return data
