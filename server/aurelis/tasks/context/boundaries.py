"""Where the text around a cursor is cut: between whole definitions or statements, else paragraphs, else lines.

In come the text, its syntax tree and a number of characters; out goes the offset at which what a model is shown begins
or ends. A line that is longer than the budget (minified code) is cut between tokens, and a string that is longer
between words: half a secret is none that redaction would know.
"""

from __future__ import annotations

import re
from typing import Final

from aurelis.syntax.boundaries import ends_of_pieces, starts_of_pieces, token_around
from aurelis.syntax.parses import SyntaxTree
from aurelis.tasks.context.cutting import LONGEST_WORD

NEAR_ENOUGH: Final = 0.6
"""A boundary of more meaning is taken when it keeps at least this share of the budget."""

LEAST_LINES: Final = 0.25
"""Whole lines are taken when they keep at least this share; otherwise the long line beside them is cut."""

_BLANK_LINE: Final = re.compile(r"\n[ \t\r\f]*\n")
_BETWEEN_TOKENS: Final = re.compile(r"[\s;,{}()]")
"""Characters that no token or secret holds, where no syntax tree tells."""


def prefix_start(text: str, tree: SyntaxTree | None, position: int, budget: int) -> int:
    """Where the text before a cursor begins, at most `budget` characters before it."""
    if position <= budget:
        return 0
    least = position - budget
    line = text.find("\n", max(0, least - 1), position) + 1
    if not line:
        return _token_start(text, tree, least, position)
    most = position - int(NEAR_ENOUGH * budget)
    starts = starts_of_pieces(tree, position, line) if tree is not None else iter(())
    piece = next((start for start in starts if start <= most), None)
    if piece is not None:
        return piece
    paragraph = _BLANK_LINE.search(text, line, max(line, most))
    if paragraph is not None:
        return paragraph.end()
    return line if position - line >= LEAST_LINES * budget else _token_start(text, tree, least, position)


def suffix_end(text: str, tree: SyntaxTree | None, position: int, budget: int) -> int:
    """Where the text behind a cursor ends, at most `budget` characters behind it."""
    if len(text) - position <= budget:
        return len(text)
    most = position + max(0, budget)
    line = text.rfind("\n", position, most) + 1
    if not line:
        return _token_end(text, tree, position, most)
    least = position + int(NEAR_ENOUGH * budget)
    pieces = ends_of_pieces(tree, position, line) if tree is not None else iter(())
    piece = next((end for end in pieces if end >= least), None)
    if piece is not None:
        return piece
    ends = [found.start() + 1 for found in _BLANK_LINE.finditer(text, least, line)]
    if ends:
        return ends[-1]
    return line if line - position >= LEAST_LINES * budget else _token_end(text, tree, position, most)


def _token_start(text: str, tree: SyntaxTree | None, least: int, position: int) -> int:
    """The first place from `least` on, on a long line, where no token is cut."""
    cut = token_around(tree, least) if tree is not None else (least, position + 1)
    if cut is None or cut[1] <= position:
        return least if cut is None else cut[1]
    found = _BETWEEN_TOKENS.search(text, least, position)
    return position if found is None else found.end()


def _token_end(text: str, tree: SyntaxTree | None, position: int, most: int) -> int:
    """The last place up to `most`, on a long line, where no token is cut."""
    cut = token_around(tree, most) if tree is not None else (position - 1, most)
    if cut is None or cut[0] >= position:
        return most if cut is None else cut[0]
    found = [*_BETWEEN_TOKENS.finditer(text, max(position, most - LONGEST_WORD), most)]
    return found[-1].start() if found else position
