"""Brackets that somebody has opened and is about to close: a long document is parsed as if they were closed already.

A bracket left open turns all that stands below it into the inside of a call. A parser that recovers from errors reads
the rest of the document anew at every key then, in many ways at once; ten thousand lines take a quarter of a second.
With the bracket closed at the end of its line only that line is read again, and what stands below keeps its tree.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

import attrs

LONGEST_CALL: Final = 2_000
"""Characters over which a bracket is taken to be left open on purpose: its arguments are being written."""

_CLOSER_OF: Final = MappingProxyType({"(": ")", "[": "]", "{": "}"})
_TOKEN: Final = re.compile(r"\"(?:\\.|[^\"\\\n])*+\"|'(?:\\.|[^'\\\n])*+'|`(?:\\.|[^`\\\n])*+`|[()\[\]{}]")


@attrs.frozen
class Change:
    """What differs between two versions of a text: `start` to `end` in the later one, which is `longer` by so much."""

    start: int
    end: int
    longer: int


@attrs.frozen
class Closers:
    """What is put into a text before it is parsed: at an offset, for brackets opened from `begun` on."""

    begun: int
    at: int
    brackets: str


def closers_for(text: str, change: Change, before: Closers | None) -> Closers | None:
    """What a text lacks after a change: at the end of the line that was changed, or where something lacked before."""
    begun = text.rfind("\n", 0, change.start) + 1
    at = _line_end(text, max(change.start, change.end - 1))
    if before is not None:
        if before.begun > change.start:
            if before.begun + change.longer >= change.end:  # It was not part of what was changed.
                begun, at = before.begun + change.longer, before.at + change.longer
        elif before.begun >= begun - LONGEST_CALL:
            begun = before.begun
        else:
            begun, at = before.begun, before.at
    if at - begun > LONGEST_CALL:
        return None
    brackets = "".join(_CLOSER_OF[opener] for opener in reversed(_left_open(text[begun:at])))
    return Closers(begun, at, brackets) if brackets else None


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    return end - 1 if end > offset and text[end - 1] == "\r" else end


def _left_open(text: str) -> str:
    """The opening brackets without a partner, those in strings aside; none where a closing one has no partner."""
    stack: list[str] = []
    for token in _TOKEN.findall(text):
        if token in _CLOSER_OF:
            stack.append(token)
        elif len(token) == 1 and (not stack or _CLOSER_OF[stack.pop()] != token):
            return ""
    return "".join(stack)
