"""A definition that nobody asked for behind a completion: models that are not told to stop go on with the next one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.block_layout import is_method
from aurelis.tasks.ghost.hole import HAVE_MACROS, PROSE_LANGUAGES, Hole
from aurelis.tasks.ghost.word_places import leaves_text_open
from aurelis.tasks.replies.brackets import unmatched_count, unmatched_openers
from aurelis.tasks.replies.layout import blank_count, indent_of

MOST_DEFINITIONS: Final = 3
"""Definitions behind a completion before each of which it is tried to end."""
_DEFINES: Final = re.compile(
    r"(?:export|default|async|public|private|protected|internal|static|final|abstract|pub(?:\([^)]*\))?|unsafe|\s)*"
    r"(?:(?:def|class|function\*?|func|fn|fun|interface|struct|enum|impl|trait)\b|\w[\w<>\[\], ]* \w+\([^;]*\) *\{$)"
)
"""The head of a definition at the margin."""
_IMPORT: Final = re.compile(r"#include|(?:import|from|package|use|using) [\w.\"'{*]")
_WITHIN_IMPORTS: Final = frozenset(" \t)}#/")
"""What the other lines among imports begin with."""
_ENDS: Final = re.compile(r"(?:#|//|import\b|from\b)")
"""A line at the margin that is likely all that is missing: a comment, an import."""
_UNINDENTED: Final = HAVE_MACROS | {"csharp", "php", "rust"}
"""Languages whose namespaces and modules may hold lines at the margin."""
_OPENS: Final = re.compile(r"[:{]\s*(?:(?:#|//|/\*).*)?$")
"""A line that opens a block, whatever is noted behind it."""
_STATEMENT: Final = re.compile(r"(?:if|else|for|while|switch|do|try|catch|return|with|match|new|await|throw)\b")


def before_definition(said: Sequence[str], placed: Sequence[str], hole: Hole) -> tuple[list[list[str]], bool]:
    """The lines up to each whole definition at the margin behind them, and whether those surely do not belong.

    `said` are the lines as the model indented them, `placed` the same as they would stand in the document. Definitions
    are set off by blank lines: one that the document goes on behind without one, or deeper than it, stands in the
    middle of something else.
    """
    if not hole.multiline or hole.language_id in PROSE_LANGUAGES:
        return [], False
    numbers = [
        at
        for at in range(blank_count(said) + 2, len(said))
        if not said[at - 1].strip() and _is_head(said[at]) and not (indent_of(placed[at]) and is_method(said, at))
    ]
    if hole.next_line.startswith("{") and numbers and not "".join(said[numbers[-1] + 1 :]).strip():
        numbers.pop()  # The document has the body of the last one.
    inside = next((number for number in numbers if _is_open(said[:number], hole)), None)
    if inside is not None:
        return [list(said[:inside])], True
    if not numbers or unmatched_count("\n".join(said[numbers[0] :])):
        return [], False
    certain = _is_in_the_middle(said, placed, numbers[0], hole)
    return [list(said[:number]) for number in numbers[:MOST_DEFINITIONS]], certain


def _is_open(own: Sequence[str], hole: Hole) -> bool:
    """Whether lines end where no definition at the margin goes on: in brackets, an indented text, below a head."""
    text = "\n".join(own)
    last = next((line for line in reversed(own) if line.strip()), "")
    if leaves_text_open(text):
        return bool(indent_of(last))
    if hole.language_id == "python" and _OPENS.search(last) is not None:
        return True  # A head is left without its body.
    if last.endswith("\\"):
        return True
    if unmatched_openers(text).endswith("{") and (indent_of(last) or hole.language_id not in _UNINDENTED):
        return True  # What a bracket holds there is indented.
    brackets = unmatched_openers(hole.near_before + text)
    return bool(brackets) and (brackets[-1] in "([" or hole.language_id == "python")


def _is_head(line: str) -> bool:
    declares = line.rstrip().endswith(";")  # A name alone: `struct Options;`
    return _DEFINES.match(line) is not None and not declares and not line[:1].isspace() and not _STATEMENT.match(line)


def _is_in_the_middle(said: Sequence[str], lines: Sequence[str], number: int, hole: Hole) -> bool:
    below = hole.after.split("\n")[1:2]
    if hole.line_after.strip():
        return False
    if hole.in_words:
        return not any(_is_head(line) for line in said[:number])
    if not "".join(below).strip():
        return _goes_on_otherwise(said[:number], hole) or _leaves_its_block(said, number, hole)
    depth, last = len(indent_of(below[0])), next(line for line in reversed(lines) if line.strip())
    goes_on = depth == len(indent_of(last)) or (depth > len(indent_of(last)) and _OPENS.search(last) is not None)
    if goes_on and depth > len(indent_of(hole.line_before + lines[0])):
        return False  # The document goes on where the definition ends, in its body.
    if "{" in lines[number] or "(" not in lines[number]:
        return True
    return not depth or depth > len(indent_of(last)) or bool(indent_of(hole.line_before + lines[0]))


def _goes_on_otherwise(own: Sequence[str], hole: Hole) -> bool:
    """Whether the document goes on with what no definition stands before: more words, more imports."""
    below = hole.next_line
    if _IMPORT.match(below):
        return not any(_is_head(line) for line in own)
    filled = [line for line in own if line.strip()]
    if all(_IMPORT.match(line) or line[0] in _WITHIN_IMPORTS for line in filled):
        return below[:1].isalnum() and not _is_head(below)
    return bool(below) and len(filled) == 1 and not hole.line_before.strip() and _ENDS.match(filled[0]) is not None


def _leaves_its_block(lines: Sequence[str], number: int, hole: Hole) -> bool:
    """Whether a completion begins within a block, which the definition is not part of.

    Where its lines may count from the margin, the definition may be part of the block.
    """
    own = [line for line in lines[:number] if line.strip()]
    if hole.line_before.strip():
        own = own[1:] if lines[0].strip() else own
        inside = bool(own) and not indent_of(hole.line_before) and all(indent_of(line) for line in own)
    else:
        base = len(indent_of(hole.line_before))
        shallowest = min((len(indent_of(line)) for line in own[1:]), default=0)
        counts_there = base > 0 and shallowest == base and _OPENS.search(own[0]) is None
        inside = bool(indent_of(own[0])) or counts_there
    last = next(line for line in reversed(lines) if line.strip())
    below = hole.next_line
    goes_on = _OPENS.search(last) is not None and len(indent_of(below)) > len(indent_of(last))
    return inside and not goes_on
