"""Places between the pieces of a text: lines that begin or end with a whole definition or statement, and tokens.

What is asked for is found by cursors of the tree, as a long text has too many nodes to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aurelis.syntax.parses import SyntaxTree

if TYPE_CHECKING:
    from tree_sitter import Node


def starts_of_pieces(tree: SyntaxTree, position: int, least: int) -> Iterator[int]:
    """For all that holds a place, outside in: the first line from `least` on that begins with a piece of it."""
    for node in _outside_in(tree, position):
        start = _first_start(tree, node, least)
        if start is not None:
            yield start


def ends_of_pieces(tree: SyntaxTree, position: int, most: int) -> Iterator[int]:
    """For all that holds a place, outside in: the end of the last line up to `most` that ends a piece of it."""
    for node in _outside_in(tree, position):
        end = _last_end(tree, node, most)
        if end is not None:
            yield end


def token_around(tree: SyntaxTree, offset: int) -> tuple[int, int] | None:
    """The token that an offset lies within, the whole of a string or comment; None between tokens."""
    token = tree.node_at(offset)
    quiet = [node for node in tree.ancestors(token) if node.type in tree.rules.quiet or "string" in node.type]
    if quiet:
        token = quiet[-1]
    inside = (quiet or not token.child_count) and tree.start(token) < offset < tree.end(token)
    return (tree.start(token), tree.end(token)) if inside else None


def _outside_in(tree: SyntaxTree, position: int) -> Iterator[Node]:
    return reversed([*tree.ancestors(tree.node_at(position))])


def _first_start(tree: SyntaxTree, node: Node, least: int) -> int | None:
    """The start of the line of a node's first child that begins a line from `least` on."""
    cursor = node.walk()
    found = cursor.goto_first_child_for_byte(tree.byte(least)) is not None
    while found:
        start = tree.start(cursor.node) if cursor.node is not None else 0
        line = tree.text.rfind("\n", 0, start) + 1
        if line >= least and not tree.text[line:start].strip():
            return line
        found = cursor.goto_next_sibling()
    return None


def _last_end(tree: SyntaxTree, node: Node, most: int) -> int | None:
    """The end of the line of a node's last child that ends a line up to `most`; a comment belongs to what follows."""
    cursor = node.walk()
    found = cursor.goto_first_child_for_byte(tree.byte(most)) is not None or cursor.goto_last_child()
    while found:
        child = cursor.node
        line = tree.text.find("\n", tree.end(child)) + 1 if child is not None else 0
        if 0 < line <= most and child is not None and "comment" not in child.type:
            return line
        found = cursor.goto_previous_sibling()
    return None
