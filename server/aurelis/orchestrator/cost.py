"""What tokens cost."""

from __future__ import annotations

from aurelis.core.model import Price
from aurelis.core.reply import Usage


def cost_of(usage: Usage, price: Price | None) -> float | None:
    """US dollars for so many tokens; None where no price is known."""
    if price is None:
        return None
    return (usage.prompt_tokens * price.input + usage.completion_tokens * price.output) / 1_000_000
