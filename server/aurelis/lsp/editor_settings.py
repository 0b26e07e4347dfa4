"""What the editor has said about settings so far, and which complaints about them it has heard."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final

REPORTED_PROBLEMS: Final = 500
"""How many complaints are remembered; the oldest may be made again."""


class EditorSettings:
    """The editor's settings; `changes` keeps two changes from overtaking each other."""

    def __init__(self) -> None:
        self.at_start: Mapping[str, Any] = {}
        self.changes = asyncio.Lock()
        self._reported: OrderedDict[str, None] = OrderedDict()

    def merged(self, pulled: Any) -> dict[str, Any]:
        """The settings in force: those of the start with what was pulled over them."""
        return _merge(self.at_start, pulled) if isinstance(pulled, Mapping) else dict(self.at_start)

    def not_yet_reported(self, complaints: Iterable[str]) -> list[str]:
        """The complaints that are new, remembered from now on."""
        fresh = [complaint for complaint in dict.fromkeys(complaints) if complaint not in self._reported]
        self._reported.update(dict.fromkeys(fresh))
        while len(self._reported) > REPORTED_PROBLEMS:
            self._reported.popitem(last=False)
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
