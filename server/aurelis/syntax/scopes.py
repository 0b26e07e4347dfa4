"""Definitions: which ones stand around a place, what each is called, its signature and its documentation."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

import attrs

from aurelis.syntax.parses import SyntaxTree, nodes_of

if TYPE_CHECKING:
    from tree_sitter import Node

_LONGEST_SIGNATURE: Final = 2_000
"""Characters; what is longer is a definition without a body, cut at a line."""
_LONGEST_HEADING: Final = 2_000
"""Characters of a signature with its documentation."""
_STRING_PREFIX: Final = re.compile(r"^[A-Za-z]{0,2}(\"\"\"|'''|\"|')")
_HOLDERS: Final = frozenset(
    {
        "abstract_class_declaration",
        "class_declaration",
        "class_definition",
        "class_specifier",
        "enum_declaration",
        "impl_item",
        "interface_declaration",
        "internal_module",
        "mod_item",
        "namespace_definition",
        "record_declaration",
        "struct_specifier",
        "trait_item",
    }
)
"""Definitions that hold further ones beside statements."""
_CONTAINERS: Final = frozenset(
    {
        "block",
        "class_body",
        "declaration",
        "declaration_list",
        "enum_body",
        "field_declaration_list",
        "interface_body",
        "linkage_specification",
        "preproc_else",
        "preproc_if",
        "preproc_ifdef",
        "statement_block",
    }
)
"""Nodes between a holder and what it holds. Blocks of functions are not reached, as functions hold nothing here."""
_COMMENT_TYPES: Final = frozenset({"comment", "line_comment", "block_comment"})
_BETWEEN_COMMENT_AND_DEFINITION: Final = frozenset({"attribute_item", "inner_attribute_item"})


@attrs.frozen
class Definition:
    """A function, class or the like. Offsets are the text's; `start` includes decorators and `export`.

    `signature` ends where the body starts. `documentation` is the docstring's content, or the comment above with its
    marks.
    """

    kind: str
    name: str
    start: int
    end: int
    body_start: int
    signature: str = attrs.field(repr=False)
    documentation: str = attrs.field(repr=False)


@attrs.frozen
class Statement:
    """An outermost statement by offsets; `wrapped` tells that its definition has decorators, `export` or the like."""

    kind: Literal["import", "comment", "definition", "other"]
    start: int
    end: int
    definition: Definition | None
    wrapped: bool


def enclosing_definitions(tree: SyntaxTree, start: int, end: int | None = None) -> tuple[Definition, ...]:
    """The definitions that hold a range, the outermost first."""
    found = [definition(tree, node) for node in tree.ancestors(tree.node_at(start, end)) if is_definition(tree, node)]
    return tuple(reversed(found))


def enclosing_definition(tree: SyntaxTree, start: int, end: int | None = None) -> Definition | None:
    """The innermost definition that holds a range."""
    node = next((node for node in tree.ancestors(tree.node_at(start, end)) if is_definition(tree, node)), None)
    return None if node is None else definition(tree, node)


def holding_definitions(tree: SyntaxTree, position: int) -> tuple[Definition, ...]:
    """The definitions that what is typed at a cursor belongs to, the outermost first.

    Where indentation makes blocks, a blank line behind a block belongs to it as far as the cursor is indented.
    """
    if tree.rules.module != "tree_sitter_python":
        return enclosing_definitions(tree, position)
    text = tree.text
    line = text.rfind("\n", 0, position) + 1
    column = len(text[line:position]) - len(text[line:position].lstrip())
    at = position
    while at > 0 and text[at - 1].isspace():
        at -= 1
    return tuple(
        found
        for found in enclosing_definitions(tree, max(0, at - 1))
        if at > line or found.start - text.rfind("\n", 0, found.start) - 1 < column
    )


def definitions(tree: SyntaxTree, *, limit: int = 500) -> tuple[Definition, ...]:
    """The text's definitions in order, nested ones included, at most `limit`."""
    nodes = (node for node in nodes_of(tree, tree.rules.definitions) if is_definition(tree, node))
    return tuple(definition(tree, node) for node in islice(nodes, limit))


def outline(tree: SyntaxTree) -> Iterator[Node]:
    """The definitions outside functions, in order: quick on a long text, as no statement is looked at."""
    through = tree.rules.wrappers | _CONTAINERS
    telling = tree.rules.definitions | through
    stack = [*reversed(tree.root.named_children)]
    while stack:
        node = stack.pop()
        kind = node.type  # Each look at a node costs, and a long text has many.
        if kind not in telling:
            continue
        defines = is_definition(tree, node)
        if defines:
            yield node
        if kind in through or (defines and kind in _HOLDERS):
            stack += reversed(node.named_children)


def statements(tree: SyntaxTree) -> Iterator[Statement]:
    """The outermost statements of a text, in order."""
    for node in tree.root.named_children:
        found = _defined(tree, node)
        kind: Literal["import", "comment", "definition", "other"] = "other" if found is None else "definition"
        if node.type in tree.rules.imports:
            kind = "import"
        elif node.type in _COMMENT_TYPES or node.type in _BETWEEN_COMMENT_AND_DEFINITION:
            kind = "comment"
        yield Statement(
            kind=kind,
            start=tree.start(node),
            end=tree.end(node),
            definition=None if found is None else definition(tree, found),
            wrapped=found is not None and found.start_byte > node.start_byte,
        )


def definitions_named(tree: SyntaxTree, names: Collection[str], *, limit: int = 20) -> tuple[Definition, ...]:
    """The definitions outside functions that have one of the names, in order, at most `limit`."""
    nodes = (node for node in outline(tree) if name_of(tree, node) in names)
    return tuple(definition(tree, node) for node in islice(nodes, limit))


def is_definition(tree: SyntaxTree, node: Node) -> bool:
    """Whether a node is what a person would call a definition."""
    kind = node.type
    if kind not in tree.rules.definitions or not node.is_named:
        return False
    if kind == "variable_declarator":
        value = node.child_by_field_name("value")
        return value is not None and value.type in tree.rules.values
    if kind in {"struct_specifier", "union_specifier", "enum_specifier", "class_specifier"}:
        return node.child_by_field_name("body") is not None
    return True


def definition(tree: SyntaxTree, node: Node) -> Definition:
    """What is known of a definition's node."""
    outer = node
    while outer.parent is not None and outer.parent.type in tree.rules.wrappers:
        outer = outer.parent
    body = _body(node)
    start = tree.start(outer)
    end = tree.end(outer)
    body_start = tree.start(body) if body is not None else end
    signature = tree.text[start:body_start].strip()
    return Definition(
        kind=node.type,
        name=name_of(tree, node),
        start=start,
        end=end,
        body_start=body_start,
        signature=signature if len(signature) <= _LONGEST_SIGNATURE else _cut_at_line(signature),
        documentation=_documentation(tree, outer, body),
    )


def heading(tree: SyntaxTree, found: Definition, *, longest: int = _LONGEST_HEADING) -> str:
    """The lines of a definition up to its body, with its documentation, as they stand in the text.

    Documentation that makes it longer is left out.
    """
    start = tree.text.rfind("\n", 0, found.start) + 1
    if tree.text[start : found.start].strip():
        start = found.start
    signature = tree.text[start : found.body_start]
    opens = "{" if tree.text.startswith("{", found.body_start) else ""
    plain = f"{signature.rstrip()} {opens}".rstrip() if len(signature) <= longest else found.signature
    if not found.documentation or len(plain) + len(found.documentation) > longest:
        return plain
    if tree.rules.module != "tree_sitter_python":
        indent = signature[: len(signature) - len(signature.lstrip())]
        return f"{indent}{found.documentation}\n{plain}"
    string = next(node for node in tree.ancestors(tree.node_at(found.body_start)) if node.type == "string")
    return tree.text[start : tree.end(string)]


def _defined(tree: SyntaxTree, node: Node) -> Node | None:
    """The definition that a statement is, or stands around."""
    while node.type in tree.rules.wrappers and not is_definition(tree, node):
        inside = [child for child in node.named_children if child.type in tree.rules.definitions | tree.rules.wrappers]
        if len(inside) != 1:
            return None
        node = inside[0]
    return node if is_definition(tree, node) else None


def _body(node: Node) -> Node | None:
    if node.type == "variable_declarator":
        value = node.child_by_field_name("value")
        return None if value is None else value.child_by_field_name("body")
    body = node.child_by_field_name("body")
    if body is not None or node.type != "type_spec":
        return body
    kind = node.child_by_field_name("type")
    return next((child for child in kind.children if child.type.endswith(("_list", "{"))), None) if kind else None


def name_of(tree: SyntaxTree, node: Node) -> str:
    """What a definition's node is called; empty where it has no name."""
    named = node.child_by_field_name("name")
    if named is not None:
        return tree.text_of(named)
    named = node.child_by_field_name("type")
    declarator = node.child_by_field_name("declarator")
    while declarator is not None:
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            named = next((child for child in declarator.named_children if "identifier" in child.type), declarator)
            if "identifier" in declarator.type:
                named = declarator
            break
        declarator = inner
    return "" if named is None else tree.text_of(named)


def _documentation(tree: SyntaxTree, outer: Node, body: Node | None) -> str:
    if tree.rules.module == "tree_sitter_python":
        first = body.named_children[0] if body is not None and body.named_children else None
        if first is not None and first.type == "expression_statement" and first.named_children:
            first = first.named_children[0]
        if first is None or first.type != "string":
            return ""
        text = tree.text_of(first)
        match = _STRING_PREFIX.match(text)
        return text[match.end() : -len(match.group(1))].strip() if match else ""
    comments: list[str] = []
    sibling = outer.prev_named_sibling
    row = outer.start_point[0]
    while sibling is not None and (sibling.type in _COMMENT_TYPES or sibling.type in _BETWEEN_COMMENT_AND_DEFINITION):
        text = tree.text_of(sibling).rstrip()
        if sibling.start_point[0] + text.count("\n") < row - 1:
            break
        row = sibling.start_point[0]
        if sibling.type in _COMMENT_TYPES:
            comments.append(text)
        sibling = sibling.prev_named_sibling
    return "\n".join(reversed(comments))


def _cut_at_line(text: str) -> str:
    cut = text.rfind("\n", 0, _LONGEST_SIGNATURE)
    return text[: cut if cut > 0 else _LONGEST_SIGNATURE].rstrip()
