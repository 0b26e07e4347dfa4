"""Ghost text against the syntax tree: nothing that makes a parsing file stop parsing when a shorter cut keeps it so."""

from __future__ import annotations

from typing import Final

import attrs

from aurelis.syntax.parses import SyntaxTree, parse
from aurelis.tasks.replies.ghost import GhostText

LARGEST_CHECKED: Final = 200_000
"""Characters; longer documents are not parsed again for every completion."""
_TRIED_CUTS: Final = 8


def kept_parsing(item: GhostText, document: str, language_id: str, tree: SyntaxTree | None) -> GhostText:
    """The item, cut after an earlier line if the document then still parses and would not with all of it."""
    if tree is None or tree.text != document or len(document) > LARGEST_CHECKED or not tree.complete:
        return item
    text = item.text
    for _ in range(_TRIED_CUTS):
        changed = document[: item.start] + text + document[item.end :]
        after = parse(changed, language_id, tree)
        if after is None or after.complete:
            return attrs.evolve(item, text=text)
        shorter = text.rstrip().rpartition("\n")[0].rstrip()
        if not shorter or item.end != item.start:
            break
        text = shorter
    return item
