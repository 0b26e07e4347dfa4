"""How wide a level is: in the document around a completion, and in the completion itself.

Blocks and brackets are told apart where many styles indent them by different widths, as in Python.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.replies.layout import indent_of

WIDTH: Final = 4
"""Spaces of a level where nothing tells."""
_MOST: Final = 0.6
"""The share of indented blocks that must agree on the width of a level."""
_FEW: Final = 0.2
"""A share of them that is no more than an exception."""
_OPENERS: Final = MappingProxyType(
    {
        "python": (
            re.compile(
                r"\s*(?:\)|(?:async|case|class|def|elif|else|except|finally|for|if|match|try|while|with)\b).*:\s*$"
            ),
            re.compile(r".*[(\[{]\s*$"),
        )
    }
)
"""Lines that open blocks, and lines that open brackets, where many styles indent the two by different widths."""
_ANY_OPENER: Final = (re.compile(r".*(?:[:{\[]|=>)\s*$"),)


def steps_of(lines: Sequence[str], language_id: str, least: int = 1) -> list[int | None]:
    """How much deeper the line below one that opens something is, where most of them agree.

    Blocks come first, then brackets, if the language tells them apart.
    """
    found = []
    for steps in _steps_below(lines, language_id):
        step, count = max(steps.items(), key=lambda item: item[1], default=(0, 0))
        found.append(step if step and count >= max(least, _MOST * steps.total()) else None)
    return found


def step_of(lines: Sequence[str], language_id: str) -> int | None:
    """The width of a level: that of blocks, or of brackets where no block tells."""
    return next(filter(None, steps_of(lines, language_id)), None)


def step_instead(said: Sequence[str], lines: Sequence[str], language_id: str, least: int) -> tuple[int, int] | None:
    """The width of a level in what was said, and the one that lines have in its place; None where both are in use."""
    for theirs, ours, steps in zip(
        steps_of(said, language_id),
        steps_of(lines, language_id, least),
        _steps_below(lines, language_id),
        strict=True,
    ):
        if theirs:
            return (theirs, ours) if ours and steps[theirs] <= _FEW * steps.total() else None
    return None


def _steps_below(lines: Sequence[str], language_id: str) -> list[Counter[int]]:
    openers = _OPENERS.get(language_id, _ANY_OPENER)
    found: list[Counter[int]] = [Counter() for _ in openers]
    above: str | None = None
    for line in lines:
        if not line.strip():
            continue
        step = 0 if above is None else len(indent_of(line)) - len(indent_of(above))
        if above is not None and step > 0:
            for steps, opener in zip(found, openers, strict=True):
                steps[step] += opener.match(above) is not None
        above = line
    return found


def step_below(line: str, hole: Hole) -> int | None:
    """How much deeper the lines near the cursor are below one that opens what this one opens."""
    steps = steps_of(hole.lines_around, hole.language_id)
    openers = _OPENERS.get(hole.language_id, _ANY_OPENER)
    return next((step for step, opener in zip(steps, openers, strict=True) if opener.match(line)), None)


def widest_step(hole: Hole) -> int:
    """How many characters a level has near the cursor, the wider where blocks and brackets differ."""
    steps = [step for step in steps_of(hole.lines_around, hole.language_id) if step]
    return max(steps, default=1 if "\t" in indent_of(hole.line_before) else WIDTH)
