"""Which file and project a person or a client means: kept answers are tagged by relative path and folder name alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

import attrs


@attrs.frozen
class Place:
    """A path relative to its project, with slashes, and the project's name; None where it is not narrowed so far."""

    path: str | None = None
    project: str | None = None


def named_place(path: str | None, project: str | None, folders: Sequence[Path]) -> Place:
    """What was named, as the tags have it. Looks at the disk where links are to be resolved.

    Both may be relative or absolute or a `file:` URI; `folders` are the workspace's, their links resolved.
    """
    whole = _absolute(project)
    if whole is None:
        place = Place(None, project or None)
    else:
        found = _within(whole, folders)
        place = Place(None, whole.name) if found is None else found
    if not path:
        return place
    file = _absolute(path)
    if file is None:
        return Place(_tidy(path), place.project)
    found = _within(file, folders) or Place(file.name, None)
    return Place(found.path, place.project or found.project)


def _absolute(name: str | None) -> Path | None:
    if not name:
        return None
    try:
        if name.startswith("file:"):
            name = url2pathname(urlsplit(name).path)
        path = Path(name)
        return path.resolve() if path.is_absolute() else None
    except (OSError, RuntimeError, ValueError):
        return None


def _within(path: Path, folders: Sequence[Path]) -> Place | None:
    for folder in folders:
        if path.is_relative_to(folder):
            return Place(_tidy(path.relative_to(folder).as_posix()), folder.name)
    return None


def _tidy(path: str) -> str | None:
    """A relative path with slashes and without `./`; None for the project itself."""
    tidy = str(PurePosixPath(path.replace("\\", "/")))
    return None if tidy == "." else tidy
