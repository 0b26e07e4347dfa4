"""What a model sees to complete at a cursor: text before and after, and pieces of other places, within a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import SyntaxTree, parse
from aurelis.syntax.scopes import Definition, definition, definitions_named, heading, holding_definitions, outline
from aurelis.syntax.symbols import imports, names_in
from aurelis.tasks.context.boundaries import prefix_start, suffix_end
from aurelis.tasks.context.cutting import first_lines, last_lines
from aurelis.tasks.context.diagnostics import Diagnostic, describe_diagnostics
from aurelis.tasks.context.recent_edits import within_budget
from aurelis.tasks.context.similar import similar_windows, windows_of
from aurelis.tasks.context.surroundings import Section

PREFIX_CHARACTERS: Final = 6_000
SUFFIX_CHARACTERS: Final = 2_000
PIECES_CHARACTERS: Final = 4_000
EDITS_CHARACTERS: Final = 2_000
"""Of recent edits, and as many of problems."""
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
    """Text around a cursor, and what else helps.

    `imports` and `enclosing` (the definitions that the cursor stands in, up to their bodies) are code of the document
    that does not fit before the cursor; `definitions` are other names in reach, described, by the document they are in.
    """

    prefix: str = attrs.field(repr=False)
    suffix: str = attrs.field(repr=False)
    imports: str = attrs.field(default="", repr=False)
    enclosing: str = attrs.field(default="", repr=False)
    definitions: tuple[Piece, ...] = ()
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
        sections += [Section("definitions", piece.text, piece.name) for piece in self.definitions]
        if self.imports:
            sections.append(Section("imports", self.imports))
        if self.enclosing:
            sections.append(Section("enclosing", self.enclosing))
        return sections

    def elided(self) -> str:
        """The document up to the cursor with what lies too far away left out: for models that take nothing but code."""
        return "".join(f"{part}\n\n" for part in (self.cells, self.imports, self.enclosing) if part) + self.prefix

    def beside(self) -> tuple[Piece, ...]:
        """All that is no code before the cursor, as if other files held it, what matters most last."""
        notes = (Piece("problems.txt", self.problems), Piece("recent-edits.diff", "\n".join(self.edits)))
        return (*self.pieces, *self.definitions, *(note for note in notes if note.text))


def completion_context(
    snapshot: Snapshot,
    position: int,
    tree: SyntaxTree | None,
    others: Sequence[Snapshot],
    edits: Sequence[str],
    budget: int,
    diagnostics: Sequence[Diagnostic] = (),
) -> CompletionContext:
    """The context of a cursor in a document, with other open documents and recent edits (the latest last).

    All of it together stays within the budget of characters.
    """
    text = snapshot.text
    shown_from = prefix_start(text, tree, position, min(PREFIX_CHARACTERS, budget * 3 // 8))
    shown_to = suffix_end(text, tree, position, min(SUFFIX_CHARACTERS, budget // 8))
    prefix, suffix = text[shown_from:position], text[position:shown_to]
    share = min(PIECES_CHARACTERS, budget // 8)
    found = similar_windows(prefix, [(other.name, other.text) for other in others], budget=share)
    pieces = tuple(Piece(similar.name, similar.window.text) for similar in found)
    far = _far(snapshot, position, tree, (shown_from, shown_to), share // 2)
    enclosing = last_lines(far.enclosing, share).text
    imported = first_lines(far.imports, (share - len(enclosing)) // 2).text
    own = Piece(snapshot.name, far.definitions)
    elsewhere = imported_definitions(far.names, others, frozenset(pieces))
    nearby = [found for found in diagnostics if abs(found.start - position) <= NEAR_CHARACTERS]
    return CompletionContext(
        prefix=prefix,
        suffix=suffix,
        imports=imported,
        enclosing=enclosing,
        definitions=_within((own, *elsewhere), share - len(enclosing) - len(imported)),
        pieces=pieces,
        edits=within_budget(edits, min(EDITS_CHARACTERS, budget // 16)),
        cells=last_lines("\n\n".join(snapshot.cells_above), share).text,
        problems=first_lines(
            describe_diagnostics(snapshot, nearby[:MOST_PROBLEMS]), min(EDITS_CHARACTERS, budget // 16)
        ).text,
    )


@attrs.frozen
class _Far:
    """What matters of a document and does not stand in the part of it that is shown, and the names in use there."""

    names: frozenset[str] = frozenset()
    imports: str = ""
    enclosing: str = ""
    definitions: str = ""


def _far(snapshot: Snapshot, position: int, tree: SyntaxTree | None, shown: tuple[int, int], longest: int) -> _Far:
    if tree is None:
        return _Far()
    start, end = shown
    near = max(start, snapshot.lines.line_start(snapshot.lines.line_at(position) - NEAR_LINES))
    names = frozenset(names_in(tree, near, position))
    around = holding_definitions(tree, position) if start > 0 else ()
    named = definitions_named(tree, names, limit=MOST_DEFINITIONS)
    outside = [one for one in named if one.end <= start or one.start >= end]
    return _Far(
        names=names,
        imports="\n".join(dict.fromkeys(imports(tree))) if start > 0 else "",
        enclosing="\n".join(heading(tree, one, longest=longest) for one in around if one.start < start),
        definitions="\n".join(dict.fromkeys(described(one) for one in outside)),
    )


def _within(pieces: Sequence[Piece], budget: int) -> tuple[Piece, ...]:
    """The pieces, cut at line ends to a number of characters together."""
    kept: list[Piece] = []
    for piece in pieces:
        shown = first_lines(piece.text, budget).text
        budget -= len(shown)
        if shown:
            kept.append(Piece(piece.name, shown))
    return tuple(kept)


def described(found: Definition) -> str:
    """A definition's signature and the first line of its documentation."""
    first = found.documentation.strip().partition("\n")[0]
    return f"{found.signature} {first}".rstrip() if first else found.signature


def imported_definitions(
    names: AbstractSet[str], others: Sequence[Snapshot], shown: AbstractSet[Piece] = frozenset()
) -> list[Piece]:
    """What open documents define under the names, at most a few, by document; not what is shown of them anyway."""
    found: list[Piece] = []
    left = MOST_DEFINITIONS
    for other in others[:MOST_SEARCHED]:
        known = definitions_by_name(other.text, other.language_id)
        seen = "".join(piece.text for piece in shown if piece.name == other.name)
        here = [known[name] for name in sorted(names & known.keys())]
        lines = [described(one) for one in here if one.signature not in seen][:left]
        left -= len(lines)
        if lines:
            found.append(Piece(other.name, "\n".join(lines)))
    return found


@lru_cache(maxsize=_KEPT_DOCUMENTS)
def definitions_by_name(text: str, language_id: str) -> Mapping[str, Definition]:
    """A document's outermost definitions; kept, because most open documents do not change for a while."""
    tree = parse(text, language_id) if len(text) <= LONGEST_OTHER else None
    if tree is None:
        return MappingProxyType({})
    found = [definition(tree, node) for node in islice(outline(tree), MOST_OUTLINED)]
    return MappingProxyType({one.name: one for one in reversed(found) if one.name})


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
