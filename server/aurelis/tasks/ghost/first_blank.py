"""The blank that a completion begins with: models whose tokens begin with one add it, or lose it, at the seam.

Out come readings of the text, the likeliest first; which it was shows only when the text stands in the document.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from aurelis.tasks.ghost.block_layout import column_in_bracket, opens_block
from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.ghost.level_width import WIDTH, step_of
from aurelis.tasks.replies.layout import indent_of

_CLOSER_OF: Final = MappingProxyType({"(": ")", "[": "]"})
_SENTENCE_ENDS: Final = (".", "!", "?", ":")
_MEMBER: Final = re.compile(r" \.[a-z_]", re.IGNORECASE)
_COLUMNS: Final = "  "
"""Within a line they lay out columns, or end a sentence."""


def readings(text: str, hole: Hole) -> list[str]:
    """The text as it is, and with one blank less or more before it."""
    if not text.startswith(" ") or not text.strip():
        return [text]
    if not hole.line_before:
        return _at_margin(text, hole)
    if text[1].isspace():
        return [text]
    return [text[1:], text] if _is_one_too_many(text, hole) else [text, text[1:]]


def _at_margin(text: str, hole: Hole) -> list[str]:
    """The text of an empty line, indented as no line of the document is but for one blank."""
    if hole.in_words or text.lstrip()[0] == "*":
        return [text]
    known = {indent_of(line) for line in (hole.before + hole.after).split("\n") if line.strip()}
    if opens_block(hole.line_above, hole):
        known.add(indent_of(hole.line_above) + " " * (hole.level_width or WIDTH))
    column = column_in_bracket(hole.line_above)
    if column is not None:
        known.add(" " * column)
    indent = indent_of(text.split("\n", 1)[0])
    fewer, more = indent[1:] in known, " " + indent in known
    if indent in known or fewer == more:
        return [text]
    return [text[1:] if fewer else " " + text, text]


def _is_one_too_many(text: str, hole: Hole) -> bool:
    """Whether the document has a blank there already, or never one."""
    before = hole.line_before
    if not before.strip():
        return _stands_at_depth(text, hole)
    if before[-1] in _CLOSER_OF:
        set_off = f"{before[-1]} " in hole.before or f" {_CLOSER_OF[before[-1]]}" in text.split("\n", 1)[0]
        return not set_off and not hole.line_after.startswith(" ")
    if before[-1].isalnum() and _MEMBER.match(text) and not hole.in_words:
        return True
    if not before[-1].isspace() or not (text[1].isalnum() or text[1] in "_\"'([{"):
        return False
    near = [*hole.before.split("\n")[-2:-1], *hole.lines_below[:1]]
    columns = any(_COLUMNS in line.strip() for line in (*near, before))
    return not columns and not before.rstrip().endswith(_SENTENCE_ENDS)


def _stands_at_depth(text: str, hole: Hole) -> bool:
    """Whether the lower lines are as deep as the cursor's, so that the first one is meant to be so too."""
    if "\t" in hole.line_before:
        return "\n\t" in text
    base = len(hole.line_before)
    step = step_of(hole.before.split("\n"), hole.language_id) or WIDTH
    depths = [len(indent_of(line)) for line in text.split("\n")[1:] if line.strip()]
    return bool(depths) and all((depth - base) % step == 0 for depth in depths)
