"""A fence at the end of a reply that nothing has begun: models that were asked for none end one out of habit."""

from __future__ import annotations

from collections.abc import Sequence

from aurelis.tasks.ghost.hole import MARKDOWN_LANGUAGES, PROSE_LANGUAGES, Hole
from aurelis.tasks.ghost.sentences import introduces
from aurelis.tasks.ghost.word_places import among_words, in_comment_line, leaves_text_open
from aurelis.tasks.replies.fences import Block, fenced_blocks
from aurelis.tasks.replies.layout import indent_of


def without_stray_fence(text: str, hole: Hole) -> str:
    """The text before a fence that only ends: nothing has begun it, and no sentence leads over to it."""
    blocks = fenced_blocks(text)
    if len(blocks) == 1 and _ends_twice(text, blocks[0], hole):
        return text.rstrip().rpartition("\n")[0].rstrip()
    if not blocks or blocks[-1].closed or blocks[-1].language:
        return text
    if hole.language_id in MARKDOWN_LANGUAGES:
        return _without_last_fence(text, blocks, hole)
    if len(blocks) > 1:
        return text
    before = text[: blocks[0].start]
    echoed = bool(blocks[0].content.strip()) and "".join(before.split()) in hole.squeezed_before
    if not before.strip() or echoed or is_fence_open(hole):
        return text
    if leaves_text_open(before) or (among_words(hole) and not in_comment_line(hole)):
        return _without_last_fence(text, blocks, hole)
    above, _, last = before.strip("\n").rpartition("\n")
    leads_over = introduces(last) and (bool(above.strip()) or not hole.line_before.strip())
    return text if leads_over else before.rstrip("\n")


def _ends_twice(text: str, block: Block, hole: Hole) -> bool:
    """Whether an indented fence ends the one that is open in the document, and one at the margin ends nothing."""
    if not hole.leaves_fence_open or hole.language_id in PROSE_LANGUAGES or block.language or text[block.end :].strip():
        return False
    last = text.rstrip().rpartition("\n")[2]
    return block.closed and bool(indent_of(text[block.start :])) and last.startswith("```")


def _without_last_fence(text: str, blocks: Sequence[Block], hole: Hole) -> str:
    """Words without a fence in their last line that ends nothing, and that no sentence leads over to.

    None leads over to a fence at the margin from within an indented text.
    """
    before = text[: blocks[-1].start].rstrip()
    if hole.leaves_fence_open or blocks[-1].content.strip() or not before:
        return text
    _, below_another, last = before.rpartition("\n")
    inside = hole.language_id not in MARKDOWN_LANGUAGES and indent_of(last if below_another else hole.line_before)
    at_margin = not indent_of(text[blocks[-1].start :])
    among = hole.language_id in PROSE_LANGUAGES or leaves_text_open(hole.prefix + before)
    return text if before.endswith(":") and among and not (inside and at_margin) else before


def is_fence_open(hole: Hole) -> bool:
    """Whether the cursor stands in a docstring or comment that has a fence open, so that a fence is legitimate."""
    if hole.language_id not in PROSE_LANGUAGES and not among_words(hole):
        return False
    return hole.leaves_fence_open
