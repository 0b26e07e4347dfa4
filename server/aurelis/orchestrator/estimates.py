"""How many tokens a text comes to: a usual ratio at first, then each model's own, learned from what it counted."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Final

from aurelis.core.model import ModelReference

CHARACTERS_PER_TOKEN: Final = 4.0
"""A usual ratio for English and code."""
MODELS: Final = 500
"""Models whose ratio is remembered; the one used longest ago goes first."""
FEWEST_TOKENS: Final = 50
"""Shorter prompts tell little: a template's own tokens weigh too much."""
_RATIOS: Final = (0.5, 8.0)
_WEIGHT: Final = 0.3
"""What the latest count weighs against those before."""


class TokenEstimates:
    """Characters for each token, by model."""

    def __init__(self) -> None:
        self._ratios: OrderedDict[ModelReference, float] = OrderedDict()

    def tokens(self, model: ModelReference, characters: int) -> int:
        """Tokens that so many characters come to, roughly."""
        return math.ceil(characters / self._ratios.get(model, CHARACTERS_PER_TOKEN))

    def learn(self, model: ModelReference, characters: int, tokens: int) -> None:
        """Take a prompt's length and the upstream's count of it."""
        if tokens < FEWEST_TOKENS:
            return
        low, high = _RATIOS
        ratio = min(high, max(low, characters / tokens))
        known = self._ratios.get(model)
        self._ratios[model] = ratio if known is None else known + _WEIGHT * (ratio - known)
        self._ratios.move_to_end(model)
        if len(self._ratios) > MODELS:
            self._ratios.popitem(last=False)
