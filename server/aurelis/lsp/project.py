"""What lies around a document on disk: instructions files, and the names by which the place of tests is found.

In comes a document in a workspace folder, out go short texts and names, all bounded. Instructions are read in trusted
workspaces only. Everything here touches the disk and runs in the thread that reads closed files.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from aurelis.core.errors import RequestError
from aurelis.core.ports import EgressPolicy
from aurelis.core.request import Source
from aurelis.lsp.closed_documents import read_closed
from aurelis.tasks.testing import ProjectFiles

MOST_NAMES: Final = 5_000
"""Files of a workspace whose names are looked at."""

MOST_FOLDERS: Final = 500
"""Folders of a workspace that are looked into."""

MANIFESTS: Final = frozenset(
    {"pyproject.toml", "setup.cfg", "tox.ini", "package.json", "Cargo.toml", "go.mod", "pom.xml", "build.gradle"}
)
"""Files in a folder's root that say which test framework is used."""

_LEFT_OUT: Final = frozenset(
    {"node_modules", "__pycache__", "dist", "build", "target", "venv", "env", "site-packages", "vendor"}
)


def folder_of(path: Path | None, folders: Iterable[Path]) -> Path | None:
    """The workspace folder that a file lies in."""
    return next((folder for folder in folders if path is not None and path.is_relative_to(folder)), None)


def read_instructions(folder: Path, names: Iterable[str], egress: EgressPolicy) -> tuple[tuple[str, str], ...]:
    """The instructions files that exist, in order; those that must not leave the machine are left out."""
    found = []
    for name in names:
        path = folder / name
        with contextlib.suppress(RequestError, ValueError):
            snapshot = read_closed(path.as_uri(), (folder,))
            if egress.refusal(snapshot.source) is None:
                found.append((name, snapshot.text))
    return tuple(found)


def read_project(folder: Path, egress: EgressPolicy) -> ProjectFiles:
    """The names of a folder's files, nearest first, and its manifests."""
    names = tuple(_names(folder))
    manifests = []
    for name in sorted(MANIFESTS.intersection(names)):
        path = folder / name
        with contextlib.suppress(RequestError, ValueError):
            snapshot = read_closed(path.as_uri(), (folder,))
            if egress.refusal(Source(path.as_uri(), path, "", name)) is None:
                manifests.append((name, snapshot.text))
    return ProjectFiles(names=names, manifests=tuple(manifests))


def _names(root: Path) -> Iterator[str]:
    waiting = [""]
    looked = seen = 0
    while waiting and looked < MOST_FOLDERS:
        folder = waiting.pop(0)
        looked += 1
        with contextlib.suppress(OSError), os.scandir(root / folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.startswith(".") or entry.name in _LEFT_OUT:
                    continue
                name = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                elif seen < MOST_NAMES:
                    seen += 1
                    yield name
