"""What becomes of completions: given to the editor, taken by their command, or typed out, which is inferred.

Each request is judged once, before the next one is made: by then the person has taken what it said, or has not. That
goes to the statistics, and from there into the delay before the next request and the choice of the model.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.model import ModelReference
from aurelis.core.record import Judgement
from aurelis.workflow.kept_completions import KEPT, Offered
from aurelis.workflow.services import Services

TYPED_THROUGH: Final = 5
"""Characters of a completion that a person types before it counts as taken; fewer are chance."""


@attrs.define
class _Asked:
    """The last request; `model` is the one that was to be asked, then the one that answered."""

    request_id: str
    language_id: str
    model: ModelReference | None
    right: bool = False
    typed: int = 0


class CompletionUse:
    """The use that one editor makes of completions."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._last: _Asked | None = None
        self._told_of: deque[str] = deque(maxlen=KEPT)

    def often_right(self, language_id: str) -> float:
        """The share of requests, 0 to 1, that lately were of use with the model that is asked."""
        return self._services.often_right(None if self._last is None else self._last.model, language_id)

    def told(self, offers: tuple[Offered, ...]) -> tuple[Offered, ...]:
        """The offers, noted as given to the editor: each request once."""
        for request_id in dict.fromkeys(offer.request_id for offer in offers):
            if request_id not in self._told_of:
                self._told_of.append(request_id)
                self._services.offered(request_id)
        return offers

    def typed_along(self, offers: Sequence[Offered]) -> None:
        """The person has typed so much of what these say."""
        last = self._last
        for offered in offers:
            if last is not None and offered.typed and offered.request_id == last.request_id:
                last.right = True
                last.typed = max(last.typed, offered.typed)

    def taken(self, request_id: str) -> None:
        """The person took a completion by its command."""
        if self._last is not None and request_id == self._last.request_id:
            self._last.right = True
            self._last.typed = 0

    def asked(self, request_id: str, language_id: str, model: ModelReference | None) -> None:
        """Another request is made, of this model as it seems: judge the one before."""
        last = self._last
        if last is not None:
            if last.typed >= TYPED_THROUGH:
                self._services.typed(last.request_id, last.typed)
            if last.model is not None:
                shown = last.request_id in self._told_of
                self._services.judged(Judgement(last.model, last.language_id, right=last.right, shown=shown))
        self._last = _Asked(request_id, language_id, model)

    def answered(self, request_id: str, model: ModelReference) -> None:
        """It was this model that answered."""
        if self._last is not None and request_id == self._last.request_id:
            self._last.model = model
