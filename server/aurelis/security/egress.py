"""Which documents may leave this machine: one rule for ghost text, hover, commands, batch, context and review.

In comes a document (a `Source`), out goes None or a sentence that says why it must stay. Judged are its path as the
editor names it and the file that links lead to: key files by name always, then the user's globs, then the ignore files
that stand above it, then its size. Decisions are kept for a moment, so that a key press does not read the disk.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import attrs

from aurelis.core.home import home
from aurelis.core.request import Source
from aurelis.security.ignore_files import IgnoreFiles, Patterns, bounded, keeping, parse_patterns
from aurelis.security.key_files import is_key_file

_DECISIONS: Final = 4_096

_URI_PARTS: Final = 64
"""Folders of a document that is no file which are looked at, from its name upwards."""

_KEYS: Final = "{} stays here: files of this name hold keys or passwords. Give it another name if it holds none."
_GLOBBED: Final = "{} stays here: the setting privacy.exclude names it. Change that if it may leave."


@attrs.frozen
class EgressRules:
    """What the user and the workspace said. `exclude` globs follow .gitignore rules, relative to each folder."""

    folders: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()
    respect_ignore_files: bool = True
    max_bytes: int = 10_000_000
    fold_case: bool = sys.platform in {"darwin", "win32"}
    """Whether ignore files are read without regard to case, as git does on file systems that do not know it."""
    fresh_seconds: float = 1.0
    """How long a decision is believed before the ignore files are looked at again."""


class DocumentEgress:
    """Judges documents by name, folder and size; keeps at most 4,096 decisions.

    `on_excluded` is told of each fresh refusal, with the document's name. The event loop and the thread that reads
    files both ask; they take turns.
    """

    def __init__(
        self,
        rules: EgressRules,
        on_excluded: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = rules
        self._on_excluded = on_excluded
        self._monotonic = monotonic
        self._exclude = (Patterns(parse_patterns(rules.exclude)),)
        self._exclude_folded = (Patterns(parse_patterns(line.lower() for line in rules.exclude)),)
        self._ignore_files = IgnoreFiles(fold_case=rules.fold_case)
        self._folders = tuple(dict.fromkeys((*map(_absolute, rules.folders), *map(_resolved, rules.folders))))
        self._turn = threading.Lock()
        self._decisions: dict[tuple[str, Path | None], tuple[float, str | None]] = {}

    def refusal(self, source: Source) -> str | None:
        """Why a document must not leave, as a sentence for the user, or None when it may."""
        key = (source.uri, source.path)
        now = self._monotonic()
        kept = self._decisions.get(key)
        if kept is not None and now < kept[0]:
            return kept[1]
        with self._turn:
            reason = self._judge(source)
        bounded(self._decisions, _DECISIONS)[key] = (now + self._rules.fresh_seconds, reason)
        if reason is not None and self._on_excluded is not None:
            self._on_excluded(source.name or (source.path.name if source.path else source.uri))
        return reason

    def _judge(self, source: Source) -> str | None:
        name = source.name or (source.path.name if source.path else source.uri.rpartition("/")[2])
        if source.path is None:
            return self._judge_parts(_parts_of_uri(source.uri), name)
        given, target = _absolute(source.path), _resolved(source.path)
        shown = _path_of_uri(source.uri)
        for path in dict.fromkeys((given, target) if shown is None else (shown, given, target)):
            reason = self._judge_path(path, name)
            if reason is not None:
                return reason
        return self._judge_size(target, name)

    def _judge_parts(self, parts: tuple[str, ...], name: str) -> str | None:
        """Judge a document that is no file of this machine; where its workspace folder begins is not known."""
        if is_key_file(parts):
            return _KEYS.format(name)
        if any(self._globbed("/".join(parts[start:])) for start in range(len(parts))):
            return _GLOBBED.format(name)
        return None

    def _judge_path(self, path: Path, name: str) -> str | None:
        if is_key_file(path.parts):
            return _KEYS.format(name)
        folder = self._folder_of(path)
        relative = path.relative_to(folder).as_posix() if folder is not None else path.as_posix().lstrip("/")
        if self._globbed(relative):
            return _GLOBBED.format(name)
        if self._rules.respect_ignore_files:
            ignore_file = self._ignore_files.keeping(path, folder)
            if ignore_file is not None:
                return (
                    f"{name} stays here: {_shown(ignore_file, folder)} names it. "
                    "Take it out of there if it may leave, or set privacy.respectIgnoreFiles to false."
                )
        return None

    def _globbed(self, relative: str) -> bool:
        parts, folded = relative.split("/"), relative.lower().split("/")
        found = keeping(self._exclude, parts) or keeping(self._exclude_folded, folded)
        return found is not None

    def _folder_of(self, path: Path) -> Path | None:
        """The innermost workspace folder that holds the path."""
        holding = [folder for folder in self._folders if path.is_relative_to(folder)]
        return max(holding, key=lambda folder: len(folder.parts), default=None)

    def _judge_size(self, path: Path, name: str) -> str | None:
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        if stat.S_ISREG(found.st_mode) and found.st_size > self._rules.max_bytes:
            return f"{name} stays here: it is larger than {self._rules.max_bytes:,} bytes; work on a smaller one."
        return None


def _shown(file: Path, folder: Path | None) -> str:
    """A file as a person finds it: from the workspace folder, else from home."""
    if folder is not None and file.is_relative_to(folder):
        return file.relative_to(folder).as_posix()
    person = home()
    if person is not None and file.is_relative_to(person):
        return f"~/{file.relative_to(person).as_posix()}"
    return str(file)


def _parts_of_uri(uri: str) -> tuple[str, ...]:
    try:
        path = urlsplit(uri).path
    except ValueError:
        path = uri
    return tuple(part for part in unquote(path).split("/") if part not in {"", ".", ".."})[-_URI_PARTS:]


def _path_of_uri(uri: str) -> Path | None:
    """The file as the editor names it: `Source.path` may have its links resolved already."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme not in {"file", "vscode-notebook-cell"} or parts.netloc not in {"", "localhost"}:
        return None
    path = unquote(parts.path)
    if re.match(r"/[A-Za-z]:", path) and sys.platform == "win32":
        path = path[1:]
    return _absolute(Path(path)) if path.startswith("/") or sys.platform == "win32" else None


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))


def _resolved(path: Path) -> Path:
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return _absolute(path)
