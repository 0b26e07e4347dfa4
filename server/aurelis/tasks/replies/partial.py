"""Replies that give only some definitions of a longer text anew: each takes the place of the one of its name."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.positions import content_length, split_lines
from aurelis.core.snapshot import line_ending
from aurelis.core.text_edits import TextEdit, apply_edits, with_line_ending
from aurelis.syntax.parses import parse
from aurelis.syntax.scopes import Definition, definition, outline, statements
from aurelis.tasks.replies.imports import with_imports
from aurelis.tasks.replies.layout import indent_of, reindented

_COMMENT_MARKS: Final = ("//", "/*", "*", "#", "}", ";")
"""What lines begin with that may stand beside a definition without being more than it."""


@attrs.frozen
class _Given:
    """A definition of a reply: its text with what stands directly above it."""

    name: str
    text: str = attrs.field(repr=False)
    decorated: bool
    commented: bool


def with_definitions(document: str, start: int, end: int, language_id: str, contents: Sequence[str]) -> str | None:
    """The document with the definitions of the blocks in the region, or None where the blocks mean something else.

    They mean this where each consists of definitions (and imports) that the region has under the same, unique name,
    and the region has more than those.
    """
    tree = parse(document, language_id)
    if tree is None:
        return None
    inside = (node for node in outline(tree) if start <= tree.start(node) and tree.end(node) <= end)
    present = [found for node in inside if (found := definition(tree, node)).name and start <= found.start]
    counts = Counter(found.name for found in present)
    given: list[_Given] = []
    imports: list[str] = []
    for content in contents:
        if not _read(content, language_id, given, imports):
            return None
    names = {one.name for one in given}
    if not given or len(names) != len(given) or any(counts[name] != 1 for name in names):
        return None
    outermost = [found for found in present if not any(_holds(other, found) for other in present)]
    if _covers(document, start, end, [found for found in outermost if found.name in names]):
        return None
    by_name = {found.name: found for found in present}
    edits = [_replacement(document, by_name[one.name], one) for one in given]
    try:
        changed = apply_edits(document, edits)
    except ValueError:
        return None
    return with_imports(changed, imports, language_id)


def is_of_other_definitions(document: str, start: int, end: int, language_id: str, content: str) -> bool:
    """Whether code is nothing but definitions that the document has elsewhere, in place of those that the region has.

    A model that answers with another function than the one it was asked for means that function's place, which is none
    of ours. A definition that reaches across a border of the region counts as the region's.
    """
    tree = parse(document, language_id)
    given: list[_Given] = []
    if tree is None or not _read(content, language_id, given, []) or not given:
        return False
    own: set[str] = set()
    elsewhere: set[str] = set()
    for node in outline(tree):
        apart = tree.end(node) <= start or end <= tree.start(node)
        (elsewhere if apart else own).add(definition(tree, node).name)
    names = {one.name for one in given}
    return bool(own) and names <= elsewhere and not names & own


def removes_definitions(document: str, changed: str, language_id: str) -> bool:
    """Whether a change leaves fewer named definitions outside functions than there were."""
    before, after = parse(document, language_id), parse(changed, language_id)
    if before is None or after is None:
        return False
    return sum(1 for _ in outline(before)) > sum(1 for _ in outline(after))


def _read(content: str, language_id: str, given: list[_Given], imports: list[str]) -> bool:
    """Add a block's definitions and imports; False where it holds anything else."""
    text = textwrap.dedent(with_line_ending(content, "\n"))
    tree = parse(text, language_id)
    if tree is None or not tree.complete:
        return False
    above: int | None = None
    for statement in statements(tree):
        found = statement.definition
        if statement.kind == "import":
            imports.extend(line for line in text[statement.start : statement.end].split("\n") if line.strip())
        elif statement.kind == "comment":
            above = statement.start if above is None else above
        elif found is not None:
            start = found.start if above is None else above
            given.append(_Given(found.name, text[start : found.end], statement.wrapped, above is not None))
            above = None
        else:
            return False
    return True


def _replacement(document: str, found: Definition, one: _Given) -> TextEdit:
    start = found.start
    if not one.decorated:
        head = document.rfind(found.signature, found.start, found.body_start)
        start = max(start, head) if head >= 0 else start
        signature = found.signature.split("\n")
        decorators = 0
        while decorators < len(signature) - 1 and signature[decorators].lstrip().startswith("@"):
            decorators += 1
        start += sum(len(line) + 1 for line in signature[:decorators])
        start += len(document[start : found.end]) - len(document[start : found.end].lstrip(" \t"))
    if one.commented and found.documentation:
        comment = document.rfind(found.documentation, 0, start)
        start = comment if comment >= 0 and not document[comment + len(found.documentation) : start].strip() else start
    line_start = max(document.rfind("\n", 0, start), document.rfind("\r", 0, start)) + 1
    indent = indent_of(document[line_start:start])
    lines = reindented([line[: content_length(line)] for line in split_lines(one.text)], indent, document)
    lines[0] = lines[0].removeprefix(indent)
    return TextEdit(start, found.end, line_ending(document).join(lines))


def _holds(outer: Definition, inner: Definition) -> bool:
    return outer is not inner and outer.start <= inner.start and inner.end <= outer.end


def _covers(document: str, start: int, end: int, found: Sequence[Definition]) -> bool:
    """Whether the definitions are all that the region has."""
    rest = []
    at = start
    for one in sorted(found, key=lambda one: one.start):
        rest.append(document[at : one.start])
        at = max(at, one.end)
    lines = "".join((*rest, document[at:end])).split("\n")
    return all(not line.strip() or line.lstrip().startswith(_COMMENT_MARKS) for line in lines)
