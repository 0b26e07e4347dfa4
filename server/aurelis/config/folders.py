"""The platform's own folders, private to the user; having none of them stops nothing.

In comes the environment; out come paths that exist with mode 0700, or None and a problem where they cannot be had.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import starmap
from pathlib import Path
from typing import Final

import attrs

from aurelis.config.findings import Problem
from aurelis.core.home import expanded

_APPLICATION: Final = "aurelis"
_PRIVATE: Final = 0o700


@attrs.frozen
class Folders:
    """Where things are kept; None where the platform gives no usable folder.

    Attributes:
        config: settings and credentials, not created by looking.
        cache: kept answers.
        state: audit log, locks, ledgers.
        data: what must not be lost.
        problems: what could not be had, in words.
    """

    config: Path | None
    cache: Path | None
    state: Path | None
    data: Path | None
    problems: tuple[Problem, ...] = ()


def user_file(environ: Mapping[str, str]) -> tuple[Path | None, bool]:
    """The user's settings file, and whether the user named it with AURELIS_CONFIG (so that it must exist)."""
    named = environ.get("AURELIS_CONFIG")
    if named:
        return expanded(named) or Path(named), True
    folder = config_folder()
    return (folder / "config.toml" if folder else None), False


def config_folder() -> Path | None:
    """The folder of settings and credentials, whether it exists or not; None where there is no home."""
    import platformdirs  # noqa: PLC0415 - kept out of start-up until a folder is asked for

    try:
        return platformdirs.user_config_path(_APPLICATION, appauthor=False)
    except (OSError, RuntimeError, KeyError):
        return None


def open_folders() -> Folders:
    """Create what does not exist, private to the user, and say what cannot be had. Touches the disk."""
    import platformdirs  # noqa: PLC0415 - kept out of start-up until a folder is asked for

    refused: dict[str, list[str]] = {}

    def ready(purpose: str, path: Path | None) -> Path | None:
        message = private_folder(path) if path else "there is no home folder"
        if message is None:
            return path
        refused.setdefault(message, []).append(purpose)
        return None

    def of(name: str) -> Path | None:
        try:
            path = getattr(platformdirs, f"user_{name}_path")(_APPLICATION, appauthor=False)
        except (OSError, RuntimeError, KeyError):
            return None
        return path if isinstance(path, Path) else None

    cache, state, data = (ready(name, of(name)) for name in ("cache", "state", "data"))
    return Folders(config_folder(), cache, state, data, tuple(starmap(_unusable, refused.items())))


def _unusable(reason: str, purposes: list[str]) -> Problem:
    """One problem for all folders that are refused for the same reason, as those of one home are."""
    if len(purposes) == 1:
        return Problem(f"{purposes[0]} folder", f"It cannot be used ({reason}); Aurelis goes on without it.")
    names = f"{', '.join(purposes[:-1])} and {purposes[-1]} folders"
    return Problem(names, f"They cannot be used ({reason}); Aurelis goes on without them.")


def private_folder(path: Path) -> str | None:
    """Make a folder with mode 0700, or take one that is there and writable; returns why that failed, else None."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=_PRIVATE, exist_ok=True)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(_PRIVATE)
    except OSError as error:
        return error.strerror or "unknown error"
    return None if os.access(path, os.W_OK | os.X_OK) else "no permission to write"
