"""How long to wait before a model is asked: longer than this person pauses between two keys, not longer than needed.

In come the times of keystrokes and of answers, out goes a delay in seconds. Asking between two keys of a word costs a
request that the next key makes useless; waiting longer than a real pause costs the person's time.
"""

from __future__ import annotations

from collections import deque
from typing import Final

REMEMBERED: Final = 30
"""Keystrokes whose distance is remembered."""

BURST_SECONDS: Final = 1.0
"""A longer distance between two keys is a pause, not typing."""

LEAST_SECONDS: Final = 0.06
MOST_SECONDS: Final = 0.45
FIRST_SECONDS: Final = 0.15
"""The delay while the rhythm is not known yet."""

PATIENCE: Final = 1.25
"""How much longer than most distances within typing a pause has to be, for a model that is always right."""

MORE_PATIENCE: Final = 0.75
"""What is added to that for a model that is never right."""

STEADY_SECONDS: Final = 1.0
"""Somebody who types without a pause is shown something after so long, if the model is always right."""

OFTEN_RIGHT: Final = 0.35
"""The share of right answers from which on a model is asked in the middle of typing; a new one has two chances."""

NEVER_RIGHT_SECONDS: Final = 0.6
"""The least delay for a model that is never right, before it is bounded; it shrinks as more answers are right.

Half of it, for a model of which nothing is known, is what a plain delay would be.
"""

MOST_LEAST_SECONDS: Final = 0.35
"""The bound on that."""

MOST_KEYS: Final = 0.75
"""The share of distances that lie below the one that the delay is derived from."""

EAGER: Final = 0.8
"""The part of the delay that is left at places where people stop to think; still longer than most distances."""

SLOW_MODEL_SECONDS: Final = 1.0
"""A model that needs so long to answer is asked a little later, as its answer is more often late."""

THINKING_PLACES: Final = (":", "(", "{", "[", "=", ",", ".", "->", "=>", "\n")


class TypingRhythm:
    """One person's typing, and the latency of what they wait for."""

    def __init__(self) -> None:
        self._distances: deque[float] = deque(maxlen=REMEMBERED)
        self._last: float | None = None
        self._asked = 0.0
        self._latency = 0.0

    def key(self, now: float) -> None:
        """A key was pressed."""
        if self._last is not None and now - self._last <= BURST_SECONDS:
            self._distances.append(now - self._last)
        self._last = now

    def asked(self, now: float) -> None:
        """A request was made."""
        self._asked = now

    def answered(self, seconds: float) -> None:
        """A model needed so long."""
        self._latency = seconds if not self._latency else 0.7 * self._latency + 0.3 * seconds

    def delay(self, before: str, now: float, *, right: float) -> float:
        """Seconds to wait when the cursor stands behind this text of its line, or behind a line break.

        `right` is how often the model was right lately, 0 to 1.
        """
        if right >= OFTEN_RIGHT and now - self._asked > STEADY_SECONDS / right:
            return LEAST_SECONDS
        seconds = FIRST_SECONDS
        if len(self._distances) >= REMEMBERED // 6:
            ordered = sorted(self._distances)
            patience = PATIENCE + MORE_PATIENCE * (1.0 - right)
            seconds = patience * ordered[int(MOST_KEYS * (len(ordered) - 1))]
        if self._latency > SLOW_MODEL_SECONDS:
            seconds *= 1.25
        if not before.strip() or before.rstrip(" ").endswith(THINKING_PLACES):
            seconds *= EAGER
        least = max(LEAST_SECONDS, min(MOST_LEAST_SECONDS, NEVER_RIGHT_SECONDS * (1.0 - right)))
        return min(MOST_SECONDS, max(least, seconds))
