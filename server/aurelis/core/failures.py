"""A failure as a log may show it: what kind it is and where it arose, never its text, which may quote a document."""

from __future__ import annotations

import re
import traceback
from typing import Final

FRAMES: Final = 3
"""Places that are named, the innermost first."""


def describe_failure(error: BaseException) -> str:
    """Type and place in one line, as in `KeyError at run.py:41 < stream.py:12`."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = " < ".join(f"{_name(frame.filename)}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}" if places else type(error).__name__


def _name(path: str) -> str:
    """A file's name without its folders, which may be named after a person; Windows divides them by backslashes."""
    return re.split(r"[/\\]", path)[-1]
