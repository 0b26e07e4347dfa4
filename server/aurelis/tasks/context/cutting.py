"""Texts cut to a number of characters: at line ends, by preference between definitions, never within a token."""

from __future__ import annotations

from typing import Final

import attrs

from aurelis.core.positions import split_lines
from aurelis.syntax.parses import SyntaxTree

LEFT_OUT: Final = "[... {count} lines left out ...]"
"""The mark that stands where lines were cut."""

_NEAR_ENOUGH: Final = 0.6
"""A cut between definitions is preferred to one between lines when it keeps at least this share of the budget."""


@attrs.frozen
class Cut:
    """A text within its budget, and how many lines it lost."""

    text: str = attrs.field(repr=False)
    lines_lost: int = 0


def first_lines(text: str, budget: int) -> Cut:
    """As many whole lines from the start as fit."""
    if len(text) <= budget:
        return Cut(text)
    end = text.rfind("\n", 0, max(budget, 0)) + 1
    return Cut(text[:end], len(split_lines(text[end:])))


def last_lines(text: str, budget: int) -> Cut:
    """As many whole lines up to the end as fit."""
    if len(text) <= budget:
        return Cut(text)
    start = text.find("\n", len(text) - max(budget, 0) - 1) + 1 if budget > 0 else len(text)
    if start == 0:
        start = len(text)
    return Cut(text[start:], text.count("\n", 0, start))


def cut_code(text: str, tree: SyntaxTree | None, budget: int) -> Cut:
    """The start of a text, up to a boundary between its outermost statements if one lies near enough."""
    if len(text) <= budget:
        return Cut(text)
    cut = first_lines(text, budget - len(LEFT_OUT) - 10)
    if tree is not None and tree.text == text:
        ends = [tree.end(node) for node in tree.root.children if tree.end(node) <= len(cut.text)]
        if ends and ends[-1] >= _NEAR_ENOUGH * budget:
            cut = Cut(text[: ends[-1]], text.count("\n", ends[-1]))
    mark = LEFT_OUT.format(count=cut.lines_lost)
    return Cut(f"{cut.text.rstrip()}\n{mark}\n", cut.lines_lost)
