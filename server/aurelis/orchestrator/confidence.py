"""How far an answer can be trusted, as a number in 0..1 with its reasons.

The number is a product of factors, so it is monotone in each of them:

    0.95 * finish * usable * parses * likelihood * place

    finish      stopped by itself or by us 1.0, cut by length 0.5, cut otherwise 0.4
    usable      the task can use it 1.0, it cannot 0.2
    parses      yes 1.0, not known 0.95, no 0.5
    likelihood  0.5 + 0.5 * exp(mean log-probability of the tokens); 1.0 where the provider does not tell
    place       0.97 for each candidate that came before in the plan
"""

from __future__ import annotations

import math
from typing import Final

from aurelis.core.reply import FinishReason, Verdict

_FINISH: Final = {FinishReason.STOP: 1.0, FinishReason.ENOUGH: 1.0, FinishReason.LENGTH: 0.5}


def confidence(
    finish: FinishReason, verdict: Verdict, *, mean_logprob: float | None, place: int
) -> tuple[float, tuple[str, ...]]:
    """The confidence in 0..1 and a phrase for each factor that lowered it; `place` counts from 0."""
    reasons: list[str] = []
    value = 0.95
    factor = _FINISH.get(finish, 0.4)
    if factor < 1:
        value *= factor
        reasons.append("cut by length" if finish is FinishReason.LENGTH else "the answer was cut off")
    if not verdict.usable:
        value *= 0.2
        reasons.append(verdict.reason or "not what was asked for")
    if verdict.parses is None:
        value *= 0.95
    elif not verdict.parses:
        value *= 0.5
        reasons.append("the code does not parse")
    if mean_logprob is not None:
        likelihood = 0.5 + 0.5 * math.exp(min(0.0, mean_logprob))
        value *= likelihood
        if likelihood < 0.9:  # noqa: PLR2004 - only a clear doubt is worth a phrase
            reasons.append("the model was unsure")
    if place:
        value *= 0.97**place
        reasons.append("a fallback answered")
    return round(min(1.0, max(0.0, value)), 4), tuple(reasons)
