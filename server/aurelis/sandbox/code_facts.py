"""Facts about definitions, taken from the syntax tree: parameters, calls, loops, what is raised and returned.

In comes code in any language that has a grammar; out come plain values that explanations and documentation are put
into words from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import attrs

from aurelis.syntax.parses import SyntaxTree, parse
from aurelis.syntax.scopes import Definition, definition, is_definition

MAX_LISTED: Final = 12
"""Most entries of one kind that are kept of a definition."""

MAX_VISITED: Final = 50_000
"""Most nodes that are looked at in one definition."""

_LONGEST_QUOTE: Final = 60
_CALLS: Final = frozenset({"call", "call_expression", "method_invocation", "macro_invocation", "new_expression"})
_RAISES: Final = frozenset({"raise_statement", "throw_statement"})
_RETURNS: Final = frozenset({"return_statement", "return_expression"})
_YIELDS: Final = frozenset({"yield", "yield_expression"})
_LOOPS: Final = frozenset(
    {
        "do_statement",
        "enhanced_for_statement",
        "for_expression",
        "for_in_statement",
        "for_range_loop",
        "for_statement",
        "loop_expression",
        "while_expression",
        "while_statement",
    }
)
_DECISIONS: Final = frozenset(
    {"if_statement", "if_expression", "match_statement", "match_expression", "switch_statement", "elif_clause"}
)
_KINDS: Final = (
    ("class", "class"),
    ("struct", "struct"),
    ("interface", "interface"),
    ("enum", "enum"),
    ("trait", "trait"),
    ("impl", "implementation"),
    ("union", "union"),
    ("record", "record"),
    ("mod_item", "module"),
    ("namespace", "namespace"),
    ("type", "type"),
    ("constructor", "constructor"),
    ("method", "method"),
)


class SyntaxNode(Protocol):
    """What is used of a node of the tree."""

    @property
    def type(self) -> str:
        """The grammar's name for it."""

    @property
    def start_byte(self) -> int:
        """Where it starts, as the tree counts."""

    @property
    def end_byte(self) -> int:
        """Where it ends, as the tree counts."""

    @property
    def named_children(self) -> Sequence[SyntaxNode]:
        """Its children that the grammar names."""

    @property
    def parent(self) -> SyntaxNode | None:
        """What it stands in."""

    def child_by_field_name(self, name: str, /) -> SyntaxNode | None:
        """The child in a field of the grammar."""


@attrs.frozen
class Parameter:
    """One parameter as it is written; empty where nothing is."""

    name: str
    annotation: str = ""
    default: str = ""


@attrs.frozen
class Raised:
    """An error that a definition raises, and the condition that it stands under (empty where none is near)."""

    name: str
    condition: str = ""


@attrs.frozen(kw_only=True)
class Facts:
    """What the tree says of one definition; the quotes are cut to a line's length.

    `level` is 0 for an outermost definition; `body_starts_line` whether its body begins on a line of its own.
    """

    definition: Definition
    kind: str
    level: int
    parameters: tuple[Parameter, ...] = ()
    result: str = ""
    calls: tuple[str, ...] = ()
    raises: tuple[Raised, ...] = ()
    returns: tuple[str, ...] = ()
    yields: bool = False
    loops: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    body_starts_line: bool = True


def read_facts(code: str, language: str) -> tuple[Facts, ...]:
    """The facts about every definition in the code, outer before inner; empty for a language without a grammar."""
    tree = parse(code, language)
    return () if tree is None else tuple(_definitions(tree, tree.root, 0))


def _definitions(tree: SyntaxTree, node: SyntaxNode, level: int) -> Iterator[Facts]:
    stack = [(child, level) for child in reversed(node.named_children)]
    for _ in range(MAX_VISITED):
        if not stack:
            return
        current, depth = stack.pop()
        inner = depth
        if is_definition(tree, current):  # type: ignore[arg-type]  # the protocol is a part of the tree's own node
            yield _facts(tree, current, depth)
            inner += 1
        stack.extend((child, inner) for child in reversed(current.named_children))


def _facts(tree: SyntaxTree, node: SyntaxNode, level: int) -> Facts:
    known = definition(tree, node)  # type: ignore[arg-type]  # as above
    holder = node.child_by_field_name("value") or node
    result = holder.child_by_field_name("return_type") or holder.child_by_field_name("result")
    within = tuple(_own_nodes(tree, node))
    return Facts(
        definition=known,
        kind=_kind(node, known),
        level=level,
        parameters=_parameters(tree, node),
        result="" if result is None else _quote(tree, result).lstrip(":->").strip(),
        calls=_distinct(_called(tree, found) for found in within if found.type in _CALLS),
        raises=_all_raised(tree, within),
        returns=_distinct(_first_child(tree, found) for found in within if found.type in _RETURNS),
        yields=any(found.type in _YIELDS for found in within),
        loops=_distinct(_heading(tree, found) for found in within if found.type in _LOOPS),
        decisions=_distinct(_heading(tree, found) for found in within if found.type in _DECISIONS),
        members=_distinct(_member_names(tree, node)),
        body_starts_line=not tree.text[tree.text.rfind("\n", 0, known.body_start) + 1 : known.body_start].strip(),
    )


def _own_nodes(tree: SyntaxTree, node: SyntaxNode) -> Iterator[SyntaxNode]:
    """The nodes of a definition without those of the definitions within it."""
    stack = list(reversed(node.named_children))
    for _ in range(MAX_VISITED):
        if not stack:
            return
        current = stack.pop()
        if is_definition(tree, current):  # type: ignore[arg-type]  # as above
            continue
        yield current
        stack.extend(reversed(current.named_children))


def _member_names(tree: SyntaxTree, node: SyntaxNode) -> Iterator[str]:
    return (facts.definition.name for facts in _definitions_below(tree, node))


def _definitions_below(tree: SyntaxTree, node: SyntaxNode) -> Iterator[Facts]:
    body = node.child_by_field_name("body")
    for child in () if body is None else body.named_children:
        inner = child.child_by_field_name("definition") or child
        if is_definition(tree, inner):  # type: ignore[arg-type]  # as above
            known = definition(tree, inner)  # type: ignore[arg-type]  # as above
            yield Facts(definition=known, kind=_kind(inner, known), level=1)


def _kind(node: SyntaxNode, known: Definition) -> str:
    for part, word in _KINDS:
        if part in node.type:
            return word
    return "async function" if "async " in known.signature else "function"


def _parameters(tree: SyntaxTree, node: SyntaxNode) -> tuple[Parameter, ...]:
    holder: SyntaxNode | None = node.child_by_field_name("value") or node
    found = None
    while holder is not None and found is None:
        found = holder.child_by_field_name("parameters")
        holder = holder.child_by_field_name("declarator")
    if found is None:
        return ()
    read = (_parameter(tree, child) for child in found.named_children if "comment" not in child.type)
    return tuple(parameter for parameter in read if parameter is not None)[: MAX_LISTED * 2]


def _parameter(tree: SyntaxTree, node: SyntaxNode) -> Parameter | None:
    if node.type == "self_parameter":
        return None
    if node.type == "identifier":
        name = tree.text_of(node)  # type: ignore[arg-type]  # as above
        return None if name in {"self", "cls"} else Parameter(name)
    if node.type in {"keyword_separator", "positional_separator"}:
        return None
    named = (
        node.child_by_field_name("name")
        or node.child_by_field_name("pattern")
        or node.child_by_field_name("declarator")
        or next((child for child in node.named_children if child.type != "type"), None)
    )
    kind = node.child_by_field_name("type")
    default = node.child_by_field_name("value")
    if named is None:
        return None
    return Parameter(
        _quote(tree, named).lstrip("*&"),
        "" if kind is None else _quote(tree, kind).lstrip(": "),
        "" if default is None else _quote(tree, default),
    )


def _called(tree: SyntaxTree, node: SyntaxNode) -> str:
    for field in ("function", "name", "constructor", "macro"):
        named = node.child_by_field_name(field)
        if named is not None:
            return _quote(tree, named)
    return ""


def _all_raised(tree: SyntaxTree, nodes: Sequence[SyntaxNode]) -> tuple[Raised, ...]:
    found: dict[str, Raised] = {}
    for node in nodes:
        thrown = node.named_children[0] if node.type in _RAISES and node.named_children else None
        if thrown is not None:
            name = _called(tree, thrown) if thrown.type in _CALLS else _quote(tree, thrown)
            found.setdefault(name, Raised(name, _condition(tree, node)))
    return tuple(found.values())[:MAX_LISTED]


def _condition(tree: SyntaxTree, node: SyntaxNode) -> str:
    """The condition of the `if` whose first branch holds the node directly."""
    block = node.parent
    around = None if block is None else block.parent
    if around is None or block is None or around.type not in {"if_statement", "elif_clause"}:
        return ""
    branch = around.child_by_field_name("consequence")
    condition = around.child_by_field_name("condition")
    if branch is None or condition is None or branch.start_byte != block.start_byte:
        return ""
    return (
        _quote(tree, condition).removeprefix("(").removesuffix(")")
        if block.type != "block"
        else _quote(tree, condition)
    )


def _first_child(tree: SyntaxTree, node: SyntaxNode) -> str:
    return _quote(tree, node.named_children[0]) if node.named_children else ""


def _heading(tree: SyntaxTree, node: SyntaxNode) -> str:
    """The first line of a statement, without what opens its body."""
    body = node.child_by_field_name("body") or node.child_by_field_name("consequence")
    start = tree.offset(node.start_byte)
    end = tree.offset(node.end_byte if body is None else body.start_byte)
    return _cut(tree.text[start:end].strip().splitlines()[0].rstrip(" :{"))


def _quote(tree: SyntaxTree, node: SyntaxNode) -> str:
    return _cut(tree.text[tree.offset(node.start_byte) : tree.offset(node.end_byte)])


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def _distinct(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_LISTED]
