"""Names: the identifier at a place, the imports, the names used in a range and the definitions they may mean."""

from __future__ import annotations

import re
from typing import Final

import attrs

from aurelis.syntax.parses import SyntaxTree, nodes_of

_WORD: Final = re.compile(r"[^\W\d]\w*")
_AROUND_IMPORTS: Final = frozenset(
    {
        "block",
        "else_clause",
        "except_clause",
        "if_statement",
        "linkage_specification",
        "namespace_definition",
        "preproc_else",
        "preproc_if",
        "preproc_ifdef",
        "try_statement",
    }
)
"""Statements that imports stand in without being in a function."""
_LONGEST_LINE: Final = 10_000
"""Characters around a place in which its word is looked for."""


@attrs.frozen
class Identifier:
    """A name in a text, by offsets."""

    name: str
    start: int
    end: int


def identifier_at(text: str, offset: int, tree: SyntaxTree | None = None) -> Identifier | None:
    """The identifier that an offset stands in or just behind, or None.

    With a tree, words that are keywords or stand in comments and strings are none.
    """
    start = max(text.rfind("\n", 0, offset) + 1, offset - _LONGEST_LINE)
    for match in _WORD.finditer(text, start, min(len(text), offset + _LONGEST_LINE)):
        if match.start() > offset:
            break
        if offset <= match.end():
            if tree is not None and not _is_name(tree, match.start(), match.end()):
                return None
            return Identifier(match.group(), match.start(), match.end())
    return None


def imports(tree: SyntaxTree, *, limit: int = 200) -> tuple[str, ...]:
    """The text's import statements in order, at most `limit`; those within functions are left out."""
    found: list[str] = []
    stack = [*reversed(tree.root.children)]
    while stack and len(found) < limit:
        node = stack.pop()
        kind = node.type
        if kind in tree.rules.imports:
            found.append(tree.text_of(node).rstrip())
        elif kind in _AROUND_IMPORTS:
            stack += reversed(node.children)
    return tuple(found)


def names_in(tree: SyntaxTree, start: int, end: int, *, limit: int = 200) -> tuple[str, ...]:
    """The distinct names used in a range, in order of first use, at most `limit`."""
    nodes = nodes_of(tree, tree.rules.names, start=start, end=end)
    inside = (node for node in nodes if start <= tree.start(node) and tree.end(node) <= end)
    return tuple(dict.fromkeys(tree.text_of(node) for node in inside))[:limit]


def _is_name(tree: SyntaxTree, start: int, end: int) -> bool:
    node = tree.node_at(start, end)
    return node.type in tree.rules.names and tree.start(node) == start
