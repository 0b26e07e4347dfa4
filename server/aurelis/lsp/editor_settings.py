"""What the editor has said about settings so far, and which complaints about them it has heard."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any


class EditorSettings:
    """The editor's settings; `changes` keeps two changes from overtaking each other."""

    def __init__(self) -> None:
        self.at_start: Mapping[str, Any] = {}
        self.changes = asyncio.Lock()
        self._reported: frozenset[str] = frozenset()  # Bounded by the problems that one reading of settings reports.

    def merged(self, pulled: Any) -> dict[str, Any]:
        """The settings in force: those of the start with what was pulled over them.

        What the editor answers is its own to take back: a setting of the start that it has answered once is not
        fallen back to when a later answer is without it.
        """
        if not isinstance(pulled, Mapping):
            return dict(self.at_start)
        merged = _merge(self.at_start, pulled)
        self.at_start = _without(self.at_start, pulled)
        return merged

    def not_yet_reported(self, complaints: Iterable[str]) -> list[str]:
        """Of all complaints that there are now, those that there were not the last time."""
        now = tuple(dict.fromkeys(complaints))
        fresh = [complaint for complaint in now if complaint not in self._reported]
        self._reported = frozenset(now)
        return fresh


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[name] = _merge(below, value)
        elif value is not None:
            merged[name] = value
    return merged


def _without(base: Mapping[str, Any], taken: Mapping[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, value in base.items():
        over = taken.get(name)
        if over is None:
            kept[name] = value
        elif isinstance(value, Mapping) and isinstance(over, Mapping) and (rest := _without(value, over)):
            kept[name] = rest
    return kept
