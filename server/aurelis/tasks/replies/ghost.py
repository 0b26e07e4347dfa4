"""Ghost text: from what a model said to the text that belongs at the cursor, or nothing.

Models asked for a completion fence it, introduce it, repeat what stands before the cursor, run on into what stands
behind it, lose the indentation and close brackets that are closed already. Each step here undoes one of these; text
that only looks like noise stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.positions import split_lines
from aurelis.core.text_edits import with_line_ending
from aurelis.tasks.replies.brackets import CLOSERS, unmatched_closers, unmatched_count
from aurelis.tasks.replies.fences import fenced_blocks, without_thinking
from aurelis.tasks.replies.layout import indent_of, uses_tabs

PROSE_LANGUAGES: Final = frozenset({"asciidoc", "latex", "markdown", "mdx", "plaintext", "quarto", "restructuredtext"})
LONGEST_REPLY: Final = 20_000
"""Characters of a reply that are looked at, reasoning apart; no completion is as long."""
COMPARED_LINES: Final = 30
"""How many lines before and after the cursor a reply may repeat."""
REPEATED_LINES: Final = 3
"""A line so often in a row is a model that runs away."""
_WORD_MARKS: Final = frozenset("#@")
"""Marks that begin a word and are not doubled: `#define`, `@property`."""
BALANCED_CHARACTERS: Final = 2_000
"""Characters before and after the cursor in which brackets are counted."""
_TYPED_BY_EDITORS: Final = CLOSERS | {'"', "'", "`", ",", ";"}
TELLING: Final = 3
"""Word characters that a repeated line needs, to be taken for a repetition."""

_PROSE: Final = re.compile(
    r"^\s*(?:sure|certainly|of course|okay|here(?:'s| is| are)|the (?:missing|complete|completion|code|text)"
    r"|to complete|this (?:code|completes|will|is)|i(?:'ll| will| would|'m| am| can| cannot| can't)|below is|note:"
    r"|explanation:|completion:|answer:|output:)\b[^{}();=<>\[\]]*[.:!]?\s*$",
    re.IGNORECASE,
)
_WORDS_BEFORE: Final = re.compile(r"^\s*(?:#|//|/\*|\*|--|<!--|\"{3}|'{3})")
"""A line that is a comment or begins a docstring: one sentence is legitimate there."""
_ENDS_BLOCK: Final = re.compile(r"^\s*(?:return|break|continue|raise|throw|pass)\b")
_MARKER: Final = re.compile(r"<<<CURSOR>>>|<\|?(?:fim_\w+|endoftext|im_end|im_start|cursor|eot_id)\|?>")
_WORD_END: Final = re.compile(r"\w+$")
_WORD_START: Final = re.compile(r"\w+")


@attrs.frozen
class GhostText:
    """An item: put `text` in place of what stands from `start` to `end`, one line's characters around the cursor."""

    start: int
    end: int
    text: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Hole:
    """The place that is to be filled; `multiline` says whether more than the rest of the line is wanted."""

    prefix: str = attrs.field(repr=False)
    suffix: str = attrs.field(repr=False)
    language_id: str
    multiline: bool
    eol: str = "\n"
    max_lines: int = 20

    @property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        return split_lines(self.prefix)[-1]

    @property
    def line_after(self) -> str:
        """The cursor's line from the cursor on, without its break."""
        return split_lines(self.suffix)[0].rstrip("\r\n")

    @property
    def lines_below(self) -> list[str]:
        """The lines below the cursor's, blank ones left out, as far as a reply may repeat them."""
        lines = split_lines(self.suffix[: 200 * COMPARED_LINES])[1:]
        return [line.strip() for line in lines if line.strip()][:COMPARED_LINES]


def ghost_text(reply: str, hole: Hole) -> GhostText | None:
    """The item for a finished reply, or None where nothing is left of it."""
    text = _MARKER.sub("", without_thinking(reply)[:LONGEST_REPLY]).replace("\r\n", "\n").replace("\r", "\n")
    text = _unwrapped(text, hole)
    text = _without_prefix(text, hole)
    text = _with_indentation("\n".join(_before_next_lines(text.split("\n"), hole)), hole)
    lines = _bounded(text.split("\n"), hole)
    text, covered = _fitted("\n".join(lines).rstrip(" \t\n"), hole)
    text = text.rstrip(" \t\n")
    if not text.strip() or text == hole.line_after[:covered]:
        return None
    cursor = len(hole.prefix)
    return GhostText(cursor, cursor + covered, with_line_ending(text, hole.eol))


def enough(so_far: str, hole: Hole) -> bool:
    """Whether the rest of a reply that is still streaming could not be used."""
    if len(so_far) > LONGEST_REPLY:
        return True
    text = without_thinking(so_far)
    if hole.language_id not in PROSE_LANGUAGES and text.lstrip().startswith(("```", "~~~")):
        blocks = fenced_blocks(text)
        return bool(blocks) and blocks[0].closed
    complete = text.rpartition("\n")[0]
    if not complete.strip():
        return False
    cleaned = _without_prefix(_unwrapped(complete.replace("\r", ""), hole), hole)
    if not cleaned.strip():
        return False
    lines = cleaned.split("\n")
    if not hole.multiline:
        return bool(lines[0].strip()) or len(lines) > 1
    kept = _before_next_lines(lines, hole)
    return len(kept) < len(lines) or len(_bounded(_with_indentation(cleaned, hole).split("\n"), hole)) < len(lines)


def _unwrapped(text: str, hole: Hole) -> str:
    """The reply without fences and sentences around code; fences in a document of prose are its own."""
    if hole.language_id in PROSE_LANGUAGES:
        blocks = fenced_blocks(text)
        alone = len(blocks) == 1 and not (text[: blocks[0].start] + text[blocks[0].end :]).strip()
        return blocks[0].content if alone and blocks[0].language in {"markdown", "md", "text"} else text
    blocks = fenced_blocks(text)
    if blocks and not _in_fence(hole):
        return blocks[0].content.removesuffix("\n")
    lines = text.split("\n")
    if _WORDS_BEFORE.match(hole.line_before) and sum(1 for line in lines if line.strip()) == 1:
        return text
    while lines and (_PROSE.match(lines[0]) and len(lines[0].split()) > 1):
        lines.pop(0)
        while lines and not lines[0].strip():
            lines.pop(0)
    return "\n".join(lines)


def _in_fence(hole: Hole) -> bool:
    """Whether the cursor stands in a docstring or comment that has a fence open, so that a fence is legitimate."""
    return len(re.findall(r"^[ \t/*#!]*```", hole.prefix[-4_000:], re.MULTILINE)) % 2 == 1


def _without_prefix(text: str, hole: Hole) -> str:
    """The text without what it repeats of the lines before the cursor."""
    current = hole.line_before
    before = split_lines(hole.prefix)[-COMPARED_LINES - 1 : -1]
    lines = text.split("\n")
    earlier = [line.strip() for line in before if line.strip()]
    filled = [index for index, line in enumerate(lines) if line.strip()]
    repeats = False
    for count in range(min(len(earlier), len(filled)), 0, -1):
        said = [lines[index].strip() for index in filled[:count]]
        if said == earlier[-count:] and (count > 1 or _telling(said[0])):
            rest = lines[filled[count - 1] + 1 :]
            following = next((line.strip() for line in rest if line.strip()), "")
            if not current.strip() or following.startswith(current.strip()):
                lines = rest
                repeats = True
                break
    text = "\n".join(lines)
    if not current.strip():
        return _without_indent(text, current)
    typed = current.lstrip()
    said_first = text.lstrip(" \t\n")
    if said_first.startswith(typed):
        remainder = said_first[len(typed) :]
        indented = current != typed and text.lstrip("\n").startswith(current)
        certain = repeats or indented or len(typed.strip()) >= TELLING
        if certain and not remainder.strip():
            return ""
        mark = typed in _WORD_MARKS and remainder[:1].isalpha()
        quotes = not typed.strip("\"'`")
        if certain or mark or (remainder.strip() and not quotes and imbalance(hole, remainder) < imbalance(hole, text)):
            return remainder
    return _without_typed_word(text, hole)


def _without_typed_word(text: str, hole: Hole) -> str:
    """The text without the part of a word that is typed already, where the model began the word anew."""
    typed = _WORD_END.search(hole.line_before)
    said = _WORD_START.match(text)
    if typed is None or said is None or len(typed.group()) < 2 or not said.group().startswith(typed.group()):  # noqa: PLR2004 - one letter proves nothing
        return text
    known = frozenset(re.findall(r"\w+", hole.prefix[-20_000 : -len(typed.group())] + " " + hole.suffix[:20_000]))
    whole_word_repeats = said.group() in known or len(typed.group()) >= TELLING
    if len(said.group()) > len(typed.group()) and whole_word_repeats and typed.group() + said.group() not in known:
        return text[len(typed.group()) :]
    return text


def _without_indent(text: str, current: str) -> str:
    """The text without the indentation that stands before the cursor already."""
    lines = text.split("\n")
    while len(lines) > 1 and not lines[0].strip() and current:
        lines.pop(0)
    first = indent_of(lines[0])
    lines[0] = lines[0][len(first) :] if len(first) <= len(current) else lines[0][len(current) :]
    return "\n".join(lines)


def _with_indentation(text: str, hole: Hole) -> str:
    """The text with its lower lines indented as the document is, where the model began again at the margin."""
    lines = text.split("\n")
    below = [line for line in lines[1:] if line.strip()]
    if not below:
        return text
    if uses_tabs(hole.prefix + hole.suffix) and not any(line.startswith("\t") for line in below):
        lines = [lines[0], *(_as_tabs(line) for line in lines[1:])]
        below = [line for line in lines[1:] if line.strip()]
    base = indent_of(hole.line_before)
    opened = (hole.line_before + lines[0]).rstrip().endswith((":", "{", "(", "[", "=>", "->"))
    depth = len(indent_of(below[0]))
    begun_again = (
        depth <= len(base)
        if opened
        else (depth < len(base) and not hole.line_before.strip() and not _ENDS_BLOCK.match(lines[0]))
    )
    if base and begun_again and not (below[0].lstrip()[:1] in CLOSERS and len(below) == 1):
        lines = [lines[0], *(base + line if line.strip() else line for line in lines[1:])]
    return "\n".join(lines)


def _as_tabs(line: str) -> str:
    indent = indent_of(line)
    return "\t" * (len(indent) // 4) + " " * (len(indent) % 4) + line[len(indent) :]


def _bounded(lines: Sequence[str], hole: Hole) -> list[str]:
    """The lines up to the end of the block, the file's next lines, a runaway repetition or the limit."""
    if not hole.multiline:
        return list(lines[:1])
    base = len(indent_of(hole.line_before))
    kept: list[str] = []
    for number, line in enumerate(lines):
        if number >= hole.max_lines:
            break
        stripped = line.strip()
        if number and stripped:
            depth = len(indent_of(line))
            if depth < base or (depth == base and hole.line_before.strip() and stripped[0] not in CLOSERS):
                break
            if [other.strip() for other in kept[-REPEATED_LINES + 1 :]] == [stripped] * (REPEATED_LINES - 1):
                kept = kept[: -REPEATED_LINES + 2]
                break
        kept.append(line)
    return kept


def _before_next_lines(lines: Sequence[str], hole: Hole) -> list[str]:
    """The lines up to where they go on as the document does below the cursor."""
    below = hole.lines_below
    blank = not hole.line_before.strip()
    for number, line in enumerate(lines):
        if below and line.strip() == below[0] and (number or blank) and _goes_on_as(lines[number:], below):
            return list(lines[:number])
    return list(lines)


def _goes_on_as(lines: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the lines repeat those below the cursor: to their end, or at least two of them, or a telling one."""
    said = [line.strip() for line in lines if line.strip()]
    same = 0
    while same < min(len(said), len(below)) and said[same] == below[same]:
        same += 1
    telling = any(_telling(line) for line in said[:same])
    return telling and (same == len(said) or same >= 2)  # noqa: PLR2004 - two lines in a row are no accident


def _fitted(text: str, hole: Hole) -> tuple[str, int]:
    """The text without what it repeats of the cursor's line, and how many characters behind the cursor it replaces.

    Among the ways to read the text (as it is, without its end, over closers that the editor typed by itself) the one
    that leaves the fewest brackets and quotes unmatched is meant; where that does not tell, a repetition is one.
    """
    after = hole.line_after.rstrip()
    if not after:
        return text, 0
    if "\n" in text and after.strip()[:1] not in _TYPED_BY_EDITORS:
        text = text.split("\n", 1)[0].rstrip()
    readings = [
        (text[:-length], 0) for length in range(min(len(after), len(text)), 0, -1) if _repeats(text, after, length)
    ]
    closers = unmatched_closers(text)
    covered = 0
    while covered < min(len(closers), len(after)) and after[covered] == closers[covered]:
        covered += 1
        readings.append((text, covered))
    readings.append((text, 0))
    whole = readings[0][0] != text and len(text) - len(readings[0][0]) == len(after) and _telling(after)
    return readings[0] if whole else min(readings, key=lambda reading: imbalance(hole, *reading))


def _repeats(text: str, after: str, length: int) -> bool:
    """Whether the text ends with the first characters behind the cursor, all of them or telling ones.

    A rule of dashes goes on as a rule of dashes; that is no repetition.
    """
    end = after[:length]
    if not text.endswith(end):
        return False
    if length < len(after):
        return _telling(end)
    rule = length >= TELLING and len(set(end.strip())) == 1
    return not rule


def _telling(text: str) -> bool:
    """Whether a text has enough letters and digits for its repetition to be no accident."""
    return len(re.findall(r"\w", text)) >= TELLING


def imbalance(hole: Hole, text: str, covered: int = 0) -> int:
    """How many brackets and quotes near the cursor have no partner, once the text stands there."""
    return unmatched_count(
        hole.prefix[-BALANCED_CHARACTERS:] + text + hole.suffix[covered : covered + BALANCED_CHARACTERS]
    )
