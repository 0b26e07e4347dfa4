"""Finished answers as read-only documents of the scheme `aurelis:`, for clients that can show those."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

SCHEME: Final = "aurelis"

KEPT: Final = 50
"""How many answers are kept; the oldest goes first."""


class AnswerShelf:
    """The last answers by their URI, in memory only."""

    def __init__(self, *, kept: int = KEPT) -> None:
        self._kept = kept
        self._answers: OrderedDict[str, str] = OrderedDict()

    def put(self, request_id: str, text: str) -> str:
        """Keep a finished answer, markdown, and name the document that it is."""
        uri = answer_uri(request_id)
        self._answers[uri] = text
        self._answers.move_to_end(uri)
        while len(self._answers) > self._kept:
            self._answers.popitem(last=False)
        return uri

    def get(self, uri: str) -> str | None:
        """The answer, or None when it is not kept any more."""
        return self._answers.get(uri)


def answer_uri(request_id: str) -> str:
    """The document that a request's answer is."""
    return f"{SCHEME}:/answer/{request_id}.md"
