"""Ghost text against the syntax tree: of several readings the one that the document parses with.

And nothing that makes a parsing file stop parsing when a shorter cut keeps it so.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from aurelis.syntax.parses import syntax_errors
from aurelis.tasks.ghost.hole import HAVE_MACROS, NEAR_CHARACTERS, PROSE_LANGUAGES, GhostText, Hole
from aurelis.tasks.ghost.python_layout import layout_faults
from aurelis.tasks.replies.brackets import unmatched_closers, unmatched_count, unmatched_openers

LARGEST_CHECKED: Final = 200_000
"""Characters; longer documents are not parsed again for every completion."""
_TRIED_CUTS: Final = 8

_STRING: Final = re.compile(
    r"\"{3}(?:\\.|(?!\"{3})[\s\S])*+\"{3}|'{3}(?:\\.|(?!'{3})[\s\S])*+'{3}"
    r"|\"(?:\\.|[^\"\\\n])*+\"|(?<!\w)'(?:\\.|[^'\\\n])*+'"
)

_PATTERN: Final = re.compile(r"^[ \t]*[^\s()]+(?:[ \t]*\|[ \t]*[^\s()]+)*\)", re.MULTILINE)
"""What a case of the shell begins with: its bracket closes nothing."""
_MACRO: Final = re.compile(r"\b[A-Z][A-Z\d]*_[A-Z\d_]+\b")

Damage = tuple[int, int]
"""Syntax errors and lines out of place, then brackets and quotes without a partner."""

NO_DAMAGE: Final[Damage] = (0, 0)


def damage(text: str, covered: int, hole: Hole) -> Damage:
    """What is wrong with the document near the cursor once the text stands there."""
    if hole.language_id in PROSE_LANGUAGES:
        return 0, 0
    document = hole.prefix + text + hole.suffix[covered:]
    checked = hole.tree is not None and len(document) <= LARGEST_CHECKED
    tree = hole.tree_of(document) if checked else None
    faults = _layout_faults(document, len(hole.prefix) + len(text), hole) if checked else 0
    if tree is not None and tree.complete:
        return faults, 0 if hole.in_words else _unmatched_in_line(text, covered, hole)
    if tree is not None:
        start = len(hole.prefix)
        faults += syntax_errors(tree, max(0, start - NEAR_CHARACTERS), start + len(text) + NEAR_CHARACTERS)
    unmatched = 0 if hole.in_words else _unmatched(text, covered, hole)
    # Grammars do not know what a macro makes of its arguments: there brackets tell as much as errors do.
    return (faults + unmatched, unmatched) if hole.language_id in HAVE_MACROS else (faults, unmatched)


def _layout_faults(document: str, end: int, hole: Hole) -> int:
    """Lines near the cursor that stand where the language does not take them."""
    if hole.layout_place is None:
        return 0
    near = document[: end + NEAR_CHARACTERS]
    if len(near) < len(document):
        return layout_faults(near, hole.layout_place)
    return layout_faults(near + "\n", hole.layout_place, whole=True)


def _unmatched(text: str, covered: int, hole: Hole) -> int:
    line = hole.line_before + text + hole.line_after[covered:]
    document = hole.near_before + text + hole.suffix[covered : hole.near_end] + hole.closed_far_below
    if hole.language_id == "shellscript":
        line, document = (_PATTERN.sub("", one) for one in (line, document))
    return unmatched_count(document) + unmatched_count(line) + _touching(line)


def _unmatched_in_line(text: str, covered: int, hole: Hole) -> int:
    """What is unmatched in the cursor's line although the document parses.

    Apostrophes in comments elsewhere count no more, but a grammar may let strings go on below, and reads no directives.
    """
    first, more, _ = text.partition("\n")
    line = hole.line_before + first + ("" if more else hole.line_after[covered:])
    count = unmatched_count(line)
    if not line.lstrip().startswith("#"):
        count -= len(unmatched_openers(line)) + len(unmatched_closers(line))
    return count + _touching(line)


def _touching(line: str) -> int:
    """How many strings have a word right behind them, which means one quotation mark too many."""
    return sum(line[match.end() : match.end() + 1].isalnum() for match in _STRING.finditer(line))


def _may_be_for_a_macro(line: str, hole: Hole) -> bool:
    """Whether a line has a macro's name, of which a grammar does not know what becomes, and closes what it opens."""
    return hole.language_id in HAVE_MACROS and _MACRO.search(line) is not None and not unmatched_count(line)


def kept_parsing(item: GhostText, hole: Hole) -> GhostText:
    """The item, cut after an earlier line if the document then still parses and would not with all of it."""
    document, tree = hole.prefix + hole.suffix, hole.tree
    if tree is None or tree.text != document or len(document) > LARGEST_CHECKED or not tree.complete:
        return item
    text = item.text
    for _ in range(_TRIED_CUTS):
        changed = document[: item.start] + text + document[item.end :]
        after = hole.tree_of(changed)
        if after is None or after.complete:
            return attrs.evolve(item, text=text)
        shorter, _, last = text.rstrip().rpartition("\n")
        shorter = shorter.rstrip()
        if not shorter or item.end != item.start or _may_be_for_a_macro(last, hole):
            break
        text = shorter
    return item
