"""Counting brackets without knowing the language: strings on one line are skipped, nothing else."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

OPENER_OF: Final = MappingProxyType({")": "(", "]": "[", "}": "{"})
CLOSERS: Final = frozenset(OPENER_OF)
_TOKEN: Final = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|[()\[\]{}]")


def unmatched_closers(text: str) -> str:
    """The closing brackets that close something before the text, in order."""
    return _unmatched(text)[0]


def unmatched_openers(text: str) -> str:
    """The opening brackets that the text leaves open, outermost first."""
    return _unmatched(text)[1]


def _unmatched(text: str) -> tuple[str, str]:
    stack: list[str] = []
    closers: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in OPENER_OF.values():
            stack.append(token)
        elif token in OPENER_OF:
            if stack and stack[-1] == OPENER_OF[token]:
                stack.pop()
            elif not stack:
                closers.append(token)
    return "".join(closers), "".join(stack)
