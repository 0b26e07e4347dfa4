"""Lines at the margin that belong deeper: what is around them has not ended, be it a block, a text or an element."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.hole import BRACKETS_CLOSE, PROSE_LANGUAGES, Hole
from aurelis.tasks.ghost.word_places import leaves_text_open, text_is_open
from aurelis.tasks.replies.brackets import unmatched_closers
from aurelis.tasks.replies.layout import indent_of

_NESTED: Final = frozenset({"dockercompose", "yaml"})
"""Languages in which nothing stands deeper than a line that opens nothing."""
_ELEMENTS: Final = frozenset({"html", "javascriptreact", "svelte", "typescriptreact", "vue", "xml"})
"""Languages in which an element within others is indented deeper than they are."""
_BEGINS_ELEMENT: Final = re.compile(r"<[A-Za-z!]")
_TAG: Final = re.compile(r"<(?P<end>/?)[A-Za-z][\w:.-]*(?:[^<>/]|/(?!>)|=>)*(?P<alone>/?)>")
AT_THE_MARGIN: Final = re.compile(r"[)\]}#]|\w+:$|=\w|/\*")
"""What stands at the margin within a block, too: a directive, a label, documentation."""


def is_held(lines: Sequence[str], depth: int, hole: Hole) -> bool:
    """Whether lines at the margin stand within what has an end of its own, and the first has not ended it."""
    if depth:
        return False
    below = [line for line in lines[1:] if line.strip()]
    if hole.language_id in _NESTED and indent_of(hole.next_line) and not below[-1].rstrip().endswith(":"):
        return indent_of(below[-1]) == indent_of(below[0])
    if _is_held_in_text(lines, hole) or _is_held_in_element(hole.line_before + lines[0], below[0], hole):
        return True
    if not _is_in_brackets(hole):
        return False
    within = "\n".join([hole.line_before + lines[0], below[0]])
    return not unmatched_closers(within) and AT_THE_MARGIN.match(below[0]) is None


def _is_in_brackets(hole: Hole) -> bool:
    """Whether the cursor stands in a list of any kind, or in a block that a bracket ends."""
    opened = hole.open_brackets
    ends_blocks = hole.language_id in BRACKETS_CLOSE or hole.language_id == "python"
    return opened.endswith(("(", "[")) or (ends_blocks and "{" in opened)


def _is_held_in_text(lines: Sequence[str], hole: Hole) -> bool:
    """Whether lines stand in an indented comment or text, and the first does not end it."""
    if hole.language_id in PROSE_LANGUAGES or not leaves_text_open(hole.prefix + lines[0]):
        return False
    return text_is_open(hole) and 0 < len(indent_of(hole.line_before)) <= len(indent_of(hole.next_line))


def _is_held_in_element(first: str, below: str, hole: Hole) -> bool:
    """Whether an element at the margin stands within others, as the first line ends none that it has not begun."""
    if hole.language_id not in _ELEMENTS or not indent_of(hole.line_before) or _BEGINS_ELEMENT.match(below) is None:
        return False
    level = 0
    for tag in _TAG.finditer(first):
        level += 0 if tag["alone"] else -1 if tag["end"] else 1
        if level < 0:
            return False
    return True
