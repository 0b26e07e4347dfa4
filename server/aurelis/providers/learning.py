"""What the answers of one provider taught about its models, for as long as the process runs.

In comes what a server refused or showed; out comes, per model, what to leave out. Nothing is kept on disk: servers are
updated, and the next process may ask once more.
"""

from __future__ import annotations

from typing import Final

import attrs

MOST_MODELS: Final = 512
"""Models that something is remembered of; the oldest goes first."""


@attrs.define
class Learned:
    """What one model's answers taught.

    Attributes:
        refused: parameters that it does not take; `system` stands for the role of that name.
        dialects: fill-in-the-middle dialects that it does not take.
        opens_reasoning: whether its answers begin within its reasoning, unmarked.
        shown: whether the server was asked what it can do.
    """

    refused: frozenset[str] = frozenset()
    dialects: frozenset[str] = frozenset()
    opens_reasoning: bool = False
    shown: bool = False


class Lessons:
    """What is remembered, by model."""

    def __init__(self) -> None:
        self._learned: dict[str, Learned] = {}

    def known(self, model: str) -> Learned:
        """What is known of a model, to be read."""
        return self._learned.get(model, Learned())

    def of(self, model: str) -> Learned:
        """What is known of a model, to be added to."""
        if model not in self._learned and len(self._learned) >= MOST_MODELS:
            del self._learned[next(iter(self._learned))]
        return self._learned.setdefault(model, Learned())
