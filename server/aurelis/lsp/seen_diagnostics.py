"""The diagnostics that the editor showed us last, by document."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from lsprotocol import types

MOST_DOCUMENTS: Final = 100
"""Documents whose diagnostics are remembered; the one not seen for longest goes first."""

MOST_EACH: Final = 100
"""Diagnostics remembered of one document."""


class SeenDiagnostics:
    """What came along with code action requests: those of one line or selection at a time."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int | None, list[types.Diagnostic]]] = OrderedDict()

    def see(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Remember diagnostics of a version of a document; those of an earlier version are forgotten."""
        if not diagnostics:
            return
        known_version, known = self._seen.pop(uri, (version, []))
        if known_version != version:
            known = []
        fresh = [item for item in diagnostics if item not in known]
        self._seen[uri] = (version, [*known, *fresh][-MOST_EACH:])
        while len(self._seen) > MOST_DOCUMENTS:
            self._seen.popitem(last=False)

    def of(self, uri: str, version: int | None) -> tuple[types.Diagnostic, ...]:
        """What is known of this version of a document."""
        known_version, known = self._seen.get(uri, (None, []))
        return tuple(known) if known_version == version else ()
