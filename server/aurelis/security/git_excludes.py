"""Where a person keeps what git ignores in every repository: `core.excludesFile`, else git's usual place.

In comes the top of a repository, out goes the file. git's own settings are read as text and git is not run: documents
are judged at key presses. What settings include from other files is not looked at (git-config(1), "Includes").
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aurelis.core.home import home

_FILE_BYTES: Final = 1_000_000
"""More of a settings file is not read."""

_KEPT: Final = 64

_SECTION: Final = re.compile(r"\s*\[([^\]\"]*)(\"[^\]]*)?\]")
_EXCLUDES: Final = re.compile(r"\s*excludesfile\s*=\s*(.*)", re.IGNORECASE)
_PART: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|\\(.)|([^"\\#;]+)|[#;].*')
"""What stands within quotes, an escaped character, other text, or a comment."""


class GitExcludes:
    """Looks in git's settings, and keeps what at most 64 files said. Not for several threads at once."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._home = Path(environ["HOME"]) if environ.get("HOME") else home()
        folder = _folder_of_git(environ, self._home)
        self._usual = folder / "ignore" if folder is not None else None
        self._settings = [Path("/etc/gitconfig")]
        if environ.get("GIT_CONFIG_GLOBAL"):
            self._settings.append(Path(environ["GIT_CONFIG_GLOBAL"]))
        else:
            self._settings += [folder / "config"] if folder is not None else []
            self._settings += [self._home / ".gitconfig"] if self._home is not None else []
        self._known: dict[Path, tuple[tuple[int, int], str | None]] = {}

    def file_for(self, top: Path) -> Path | None:
        """The file of a repository's top; None where that is no repository."""
        if not is_top(top):
            return None
        files = (*self._settings, top / ".git" / "config")
        said = [text for file in files if (text := self._said_by(file)) is not None]
        if not said:
            return self._usual
        return self._path(said[-1], top) if said[-1] else None

    def _said_by(self, file: Path) -> str | None:
        """The value in one settings file, read again when it changed."""
        try:
            found = file.stat()
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        version = (found.st_mtime_ns, found.st_size)
        kept = self._known.get(file)
        if kept is None or kept[0] != version:
            if len(self._known) >= _KEPT:
                self._known.clear()
            kept = self._known[file] = (version, _excludes_in(file))
        return kept[1]

    def _path(self, said: str, top: Path) -> Path | None:
        if said == "~" or said.startswith("~/"):
            return self._home / said[2:] if self._home is not None else None
        return top / said


def is_top(folder: Path) -> bool:
    """Whether a folder is the top of a repository; one that cannot be looked into, or cannot be at all, is none."""
    return os.path.exists(folder / ".git")  # noqa: PTH110 - that of Path raises then


def _folder_of_git(environ: Mapping[str, str], person: Path | None) -> Path | None:
    """Where git keeps what a person has set up, beside `.gitconfig`."""
    if environ.get("XDG_CONFIG_HOME"):
        return Path(environ["XDG_CONFIG_HOME"]) / "git"
    return person / ".config" / "git" if person is not None else None


def _excludes_in(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            text = opened.read(_FILE_BYTES).decode("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return None
    found, section = None, ""
    for line in text.splitlines():
        heading = _SECTION.match(line)
        if heading is not None:
            section = "" if heading[2] else heading[1].strip().lower()
        given = _EXCLUDES.match(line, heading.end() if heading is not None else 0)
        if section == "core" and given is not None:
            found = _value(given[1])
    return found


def _value(text: str) -> str:
    parts = [
        re.sub(r"\\(.)", r"\1", quoted) if quoted else escaped or plain
        for quoted, escaped, plain in _PART.findall(text)
    ]
    return "".join(parts).strip()
