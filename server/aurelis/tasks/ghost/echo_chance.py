"""How likely a repetition of the text before the cursor is an echo rather than code that repeats itself."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from aurelis.tasks.ghost.block_layout import closes_block
from aurelis.tasks.ghost.hole import MARKDOWN_LANGUAGES, TELLING, Hole, telling
from aurelis.tasks.ghost.twice import DISTINCT_WORDS, is_line_for_once, is_quote_again, is_seldom_twice
from aurelis.tasks.replies.brackets import LONG_QUOTES, OPENER_OF, unmatched_count
from aurelis.tasks.replies.layout import indent_of

OPENS: Final = (":", "{", "(", "[", "=>", "->", ",")
"""What lines below belong to."""
_WORD: Final = re.compile(r"\w+")
_TAG: Final = re.compile(r"<(\w[\w-]*)")
_WORD_MARKS: Final = frozenset("#@\\")
"""Marks that begin a word and are not doubled: `#define`, `@property`, `\\begin`."""
_SHORTEST_LINE: Final = 8
"""Characters of a whole line that is no accident where hardly anybody writes it twice in a row."""
_LONG_LINE: Final = 8
"""Different words of a line that hardly anybody writes twice in a row."""
_COMMENT_MARKS: Final = frozenset({"*", "#", "%", "//", "--"})
"""What each line of a comment begins with once."""


SEVERAL_LINES: Final = 2
"""More lines than that, laid out alike, are no accident even if none of them has a word."""


class Chance(Enum):
    """How likely a repetition is an echo."""

    NONE = 0
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3


def chance_of_echo(said: str, echo: str, hole: Hole, rest: str) -> Chance:
    """How likely a repetition is an echo: `said` in the reply, `echo` where it stands in the document."""
    lines = [line.strip() for line in echo.split("\n") if line.strip()]
    if not hole.line_before.strip():
        return _chance_of_lines(lines, said, echo, hole, rest)
    if is_quote_again(said, rest, hole):
        return Chance.CERTAIN
    typed = hole.line_before.lstrip()
    words = _WORD.findall(echo)
    if len(echo) < len(typed):
        return _chance_of_half_a_line(words, echo, hole, rest)
    if len(lines) > 1 and not begins_a_line(echo, hole):
        return Chance.POSSIBLE
    if len(lines) > 1 or (len(words) >= DISTINCT_WORDS and len("".join(words)) >= DISTINCT_WORDS * TELLING):
        return Chance.CERTAIN
    indent = indent_of(hole.line_before)
    laid_out = len(indent) > 1 and said.startswith(indent + typed[0])
    # Nobody writes a directive, or a mark of a comment and a word, twice in a line.
    directive = typed[0] == "#" and len(typed) > TELLING and said.lstrip().startswith(typed)
    seldom = len(typed) >= _SHORTEST_LINE and is_seldom_twice(typed, hole)
    if rest.strip() and (laid_out or directive or seldom):
        return Chance.CERTAIN
    return _chance_of_little(typed, said, rest, hole)


def _closes_more(text: str, tag: str) -> bool:
    """Whether a text has more ends of an element than beginnings, so that one stands before it."""
    name = _TAG.match(tag)
    return name is not None and text.count(f"</{name.group(1)}") > text.count(name.group())


def _chance_of_little(typed: str, said: str, rest: str, hole: Hole) -> Chance:
    """What is typed in the line is so little that it tells hardly anything: a word, a mark or two."""
    doubled = 2 * typed in hole.before  # As in templates.
    closed = hole.line_after[:1] in OPENER_OF and not unmatched_count(said + rest)
    if typed in OPENER_OF.values() and closed and not doubled:
        return Chance.LIKELY
    if _closes_more(said + rest, typed):
        return Chance.POSSIBLE
    if typed == "/" and rest[:1] != "/":
        return Chance.NONE  # The second of the two that begin a comment.
    if typed == "#" and hole.language_id in MARKDOWN_LANGUAGES and _has_deeper_headings(hole):
        return Chance.NONE
    if hole.in_words and rest.strip() and (rest[:1].isspace() or typed[-1].isspace()) and _begins_words(typed, hole):
        return Chance.LIKELY
    if _rule(typed) and _is_a_longer_rule(typed, said + rest, hole):
        return Chance.LIKELY
    to_the_letter = (
        len(typed) > 1 and (said + " " * 8).lstrip().startswith(typed) and (not _rule(typed) or typed[0] in "`_")
    )
    if telling(typed) or to_the_letter or (typed in _WORD_MARKS and rest[:1].isalpha()) or typed == rest[:1] == "/":
        return Chance.LIKELY
    return Chance.POSSIBLE if rest.strip() else Chance.NONE


def _chance_of_lines(lines: list[str], said: str, echo: str, hole: Hole, rest: str) -> Chance:
    """Whole lines above a cursor whose own line is blank; a single one may well be meant to come twice."""
    if not begins_a_line(echo, hole):
        return Chance.NONE
    start = len(hole.before) - len(echo)
    indent = hole.before[hole.before.rfind("\n", 0, start) + 1 : start]
    laid_out = indent_of(said.lstrip("\n")) == indent or _is_laid_out_as(said, indent + echo)
    if closes_block(lines[0]) and rest.strip() and not hole.in_words and laid_out:
        return Chance.LIKELY  # Nothing is closed twice.
    if lines[-1].endswith("{") and rest.strip():
        return Chance.LIKELY  # No block is opened twice.
    if not any(telling(line) for line in lines):
        own = len(lines) > SEVERAL_LINES and rest.strip() and _is_laid_out_as(said, indent + echo)
        return Chance.LIKELY if own else Chance.NONE
    if len(lines) > 1:
        if len(set(lines)) == 1:
            return Chance.POSSIBLE
        return Chance.CERTAIN if sum(telling(line) for line in lines) > 1 else Chance.LIKELY
    if not rest.strip():
        return Chance.NONE
    long = len(set(_WORD.findall(lines[0]))) >= _LONG_LINE
    above = hole.before[: len(hole.before) - len(echo)].split("\n")[-2:-1]
    if [line.strip() for line in above] == lines:
        return Chance.POSSIBLE  # It stands there twice already.
    once = long or lines[0].endswith(OPENS) or is_line_for_once(lines[0], hole)
    return Chance.LIKELY if once else Chance.POSSIBLE


def _is_laid_out_as(said: str, echo: str) -> bool:
    """Whether several lines go down and up as others do, wherever they begin."""
    ours, theirs = ([len(indent_of(line)) for line in text.split("\n") if line.strip()] for text in (said, echo))
    return len(ours) == len(theirs) > 1 and len({one - other for one, other in zip(ours, theirs, strict=True)}) == 1


def _chance_of_half_a_line(words: list[str], echo: str, hole: Hole, rest: str) -> Chance:
    if echo[:1].isalnum() and hole.before[: len(hole.before) - len(echo)][-1:].isalnum():
        return Chance.NONE
    if not words or not rest.strip():
        return Chance.NONE
    opens = rest.startswith("\n") and echo.rstrip().endswith(OPENS)
    return Chance.LIKELY if opens or is_seldom_twice(echo, hole) else Chance.POSSIBLE


def _begins_words(typed: str, hole: Hole) -> bool:
    """Whether a mark begins a line of words once: a comment's line, a heading."""
    mark = typed.rstrip()
    return mark in _COMMENT_MARKS or (hole.language_id in MARKDOWN_LANGUAGES and set(mark) == {"#"})


def _rule(text: str) -> bool:
    """Whether a text is one character again and again, as in a line of dashes."""
    return len(set(text.strip())) == 1 and len(text.strip()) > 1


def _has_deeper_headings(hole: Hole) -> bool:
    """Whether a page has headings near the cursor, and its title is none of them or above."""
    above, below = hole.before.split("\n")[:-1], hole.after.split("\n")
    titled = any(line.startswith("# ") for line in below) and not any(line.startswith("# ") for line in above)
    return any(line.startswith("## ") for line in above + below) and not titled


def _is_a_longer_rule(typed: str, text: str, hole: Hole) -> bool:
    """Whether a text begins with a run of the typed character that other lines begin with too: `>>>` behind `>>`."""
    run = text[: len(text) - len(text.lstrip(typed[0]))]
    if len(run) <= len(typed):
        return False
    if run in LONG_QUOTES:
        return True
    begins = (line.lstrip() for line in hole.before.split("\n")[:-1])
    return any(line.startswith(run) and line[len(run) : len(run) + 1] != run[0] for line in begins)


def begins_a_line(echo: str, hole: Hole) -> bool:
    """Whether what is repeated stands at the beginning of its line in the document."""
    return not hole.before[: len(hole.before) - len(echo)].rpartition("\n")[2].strip()
