"""The rules that stand in for a model: continuation by what the text itself says, and words about its syntax tree.

In comes the text of a prompt, out comes an answer; the same text always gives the same answer.
"""

from __future__ import annotations

import re
from typing import Final

from aurelis.sandbox.continuation import continue_text

_PIECE_CHARACTERS: Final = 24
_PIECE: Final = re.compile(r"\s*\S{1,24}|\s+")


def fill(prefix: str, suffix: str) -> str:
    """What belongs between the two texts, or nothing."""
    return continue_text(prefix, suffix)


def chat(messages: tuple[tuple[str, str], ...]) -> str:
    """The answer to a conversation."""
    asked = next((content for role, content in reversed(messages) if role == "user"), "")
    return f"I work by fixed rules and have none for this request of {len(asked.split())} words."


def pieces(text: str) -> tuple[str, ...]:
    """Cut an answer into what a stream delivers at a time: a few words, never within a word that fits one piece."""
    result: list[str] = []
    for match in _PIECE.finditer(text):
        if result and len(result[-1]) + len(match.group()) <= _PIECE_CHARACTERS and not result[-1].endswith("\n"):
            result[-1] += match.group()
        else:
            result.append(match.group())
    return tuple(result)
