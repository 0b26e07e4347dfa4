"""What a model sees to complete at a cursor: text before and after, and pieces of other places, within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import SyntaxTree
from aurelis.syntax.scopes import enclosing_definitions
from aurelis.syntax.symbols import imports
from aurelis.tasks.context.cutting import first_lines, last_lines
from aurelis.tasks.context.similar import similar_windows
from aurelis.tasks.context.surroundings import Section

PREFIX_CHARACTERS: Final = 6_000
SUFFIX_CHARACTERS: Final = 2_000
PIECES_CHARACTERS: Final = 4_000

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

    def sections(self) -> list[Section]:
        """The context apart from prefix and suffix, as sections of a chat prompt."""
        sections = [Section("document", piece.text, piece.name) for piece in self.pieces]
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
) -> CompletionContext:
    """The context of a cursor."""
    prefix = last_lines(snapshot.text[:position], min(PREFIX_CHARACTERS, budget // 2)).text
    suffix = first_lines(snapshot.text[position:], min(SUFFIX_CHARACTERS, budget // 4)).text
    shown_from = position - len(prefix)
    heads: list[str] = []
    if tree is not None and shown_from > 0:
        heads = [*imports(tree)]
        heads += [found.signature for found in enclosing_definitions(tree, position) if found.start < shown_from]
    head = first_lines("\n".join(heads), PIECES_CHARACTERS).text
    found = similar_windows(
        prefix, [(other.name, other.text) for other in others], budget=min(PIECES_CHARACTERS, budget // 8)
    )
    pieces = tuple(Piece(similar.name, similar.window.text) for similar in found)
    return CompletionContext(prefix, suffix, head, pieces, tuple(edits))


def wants_many_lines(text: str, position: int) -> bool:
    """Whether more than the rest of the line is wanted at a cursor: nothing but closers behind it."""
    end = text.find("\n", position)
    after = text[position : len(text) if end < 0 else end]
    return all(character in _CLOSING for character in after.rstrip("\r"))
