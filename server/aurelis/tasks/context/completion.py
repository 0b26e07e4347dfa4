"""What a model sees to complete at a cursor: text before and after, and pieces of other places, within a budget."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import SyntaxTree, parse
from aurelis.syntax.scopes import Definition, definition, definitions_named, enclosing_definitions, outline
from aurelis.syntax.symbols import imports, names_in
from aurelis.tasks.context.cutting import first_lines, last_lines
from aurelis.tasks.context.diagnostics import Diagnostic, describe_diagnostics
from aurelis.tasks.context.recent_edits import within_budget
from aurelis.tasks.context.similar import similar_windows, windows_of
from aurelis.tasks.context.surroundings import Section

PREFIX_CHARACTERS: Final = 6_000
SUFFIX_CHARACTERS: Final = 2_000
PIECES_CHARACTERS: Final = 4_000
EDITS_CHARACTERS: Final = 2_000
NEAR_CHARACTERS: Final = 800
"""How far from the cursor a diagnostic still matters."""
MOST_PROBLEMS: Final = 5
NEAR_LINES: Final = 20
"""Lines before the cursor whose names are looked up."""
MOST_DEFINITIONS: Final = 12
MOST_SEARCHED: Final = 20
"""Open documents that are searched."""
MOST_OUTLINED: Final = 1_000
LONGEST_OTHER: Final = 200_000
"""Characters of another document that is still parsed."""
_KEPT_DOCUMENTS: Final = 32
"""The bound on documents whose definitions are kept between two requests."""

_CLOSING: Final = frozenset(")]}\"'`;,: \t")


@attrs.frozen
class Piece:
    """Text of another place; `name` is a relative path."""

    name: str
    text: str = attrs.field(repr=False)


@attrs.frozen
class CompletionContext:
    """Text around a cursor, and what else helps."""

    prefix: str = attrs.field(repr=False)
    suffix: str = attrs.field(repr=False)
    head: str = attrs.field(default="", repr=False)
    pieces: tuple[Piece, ...] = ()
    edits: tuple[str, ...] = attrs.field(default=(), repr=False)
    cells: str = attrs.field(default="", repr=False)
    problems: str = attrs.field(default="", repr=False)

    def sections(self) -> list[Section]:
        """The context apart from prefix and suffix, as sections of a chat prompt."""
        sections = [Section("document", piece.text, piece.name) for piece in self.pieces]
        if self.cells:
            sections.append(Section("cells-above", self.cells))
        if self.problems:
            sections.append(Section("problems", self.problems))
        if self.edits:
            sections.append(Section("recent-edits", "\n".join(self.edits)))
        if self.head:
            sections.append(Section("enclosing", self.head))
        return sections


def completion_context(
    snapshot: Snapshot,
    position: int,
    tree: SyntaxTree | None,
    others: Sequence[Snapshot],
    edits: Sequence[str],
    budget: int,
    diagnostics: Sequence[Diagnostic] = (),
) -> CompletionContext:
    """The context of a cursor in a document, with other open documents and recent edits (the latest last)."""
    prefix = last_lines(snapshot.text[:position], min(PREFIX_CHARACTERS, budget // 2)).text
    suffix = first_lines(snapshot.text[position:], min(SUFFIX_CHARACTERS, budget // 4)).text
    shown_from = position - len(prefix)
    shown_to = position + len(suffix)
    heads: list[str] = []
    names: frozenset[str] = frozenset()
    if tree is not None:
        names = frozenset(
            names_in(tree, snapshot.lines.line_start(snapshot.lines.line_at(position) - NEAR_LINES), position)
        )
        if shown_from > 0:
            heads = [*imports(tree)]
            heads += [found.signature for found in enclosing_definitions(tree, position) if found.start < shown_from]
        heads += [
            described(found)
            for found in definitions_named(tree, names, limit=MOST_DEFINITIONS)
            if found.end <= shown_from or found.start >= shown_to
        ]
    heads += imported_definitions(names, others)
    head = first_lines("\n".join(dict.fromkeys(heads)), PIECES_CHARACTERS).text
    found = similar_windows(
        prefix, [(other.name, other.text) for other in others], budget=min(PIECES_CHARACTERS, budget // 8)
    )
    pieces = tuple(Piece(similar.name, similar.window.text) for similar in found)
    near = [found for found in diagnostics if abs(found.start - position) <= NEAR_CHARACTERS]
    return CompletionContext(
        prefix=prefix,
        suffix=suffix,
        head=head,
        pieces=pieces,
        edits=within_budget(edits, EDITS_CHARACTERS),
        cells=last_lines("\n\n".join(snapshot.cells_above), PIECES_CHARACTERS).text,
        problems=describe_diagnostics(snapshot, near[:MOST_PROBLEMS]),
    )


def described(found: Definition) -> str:
    """A definition's signature and the first line of its documentation."""
    first = found.documentation.strip().partition("\n")[0]
    return f"{found.signature} {first}".rstrip() if first else found.signature


def imported_definitions(names: Collection[str], others: Sequence[Snapshot]) -> list[str]:
    """What open documents of the same kind define under the names, at most a few."""
    found: list[str] = []
    for other in others[:MOST_SEARCHED]:
        known = definitions_by_name(other.text, other.language_id)
        found += [known[name] for name in names if name in known]
    return found[:MOST_DEFINITIONS]


@lru_cache(maxsize=_KEPT_DOCUMENTS)
def definitions_by_name(text: str, language_id: str) -> Mapping[str, str]:
    """A document's outermost definitions, described; kept, because most open documents do not change for a while."""
    tree = parse(text, language_id) if len(text) <= LONGEST_OTHER else None
    if tree is None:
        return MappingProxyType({})
    found = [definition(tree, node) for node in islice(outline(tree), MOST_OUTLINED)]
    return MappingProxyType({one.name: described(one) for one in reversed(found) if one.name})


def warm(documents: Sequence[Snapshot]) -> None:
    """Prepare what is kept of open documents, so that no completion has to wait for it. Call it off the typing path."""
    for document in documents[:MOST_SEARCHED]:
        windows_of(document.text)
        definitions_by_name(document.text, document.language_id)


def wants_many_lines(text: str, position: int) -> bool:
    """Whether more than the rest of the line is wanted at a cursor: nothing but closers behind it.

    Or a block that was just opened and that the editor closed by itself.
    """
    if text[max(0, position - 1) : position + 1] == "{}":
        return True
    end = text.find("\n", position)
    after = text[position : len(text) if end < 0 else end]
    return all(character in _CLOSING for character in after.rstrip("\r"))
