"""Names: the identifier at a place, the imports, the names used in a range and the definitions they may mean."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import attrs

from aurelis.syntax.parses import SyntaxTree
from aurelis.syntax.scopes import Definition, definitions, walk

_WORD: Final = re.compile(r"[^\W\d]\w*")
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
    """The text's import statements in order, those within other statements included, at most `limit`."""
    found: list[str] = []
    for node in walk(tree.root):
        if node.type in tree.rules.imports:
            found.append(tree.text_of(node).rstrip())
            if len(found) >= limit:
                break
    return tuple(found)


def names_in(tree: SyntaxTree, start: int, end: int, *, limit: int = 200) -> tuple[str, ...]:
    """The distinct names used in a range, in order of first use, at most `limit`."""
    found: dict[str, None] = {}
    first, last = tree.byte(start), tree.byte(end)
    for node in walk(tree.node_at(start, end)):
        if node.type in tree.rules.names and first <= node.start_byte and node.end_byte <= last:
            found[tree.text_of(node)] = None
            if len(found) >= limit:
                break
    return tuple(found)


def definitions_of(tree: SyntaxTree, names: Collection[str], *, limit: int = 20) -> tuple[Definition, ...]:
    """Definitions in the text that have one of the names, at most `limit`."""
    return tuple(found for found in definitions(tree) if found.name in names)[:limit]


def in_comment_or_string(tree: SyntaxTree, offset: int) -> bool:
    """Whether a place lies within a comment or a string."""
    return any(
        node.type in tree.rules.quiet and tree.start(node) < offset <= tree.end(node)
        for node in tree.ancestors(tree.node_at(max(0, offset - 1), offset))
    )


def _is_name(tree: SyntaxTree, start: int, end: int) -> bool:
    node = tree.node_at(start, end)
    return node.type in tree.rules.names and tree.start(node) == start
