"""What lies around a document on disk: instructions files, and what tells how the project tests and documents.

In comes a document in a workspace folder, out go short texts and names, all bounded. Instructions are read in trusted
workspaces only. Everything here touches the disk and runs in the thread that reads closed files.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import attrs

from aurelis.core.errors import RequestError
from aurelis.core.ports import EgressPolicy
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.closed_documents import read_closed
from aurelis.tasks.styles import documented_neighbours
from aurelis.tasks.table import ReplyKind, row_for
from aurelis.tasks.testing import ProjectFiles, existing_tests

MOST_NAMES: Final = 5_000
"""Files of a workspace whose names are looked at."""

MOST_FOLDERS: Final = 500
"""Folders of a workspace that are looked into."""

MANIFESTS: Final = frozenset(
    {
        "CMakeLists.txt",
        "Cargo.toml",
        "build.gradle",
        "build.gradle.kts",
        "go.mod",
        "meson.build",
        "package.json",
        "pom.xml",
        "pyproject.toml",
        "setup.cfg",
        "tox.ini",
        "vcpkg.json",
    }
)
"""Files that say which test framework is used, in the document's folder or one above it."""

MOST_MANIFESTS: Final = 8
SAMPLE_CHARACTERS: Final = 50_000
"""How much of a sample is looked at."""

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


def read_project(verb: str, snapshot: Snapshot, folder: Path, egress: EgressPolicy) -> ProjectFiles:
    """What a task learns from the files of a folder around a document; nothing for a task that needs none."""
    if row_for(verb).reply is ReplyKind.NEW_FILE:
        names = tuple(_names(folder))
        samples, manifests = existing_tests(snapshot, names), _manifests(snapshot.name, frozenset(names))
    elif verb == "document" and snapshot.language_id == "python":
        names = tuple(_names(folder))
        samples, manifests = documented_neighbours(snapshot.name, snapshot.language_id, names), ()
    else:
        return ProjectFiles()
    texts = tuple(_read_all(folder, manifests, egress))
    return ProjectFiles(
        names=names,
        manifests=tuple((found.name, found.text) for found in texts),
        samples=tuple(_read_all(folder, samples, egress)),
    )


def _manifests(name: str, names: frozenset[str]) -> tuple[str, ...]:
    """The manifests of the document's folder and those above it, the nearest first."""
    above = [parent.as_posix() for parent in PurePosixPath(name).parents]
    places = [
        manifest if parent == "." else f"{parent}/{manifest}" for parent in above for manifest in sorted(MANIFESTS)
    ]
    return tuple(place for place in places if place in names)[:MOST_MANIFESTS]


def _read_all(folder: Path, names: Iterable[str], egress: EgressPolicy) -> Iterator[Snapshot]:
    for name in names:
        with contextlib.suppress(RequestError, ValueError):
            snapshot = read_closed((folder / name).as_uri(), (folder,))
            if egress.refusal(snapshot.source) is None:
                yield attrs.evolve(snapshot, text=snapshot.text[:SAMPLE_CHARACTERS])


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
