"""What a reply repeats of the text before the cursor.

Models begin with the line that they complete, with the lines above it, or with the word that is half typed. Code
repeats itself too, so out come readings, the likeliest first.
"""

from __future__ import annotations

import re
from enum import Enum
from itertools import islice
from typing import Final

from aurelis.tasks.ghost.block_layout import closes_block
from aurelis.tasks.ghost.hole import TELLING, Hole, telling
from aurelis.tasks.ghost.twice import DISTINCT_WORDS, is_line_for_once, is_quote_again, is_seldom_twice
from aurelis.tasks.replies.brackets import OPENER_OF, unmatched_count
from aurelis.tasks.replies.layout import indent_of

LONGEST_ECHO: Final = 4_000
"""Characters of a reply that may be an echo."""
_BLANKS: Final = " \t\N{NO-BREAK SPACE}"
_WORD: Final = re.compile(r"\w+")
_TAG: Final = re.compile(r"<(\w[\w-]*)")
_WORD_END: Final = re.compile(r"(?<!\w)\w+$")
_OPENS: Final = (":", "{", "(", "[", "=>", "->", ",")
_WORD_MARKS: Final = frozenset("#@")
"""Marks that begin a word and are not doubled: `#define`, `@property`."""
_SHORTEST_LINE: Final = 8
"""Characters of a whole line that is no accident where hardly anybody writes it twice in a row."""
_LONG_LINE: Final = 8
"""Different words of a line that hardly anybody writes twice in a row."""
_BELONG_BELOW: Final = frozenset("@#/*-[<")
"""What decorators, comments and attributes begin with, which belong to the line below."""
_LONG_QUOTES: Final = frozenset({'"' * 3, "'" * 3})
_JOINS: Final = frozenset("-.:/_'")
"""Marks within what reads as one word."""


class _Chance(Enum):
    """How likely a repetition is an echo."""

    NONE = 0
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3


def readings(text: str, hole: Hole) -> list[str]:
    """The text with and without what it repeats, the likeliest first."""
    likely: list[str] = []
    possible: list[str] = []
    for said, typed in _borders(text, hole.before):
        if _within_a_word(text, said, hole):
            continue  # It ends within a word of the reply, and the word before the cursor is complete.
        rest = _moved(_rest(text[said:], hole), _missing_indent(text[:said], hole.before), hole)
        chance = _chance(text[:said], hole.before[typed:], hole, rest)
        if chance is not _Chance.CERTAIN and rest.strip() and _keeps_its_distance(text, said, typed, hole):
            chance = _Chance.LIKELY
        if chance is _Chance.CERTAIN:
            return [*likely, rest]
        if chance is not _Chance.NONE:
            (likely if chance is _Chance.LIKELY else possible).append(rest)
    word = _without_typed_word(text, hole)
    if word is not None:
        likely.append(word)
    plain = _plain(text, hole)
    return list(dict.fromkeys([*likely, plain, *possible]))


def _within_a_word(text: str, end: int, hole: Hole) -> bool:
    """Whether a word goes on where an echo ends, though the word before the cursor is complete: `btn ` and `btn-lg`."""
    if not hole.line_before[-1:].isspace() or not text[end - 1].isalnum():
        return False
    first_word = _WORD.fullmatch(text[:end].strip()) is not None
    return text[end : end + 1].isalnum() or (first_word and text[end : end + 1] in _JOINS)


def _keeps_its_distance(text: str, said: int, typed: int, hole: Hole) -> bool:
    """Whether blank lines separate an echoed line from the rest as they do from the cursor's line."""
    behind, echo = text[said:], hole.before[typed:]
    if hole.line_before.strip() or not _begins_a_line(echo, hole):
        return False
    distance = echo[len(echo.rstrip()) :].count("\n")
    return distance > 1 and behind[: len(behind) - len(behind.lstrip())].count("\n") == distance


def _begins_a_line(echo: str, hole: Hole) -> bool:
    return not hole.before[: len(hole.before) - len(echo)].rpartition("\n")[2].strip()


def _plain(text: str, hole: Hole) -> str:
    """The text, where nothing is an echo: only blanks that stand before the cursor already go."""
    if hole.line_before.strip():
        return text
    lines = text.split("\n")
    blank = next((number for number, line in enumerate(lines) if line.strip()), 0)
    above = hole.before.split("\n")[-2:][0]
    if hole.line_before or not blank or not above.strip() or indent_of(lines[blank]):
        return "\n".join(lines[blank:])
    return text if blank > 1 or _stands_apart(lines[blank], above, hole) else "\n".join(lines[blank:])


def _stands_apart(line: str, above: str, hole: Hole) -> bool:
    """Whether a blank line belongs between a line at the margin and the one above the cursor, as between others."""
    word = _WORD.match(line)
    if word is None or above.rstrip().endswith(_OPENS) or above.lstrip()[0] in _BELONG_BELOW:
        return False
    document = [*hole.before.split("\n")[:-1], "", *hole.after.split("\n")[1:]]
    others = [
        at for at in range(1, len(document)) if _WORD.match(document[at]) and document[at].startswith(word.group())
    ]
    return bool(others) and not any(document[at - 1].strip() for at in others)


def _borders(text: str, before: str) -> list[tuple[int, int]]:
    """The beginnings of a text that are ends of another, longest first, blanks aside.

    Each as the offset behind it in the text and the offset of it in the other.
    """
    said = [(at, character) for at, character in enumerate(text[:LONGEST_ECHO]) if not character.isspace()]
    backwards = ((at, before[at]) for at in range(len(before) - 1, -1, -1) if not before[at].isspace())
    typed = list(islice(backwards, len(said)))[::-1]
    # Some models quote in a way of their own.
    pattern = [character.replace("'", '"') for _, character in said]
    joined = [*pattern, "", *(character.replace("'", '"') for _, character in typed)]
    longest = _prefix_function(joined)
    found = []
    length = longest[-1] if joined and typed else 0
    while length:
        found.append((said[length - 1][0] + 1, typed[-length][0]))
        length = longest[length - 1]
    return found


def _prefix_function(sequence: list[str]) -> list[int]:
    """For each place the length of the longest beginning that ends there (Knuth, Morris, Pratt)."""
    longest = [0] * len(sequence)
    for at in range(1, len(sequence)):
        length = longest[at - 1]
        while length and sequence[at] != sequence[length]:
            length = longest[length - 1]
        longest[at] = length + (sequence[at] == sequence[length])
    return longest


def _rest(rest: str, hole: Hole) -> str:
    """What follows an echo, from the cursor on."""
    current = hole.line_before
    if current.strip():
        blanks = len(current) - len(current.rstrip(_BLANKS))
        said = len(rest) - len(rest.lstrip(_BLANKS))
        return rest[min(blanks, said) :]
    first, break_, below = rest.partition("\n")
    return _plain(below, hole) if break_ and not first.strip() else rest


def _missing_indent(said: str, before: str) -> str:
    """What a reply left out of the indentation of the lines that it says again, the last one that is whole tells."""
    theirs, ours = said.rstrip().rpartition("\n")[2], before.rstrip().rpartition("\n")[2]
    if "\n" not in said.strip() or theirs.strip() != ours.strip():
        return ""
    lacking = len(indent_of(ours)) - len(indent_of(theirs))
    return indent_of(ours)[:lacking] if lacking > 0 and indent_of(ours).endswith(indent_of(theirs)) else ""


def _moved(rest: str, missing: str, hole: Hole) -> str:
    """The rest of a reply, its lines deeper by what is missing of their indentation."""
    first, break_, below = rest.partition("\n")
    if hole.line_before.strip():
        lines = below.split("\n")
        return first + break_ + "\n".join(missing + line if line.strip() else line for line in lines)
    return "\n".join(missing + line if line.strip() else line for line in rest.split("\n"))


def _closes_more(text: str, tag: str) -> bool:
    """Whether a text has more ends of an element than beginnings, so that one stands before it."""
    name = _TAG.match(tag)
    return name is not None and text.count(f"</{name.group(1)}") > text.count(name.group())


def _chance(said: str, echo: str, hole: Hole, rest: str) -> _Chance:
    """How likely a repetition is an echo: `said` in the reply, `echo` where it stands in the document."""
    lines = [line.strip() for line in echo.split("\n") if line.strip()]
    if not hole.line_before.strip():
        return _chance_of_lines(lines, said, echo, hole, rest)
    if is_quote_again(said, rest, hole):
        return _Chance.CERTAIN
    typed = hole.line_before.lstrip()
    words = _WORD.findall(echo)
    if len(echo) < len(typed):
        return _chance_of_half_a_line(words, echo, hole, rest)
    if len(lines) > 1 and not _begins_a_line(echo, hole):
        return _Chance.POSSIBLE
    if len(lines) > 1 or (len(words) >= DISTINCT_WORDS and len("".join(words)) >= DISTINCT_WORDS * TELLING):
        return _Chance.CERTAIN
    indent = indent_of(hole.line_before)
    laid_out = len(indent) > 1 and said.startswith(indent + typed[0])
    # Nobody writes a directive, or a mark of a comment and a word, twice in a line.
    directive = typed[0] == "#" and len(typed) > TELLING and said.lstrip().startswith(typed)
    seldom = len(typed) >= _SHORTEST_LINE and is_seldom_twice(typed, hole)
    if rest.strip() and (laid_out or directive or seldom):
        return _Chance.CERTAIN
    return _chance_of_little(typed, said, rest, hole)


def _chance_of_little(typed: str, said: str, rest: str, hole: Hole) -> _Chance:
    """What is typed in the line is so little that it tells hardly anything: a word, a mark or two."""
    if typed in OPENER_OF.values() and hole.line_after[:1] in OPENER_OF and not unmatched_count(said + rest):
        return _Chance.LIKELY
    if _closes_more(said + rest, typed):
        return _Chance.POSSIBLE
    if typed == "/" and rest[:1] != "/":
        return _Chance.NONE  # The second of the two that begin a comment.
    if _rule(typed) and _is_a_longer_rule(typed, said + rest, hole):
        return _Chance.LIKELY
    to_the_letter = (
        len(typed) > 1 and (said + " " * 8).lstrip().startswith(typed) and (not _rule(typed) or typed[0] == "`")
    )
    if telling(typed) or to_the_letter or (typed in _WORD_MARKS and rest[:1].isalpha()) or typed == rest[:1] == "/":
        return _Chance.LIKELY
    return _Chance.POSSIBLE if rest.strip() else _Chance.NONE


def _chance_of_lines(lines: list[str], said: str, echo: str, hole: Hole, rest: str) -> _Chance:
    """Whole lines above a cursor whose own line is blank; a single one may well be meant to come twice."""
    if not _begins_a_line(echo, hole):
        return _Chance.NONE
    if closes_block(lines[0]) and rest.strip():
        start = len(hole.before) - len(echo)
        indent = hole.before[hole.before.rfind("\n", 0, start) + 1 : start]
        if indent_of(said.lstrip("\n")) == indent and not hole.in_words:
            return _Chance.LIKELY  # Nothing is closed twice.
    if lines[-1].endswith("{") and rest.strip():
        return _Chance.LIKELY  # No block is opened twice.
    if not any(telling(line) for line in lines):
        return _Chance.NONE
    if len(lines) > 1:
        if len(set(lines)) == 1:
            return _Chance.POSSIBLE
        return _Chance.CERTAIN if sum(telling(line) for line in lines) > 1 else _Chance.LIKELY
    if not rest.strip():
        return _Chance.NONE
    long = len(set(_WORD.findall(lines[0]))) >= _LONG_LINE
    once = long or lines[0].endswith(_OPENS) or is_line_for_once(lines[0], hole)
    return _Chance.LIKELY if once else _Chance.POSSIBLE


def _chance_of_half_a_line(words: list[str], echo: str, hole: Hole, rest: str) -> _Chance:
    if echo[:1].isalnum() and hole.before[: len(hole.before) - len(echo)][-1:].isalnum():
        return _Chance.NONE
    if not words or not rest.strip():
        return _Chance.NONE
    opens = rest.startswith("\n") and echo.rstrip().endswith(_OPENS)
    return _Chance.LIKELY if opens or is_seldom_twice(echo, hole) else _Chance.POSSIBLE


def _rule(text: str) -> bool:
    """Whether a text is one character again and again, as in a line of dashes."""
    return len(set(text.strip())) == 1 and len(text.strip()) > 1


def _is_a_longer_rule(typed: str, text: str, hole: Hole) -> bool:
    """Whether a text begins with a run of the typed character that other lines begin with too: `>>>` behind `>>`."""
    run = text[: len(text) - len(text.lstrip(typed[0]))]
    if len(run) <= len(typed):
        return False
    if run in _LONG_QUOTES:
        return True
    begins = (line.lstrip() for line in hole.before.split("\n")[:-1])
    return any(line.startswith(run) and line[len(run) : len(run) + 1] != run[0] for line in begins)


def _without_typed_word(text: str, hole: Hole) -> str | None:
    """The text without the part of a word that is typed already, where the model began the word anew."""
    typed = _WORD_END.search(hole.line_before)
    said = _WORD.match(text)
    if typed is None or said is None or not said.group().startswith(typed.group()):
        return None
    known = frozenset(re.findall(r"\w+", hole.prefix[-20_000 : -len(typed.group())] + " " + hole.suffix[:20_000]))
    if typed.group() + said.group() in known:
        return None
    rest = text[len(typed.group()) :]
    if len(set(typed.group())) == 1 and len(typed.group()) > 1:
        return None  # `ff` goes on as `ffffff`.
    if typed.group().isdigit():
        return rest if len(typed.group()) >= TELLING and said.group() == typed.group() else None
    if said.group() == typed.group() and len(typed.group()) < TELLING:
        # So short a word is doubled only in a longer one, but where it is a name by itself.
        return rest if typed.group() in known and rest.strip() else None
    return rest if len(typed.group()) > 1 else None


def without_indent(text: str, hole: Hole) -> str:
    """The text without the indentation of its first line, where the cursor stands behind an indentation already."""
    current = hole.line_before
    if current.strip() or not current:
        return text
    return text[len(indent_of(text)) :]
