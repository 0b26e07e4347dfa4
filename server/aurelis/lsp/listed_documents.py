"""The documents as they were when their actions were listed: an action outlives changes of other lines."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from aurelis.core.snapshot import Snapshot

MOST_DOCUMENTS: Final = 20
"""Documents that are remembered, one version of each; the one not listed for longest goes first."""


class ListedDocuments:
    """The last version of each document for which actions were listed."""

    def __init__(self) -> None:
        self._listed: OrderedDict[str, Snapshot] = OrderedDict()

    def see(self, snapshot: Snapshot) -> None:
        """Remember a version in the place of earlier ones."""
        self._listed[snapshot.uri] = snapshot
        self._listed.move_to_end(snapshot.uri)
        while len(self._listed) > MOST_DOCUMENTS:
            self._listed.popitem(last=False)

    def of(self, uri: str, version: int | None) -> Snapshot | None:
        """That version of a document, if it is remembered."""
        known = self._listed.get(uri)
        return known if known is not None and known.version == version else None

    def closed(self, uri: str) -> None:
        """Forget a document."""
        self._listed.pop(uri, None)
