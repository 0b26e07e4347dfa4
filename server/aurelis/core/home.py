"""The person's home and paths that begin with `~`, where there may be no home: `pathlib` raises then."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path | None:
    """The home folder, whether it exists or not; None where nothing names one, as in some containers."""
    return expanded("~")


def expanded(path: str) -> Path | None:
    """A path as people write it, `~` and `~name` taken for homes; None where that home is not known."""
    found = os.path.expanduser(path)  # noqa: PTH111 - that of Path raises where there is no home
    return None if path.startswith("~") and found.startswith("~") else Path(found)
