"""A completion's lower lines indented as the document is: where they begin, tabs or spaces, how wide a level is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.hole import PROSE_LANGUAGES, Hole
from aurelis.tasks.replies.brackets import CLOSERS, unmatched_openers
from aurelis.tasks.replies.layout import indent_of, uses_tabs

OPENS_BLOCK: Final = (":", "{", "(", "[", "=>", "->", "do", "then")
_STEPS_BELOW: Final = (":", "{", "[", "=>")
LEAST_STEPS: Final = 3
"""Indented blocks near the cursor that must agree on the width of a level before a reply's own is changed."""
WIDTH: Final = 4
"""Spaces of a level where nothing tells."""
_NEAR_LINES: Final = 80
_COMMENT_MARKS: Final = ("//", "#", "/*", "*", "--")
_HEAD: Final = re.compile(r"\s*(?:\}\s*)?(?:if|else|for|while)\b[^;{]*$")
"""A statement whose body is the next line, without a bracket."""
_GOES_ON: Final = frozenset({"else", "elif", "except", "finally", "catch", "case", "default"})
_TOP_LEVEL: Final = frozenset(
    {"def", "class", "async", "@", "function", "export", "func", "fn", "pub", "impl", "#if", "#else", "#endif"}
)
"""Words that begin a line at the margin rather than one of a block."""
_BLANK_LINES: Final = 2
"""So many blank lines stand between definitions, not within one."""
_MOST: Final = 0.6
"""The share of indented blocks that must agree on the width of a level."""


def readings(text: str, hole: Hole) -> list[str]:
    """The text with its lower lines indented as the document is, the likeliest reading first.

    Lower lines may count their indentation from the margin although they belong deeper.
    """
    lines = text.split("\n")
    current = hole.line_before
    base = indent_of(current)
    below = [line for line in lines[1:] if line.strip()]
    if below and hole.language_id not in PROSE_LANGUAGES:
        lines = _in_the_documents_unit(lines, hole)
    if not current.strip() and current:
        first = indent_of(lines[0])
        kept = _missing_indent(first, hole)
        lines[0] = kept + lines[0][len(first) :]
        if first:
            moved = base if not kept else first
            return ["\n".join([lines[0], *(_moved(line, first, moved) for line in lines[1:])])]
    as_it_is = "\n".join(lines)
    if not below or not base or min(len(indent_of(line)) for line in lines[1:] if line.strip()) > len(base):
        return [as_it_is]
    from_margin = "\n".join([lines[0], *(base + line if line.strip() else line for line in lines[1:])])
    if not hole.in_words and _began_again(lines, hole):
        return [from_margin, as_it_is]
    certain = min(len(indent_of(line)) for line in below) >= len(base) or _leaves_the_block(lines, len(base))
    return [as_it_is] if certain else [as_it_is, from_margin]


def _missing_indent(first: str, hole: Hole) -> str:
    """What of a first line's indentation belongs behind the blanks that stand before the cursor already.

    Nothing where those are a whole indentation; the rest of one where somebody is still typing it.
    """
    base, said = len(hole.line_before), len(first)
    above = [line for line in hole.before.split("\n")[-_NEAR_LINES:-1] if line.strip()]
    around = [*above, *(line for line in hole.after.split("\n")[1:_NEAR_LINES] if line.strip())]
    levels = {len(indent_of(line)) for line in around}
    opened = bool(above) and above[-1].rstrip().endswith(OPENS_BLOCK)
    floor = len(indent_of(above[-1])) + 1 if opened else 0
    if opened:
        levels.add(floor - 1 + (_step(above) or WIDTH))
    if (base in levels and base >= floor) or not first:
        return ""
    if base + said in levels and base + said >= floor:
        return first
    return first[base:] if said > base and said in levels and said >= floor else ""


def _moved(line: str, first: str, base: str) -> str:
    """A line whose block's first line is indented by `first`, moved to where that one belongs."""
    if first == base or not line.strip():
        return line
    if line.startswith(first):
        return base + line[len(first) :]
    missing = len(first) - len(indent_of(line))
    return base[: max(0, len(base) - missing)] + line.lstrip(" \t")


def _began_again(lines: Sequence[str], hole: Hole) -> bool:
    """Whether the lower lines count their indentation from the margin instead of from where the document is."""
    base = len(indent_of(hole.line_before))
    below = [line for line in lines[1:] if line.strip()]
    depth = len(indent_of(below[0]))
    above = hole.line_before + lines[0]
    closes = below[0].lstrip()[:1] in CLOSERS
    comment = lines[0].lstrip().startswith(_COMMENT_MARKS)
    if (above.rstrip().endswith(OPENS_BLOCK) and not comment) or _HEAD.match(above) or unmatched_openers(above):
        return depth < base if closes else depth <= base
    if hole.line_before.strip():
        return False
    number = _first_outside(lines, base)
    if number is None or indent_of(lines[number]) or _leaves_the_block(lines, base):
        return False
    word = lines[number].split()[0].rstrip(":({")
    return word in _GOES_ON or lines[number][0] not in CLOSERS or bool(unmatched_openers("\n".join(lines[:number])))


def _first_outside(lines: Sequence[str], base: int) -> int | None:
    """The first lower line that is less indented than the cursor's."""
    return next((at for at, line in enumerate(lines) if at and line.strip() and len(indent_of(line)) < base), None)


def _leaves_the_block(lines: Sequence[str], base: int) -> bool:
    """Whether the lower lines surely go on outside the block, so that their indentation is meant as it is."""
    number = _first_outside(lines, base)
    if number is None or indent_of(lines[number]):
        return False
    blank = number > _BLANK_LINES and not "".join(lines[number - _BLANK_LINES : number]).strip()
    return blank or lines[number].split()[0].rstrip(":({") in _TOP_LEVEL or _ends_block(lines[number - 1])


def _ends_block(line: str) -> bool:
    return line.strip().split(" ")[0].rstrip(";") in {"return", "break", "continue", "raise", "throw", "pass"}


def _in_the_documents_unit(lines: Sequence[str], hole: Hole) -> list[str]:
    """The lines with tabs where the document has tabs, spaces where it has spaces, in levels as wide as its own."""
    document = [*hole.before.split("\n")[-_NEAR_LINES:], *hole.after.split("\n")[:_NEAR_LINES]]
    tabs = uses_tabs("\n".join(document))
    said_tabs = any(line.startswith("\t") for line in lines[1:])
    first = max(len(indent_of(hole.line_before)), 0 if hole.line_before.strip() else len(indent_of(lines[0])))
    theirs = _step([" " * first + lines[0].lstrip(" \t"), *lines[1:]])
    if tabs and not said_tabs:
        width = theirs or WIDTH
        return [lines[0], *(_as_tabs(line, width) for line in lines[1:])]
    if tabs is False and said_tabs:
        return [lines[0], *(_as_spaces(line, _step(document) or WIDTH) for line in lines[1:])]
    ours = _step(document, LEAST_STEPS)
    if tabs is False and ours and theirs and ours != theirs:
        return _rescaled(lines, len(indent_of(hole.line_before)), theirs, ours)
    return list(lines)


def _step(lines: Sequence[str], least: int = 1) -> int | None:
    """How much deeper the line below one that opens a block is, where most of them agree."""
    steps: Counter[int] = Counter()
    above: str | None = None
    for line in lines:
        if not line.strip():
            continue
        if above is not None and above.rstrip().endswith(_STEPS_BELOW):
            step = len(indent_of(line)) - len(indent_of(above))
            if step > 0:
                steps[step] += 1
        above = line
    step, count = max(steps.items(), key=lambda item: item[1], default=(0, 0))
    return step if step and count >= max(least, _MOST * steps.total()) else None


def _rescaled(lines: Sequence[str], base: int, theirs: int, ours: int) -> list[str]:
    depths = [len(indent_of(line)) for line in lines[1:] if line.strip()]
    start = base if min(depths) >= base else 0
    if any((depth - start) % theirs or depth < start for depth in depths):
        return list(lines)
    return [
        lines[0],
        *(
            " " * (start + (len(indent_of(line)) - start) // theirs * ours) + line.lstrip(" ") if line.strip() else line
            for line in lines[1:]
        ),
    ]


def _as_tabs(line: str, width: int) -> str:
    indent = indent_of(line)
    return "\t" * (len(indent) // width) + " " * (len(indent) % width) + line[len(indent) :]


def _as_spaces(line: str, width: int) -> str:
    indent = indent_of(line)
    return indent.replace("\t", " " * width) + line[len(indent) :]
