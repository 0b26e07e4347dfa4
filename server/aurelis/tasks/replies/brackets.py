"""Counting brackets and quotes without knowing the language: what stands in strings does not count."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

OPENER_OF: Final = MappingProxyType({")": "(", "]": "[", "}": "{"})
CLOSERS: Final = frozenset(OPENER_OF)
_OPENERS: Final = frozenset(OPENER_OF.values())
BRACKETS: Final = CLOSERS | _OPENERS
LONG_QUOTES: Final = ('"""', "'''")
"""What begins and ends a string of several lines."""
_TOKEN: Final = re.compile(
    r"""
    \"{3} (?:\\. | (?!\"{3}).)*+ \"{3}
  | '{3} (?:\\. | (?!'{3}).)*+ '{3}
  | \" (?:\\. | [^\"\\\n])*+ \"
  | (?: (?<=[A-Za-z]{2}) | (?<=\bI) ) ' (?:[dmst]|ll|re|ve)\b (?!')  # as in words of a comment: isn't
  | ' (?:\\. | [^'\\\n])*+ '
  | ` (?:\\. | [^`\\])*+ `
  | \d ' \d  # as digits are grouped in C++
  | \"{3} | '{3} | ["'`()\[\]{}]
    """,
    re.VERBOSE | re.DOTALL,
)


def unmatched_closers(text: str) -> str:
    """The closing brackets that close something before the text, in order."""
    return _unmatched(text)[0]


def unmatched_openers(text: str) -> str:
    """The opening brackets that the text leaves open, outermost first."""
    return _unmatched(text)[1]


def unmatched_count(text: str) -> int:
    """How many brackets and quotes of a text have no partner in it."""
    closers, openers, quotes = _unmatched(text)
    return len(closers) + len(openers) + quotes


def _unmatched(text: str) -> tuple[str, str, int]:
    stack: list[str] = []
    closers: list[str] = []
    quotes = 0
    for token in _TOKEN.findall(text):
        if token in _OPENERS:
            stack.append(token)
        elif token in CLOSERS:
            if stack and stack[-1] == OPENER_OF[token]:
                stack.pop()
            else:
                closers.append(token)
        elif len(token) == 1 or token in LONG_QUOTES:
            quotes += 1
    return "".join(closers), "".join(stack), quotes
