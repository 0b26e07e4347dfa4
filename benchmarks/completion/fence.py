"""A text in a fence, as models answer."""

from __future__ import annotations

from holes import Hole


def fence(hole: Hole, text: str, language: bool = True) -> str:
    """A text as a fenced block, with a fence that is long enough."""
    mark = "```"
    while mark in text:
        mark += "`"
    return f"{mark}{hole.file.language_id if language else ''}\n{text}\n{mark}"
