"""How far an answer can be trusted, as a number in 0..1 with its reasons.

The number is a product of factors, so it is monotone in each of them:

    0.9 * finish * usable * parses * shown * likelihood * place

    finish      stopped by itself or by us 1.0, cut by length 0.25, cut otherwise 0.2
    usable      the task can use it 1.0, it cannot 0.05
    parses      yes 1.0, not known 0.95, no 0.1
    shown       the model saw all of the code that it was asked about 1.0, the code had to be shortened 0.9
    likelihood  0.5 + 0.5 * exp(mean log-probability of the tokens); 1.0 where the provider does not tell
    place       0.97 for each candidate that came before in the plan

The first four and the 0.9 are set so that, over a corpus of replies to tasks, whole and damaged, the number is close to
the share of replies that lead to what was meant; docs/caching.md has the table.
"""

from __future__ import annotations

import math
from typing import Final

from aurelis.core.reply import FinishReason, Verdict

BEST: Final = 0.9
_FINISH: Final = {FinishReason.STOP: 1.0, FinishReason.ENOUGH: 1.0, FinishReason.LENGTH: 0.25}
_CUT: Final = 0.2
_NOT_USABLE: Final = 0.05
_PARSES: Final = {True: 1.0, None: 0.95, False: 0.1}
_SHORTENED: Final = 0.9
_EARLIER_CANDIDATE: Final = 0.97
_CLEAR_DOUBT: Final = 0.9
"""A likelihood below this is worth a phrase."""


def confidence(
    finish: FinishReason, verdict: Verdict, *, mean_logprob: float | None, place: int, shown_whole: bool = True
) -> tuple[float, tuple[str, ...]]:
    """The confidence in 0..1 and a phrase for each factor that lowered it; `place` counts from 0."""
    reasons: list[str] = []
    value = BEST * _FINISH.get(finish, _CUT) * _PARSES[verdict.parses]
    if finish is FinishReason.LENGTH:
        reasons.append("cut by length")
    elif finish not in _FINISH:
        reasons.append("the answer was cut off")
    if not verdict.usable:
        value *= _NOT_USABLE
        reasons.append(verdict.reason or "not what was asked for")
    if verdict.parses is False:
        reasons.append("the code does not parse")
    if not shown_whole:
        value *= _SHORTENED
        reasons.append("the model saw only part of the code")
    if mean_logprob is not None:
        likelihood = 0.5 + 0.5 * math.exp(min(0.0, mean_logprob))
        value *= likelihood
        if likelihood < _CLEAR_DOUBT:
            reasons.append("the model was unsure")
    if place:
        value *= _EARLIER_CANDIDATE**place
        reasons.append("a fallback answered")
    return round(value, 4), tuple(reasons)
