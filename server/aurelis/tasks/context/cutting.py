"""Texts cut to a number of characters: at line ends, by preference between definitions, never within a token."""

from __future__ import annotations

import re
from typing import Final

import attrs

from aurelis.core.positions import split_lines
from aurelis.syntax.parses import SyntaxTree

LEFT_OUT: Final = "[... {count} lines left out ...]"
"""The mark that stands where lines were cut."""

LONGEST_WORD: Final = 1_000
"""Characters; a longer word is cut."""

_WORD_AT_END: Final = re.compile(r"\w+\Z")
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


def first_words(text: str, budget: int) -> str:
    """As many whole words from the start as fit: half a token is none that redaction would know."""
    if len(text) <= budget:
        return text
    head = text[: max(budget, 0) + 1]
    return head[: max(0, *(head.rfind(blank) for blank in " \t\n"))].rstrip()


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
    if not cut.text:
        cut = Cut(text[: _between_tokens(text, tree, budget - len(LEFT_OUT) - 10)], cut.lines_lost)
    elif tree is not None and tree.text == text:
        ends = [tree.end(node) for node in tree.root.children if tree.end(node) <= len(cut.text)]
        if ends and ends[-1] >= _NEAR_ENOUGH * budget:
            cut = Cut(text[: ends[-1]], text.count("\n", ends[-1]))
    mark = LEFT_OUT.format(count=cut.lines_lost)
    return Cut(f"{cut.text.rstrip()}\n{mark}\n", cut.lines_lost)


def _between_tokens(text: str, tree: SyntaxTree | None, at: int) -> int:
    """A place up to `at` where no token is cut, for a line that is longer than the budget."""
    at = max(0, at)
    if tree is not None and tree.text == text:
        leaf = tree.node_at(at)
        return tree.start(leaf) if not leaf.child_count and tree.start(leaf) < at < tree.end(leaf) else at
    match = _WORD_AT_END.search(text[max(0, at - LONGEST_WORD) : at])
    return at - len(match.group()) if match is not None and re.match(r"\w", text[at : at + 1]) else at
