"""How wide a level is: in the document around a completion, and in the completion itself.

Blocks and brackets are told apart where many styles indent them by different widths, as in Python.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

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
                r"\s*(?:\)|(?:async|case|class|def|elif|else|except|finally|for|if|match|try|while|with)\b).*:\s*(?:#.*)?$"
            ),
            re.compile(r".*[(\[{]\s*$"),
        )
    }
)
"""Lines that open blocks, and lines that open brackets, where many styles indent the two by different widths."""
_LABEL: Final = re.compile(r"\s*(?:public|private|protected)\b[\w ]*:\s*$")
"""A line of C++ that stands at any depth in its class."""
_ANY_OPENER: Final = (re.compile(r".*(?:[:{\[]|=>)\s*$"),)
WORDS_OPEN: Final = frozenset({"crystal", "elixir", "julia", "latex", "lua", "ruby", "shellscript", "vim"})
"""Languages in which words open blocks, and end them."""
BLOCK_WORD: Final = re.compile(
    r"\s*(?:(?:def|class|module|begin|if|unless|case|while|until|for|(?:local )?function|repeat|try|augroup|\\begin)\b"
    r"(?!.*\bend$)"
    r"|.*\b(?:do|then|else)(?: *\|[^|]*\|)?$|.*\bfunction ?\([^)]*\)$)"
)
"""The head of a block that ends with a word."""
CASE: Final = re.compile(r"\s*[^\s()][^()]*\)\s*$")
"""A pattern of the shell, below which its commands stand."""
_BLOCK_OPENER: Final = (re.compile(rf"(?:{_ANY_OPENER[0].pattern}|{BLOCK_WORD.pattern}|{CASE.pattern})"),)


def step_counts(lines: Sequence[str], language_id: str) -> list[Counter[int]]:
    """How often a line stands how much deeper than the one above it that opens something.

    Blocks come first, then brackets, if the language tells them apart.
    """
    openers = _openers(language_id)
    found: list[Counter[int]] = [Counter() for _ in openers]
    above: str | None = None
    for line in lines:
        if not line.strip() or _LABEL.match(line):
            continue
        step = 0 if above is None else len(indent_of(line)) - len(indent_of(above))
        if above is not None and step > 0:
            for steps, opener in zip(found, openers, strict=True):
                steps[step] += opener.match(above) is not None
        above = line
    return found


def usual_steps(counts: Sequence[Counter[int]], least: int = 1) -> list[int | None]:
    """How much deeper the line below one that opens something is, where most of them agree, at least so many."""
    found = []
    for steps in counts:
        step, count = max(steps.items(), key=lambda item: item[1], default=(0, 0))
        found.append(step if step and count >= max(least, _MOST * steps.total()) else None)
    return found


def level_width(counts: Sequence[Counter[int]], least: int = 1) -> int | None:
    """The width of a level: that of blocks, or of brackets where no block tells."""
    return next(filter(None, usual_steps(counts, least)), None)


def step_of(lines: Sequence[str], language_id: str) -> int | None:
    """The width of a level in these lines."""
    return level_width(step_counts(lines, language_id))


def step_instead(
    said: Sequence[Counter[int]], present: Sequence[Counter[int]], nearest: Sequence[Counter[int]], least: int
) -> tuple[int, int] | None:
    """The width of a level in what was said, and the present one in its place.

    None where both are in use, or the one that was said is among the nearest.
    """
    for theirs, ours, steps, near in zip(usual_steps(said), usual_steps(present, least), present, nearest, strict=True):
        if theirs:
            return (theirs, ours) if ours and steps[theirs] <= _FEW * steps.total() and not near[theirs] else None
    return None


def step_below(line: str, counts: Sequence[Counter[int]], language_id: str) -> int | None:
    """How much deeper lines are below one that opens what this one opens."""
    openers = _openers(language_id)
    return next((step for step, opener in zip(usual_steps(counts), openers, strict=True) if opener.match(line)), None)


def _openers(language_id: str) -> tuple[re.Pattern[str], ...]:
    """What opens something, apart where a language tells blocks from brackets."""
    return _BLOCK_OPENER if language_id in WORDS_OPEN else _OPENERS.get(language_id, _ANY_OPENER)
