"""What somebody has just changed, in the fewest words: the trail that tells what they will change next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.positions import content_length, split_lines
from aurelis.core.text_edits import line_hunks
from aurelis.tasks.context.cutting import first_lines

CONTEXT_LINES: Final = 1
LONGEST_SUMMARY: Final = 1_000
"""Characters of one edit."""
MOST_LINES: Final = 12
"""Changed lines of one edit that are shown."""


@attrs.frozen
class Version:
    """A document's text at a moment."""

    name: str
    text: str = attrs.field(repr=False)


def describe_edit(before: Version, after: Version) -> str:
    """The change from one version of a document to a later one, as a short diff; empty where nothing changed."""
    old = [line[: content_length(line)] for line in split_lines(before.text)]
    new = [line[: content_length(line)] for line in split_lines(after.text)]
    lines: list[str] = []
    for hunk in line_hunks(old, new):
        lines += [f" {line}" for line in old[max(0, hunk.old_start - CONTEXT_LINES) : hunk.old_start]]
        lines += [f"-{line}" for line in old[hunk.old_start : hunk.old_end]]
        lines += [f"+{line}" for line in new[hunk.new_start : hunk.new_end]]
        if len(lines) >= MOST_LINES:
            break
    if not lines:
        return ""
    return first_lines("\n".join((f"@ {after.name}", *lines[:MOST_LINES])), LONGEST_SUMMARY).text.rstrip("\n")


def within_budget(edits: Sequence[str], budget: int) -> tuple[str, ...]:
    """The latest edits (they stand last) that fit into a number of characters, each once, in their order."""
    kept: list[str] = []
    for edit in reversed(edits):
        if edit in kept:
            continue
        budget -= len(edit)
        if budget < 0:
            break
        kept.append(edit)
    return tuple(reversed(kept))
