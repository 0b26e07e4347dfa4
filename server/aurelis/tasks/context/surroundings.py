"""What stands around the lines to work on: imports, signatures of enclosing definitions, lines before and after.

Sections are written between tags, so that the one fenced block of a prompt is the code to work on.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import SyntaxTree
from aurelis.syntax.scopes import definitions_named, enclosing_definitions
from aurelis.syntax.symbols import imports, names_in
from aurelis.tasks.context.cutting import Cut, first_lines, last_lines
from aurelis.tasks.context.regions import Region


@attrs.frozen
class Section:
    """A named piece of context."""

    name: str
    text: str = attrs.field(repr=False)
    detail: str = ""

    def __str__(self) -> str:
        detail = f' name="{self.detail}"' if self.detail else ""
        return f"<{self.name}{detail}>\n{self.text.strip(chr(10))}\n</{self.name}>"


def surroundings(snapshot: Snapshot, tree: SyntaxTree | None, region: Region, budget: int) -> list[Section]:
    """Sections about the document itself, nearest first in importance, together within the budget of characters."""
    left = budget
    sections: list[Section] = []
    before = last_lines(snapshot.text[: region.start], left * 3 // 10)
    after = first_lines(snapshot.text[region.end :], left // 5)
    left -= len(before.text) + len(after.text)
    if tree is not None:
        shown_from = region.start - len(before.text)
        heads = [
            found.signature
            for found in enclosing_definitions(tree, region.start, region.end)
            if found.start < shown_from
        ]
        left = _add(sections, "enclosing", "\n".join(heads), left)
        if shown_from > 0:
            left = _add(sections, "imports", "\n".join(imports(tree)), left)
        names = names_in(tree, region.start, region.end)
        outside = [
            f"{found.signature}\n{found.documentation}".strip()
            for found in definitions_named(tree, frozenset(names))
            if found.end <= shown_from or found.start >= region.end + len(after.text)
        ]
        left = _add(sections, "definitions", "\n\n".join(outside), left)
    _add_cut(sections, "before", before)
    _add_cut(sections, "after", after)
    return sections


def other_documents(documents: Sequence[Snapshot], budget: int) -> tuple[list[Section], bool]:
    """Whole documents that the person named, each cut to its share of the budget; and whether any was cut."""
    sections = []
    cut = False
    left = budget
    for number, document in enumerate(documents):
        shown = first_lines(document.text, left // (len(documents) - number))
        cut = cut or bool(shown.lines_lost)
        left -= len(shown.text)
        note = f"\n[... {shown.lines_lost} lines left out ...]" if shown.lines_lost else ""
        sections.append(Section("document", shown.text.rstrip() + note, document.name))
    return sections, cut


def _add(sections: list[Section], name: str, text: str, left: int) -> int:
    shown = first_lines(text, left).text if text.strip() else ""
    if shown.strip():
        sections.append(Section(name, shown))
    return left - len(shown)


def _add_cut(sections: list[Section], name: str, cut: Cut) -> None:
    if cut.text.strip():
        sections.append(Section(name, cut.text))
