"""What a reply repeats of the text before the cursor.

Models begin with the line that they complete, with the lines above it, or with the word that is half typed. Code
repeats itself too, so out come readings, the likeliest first.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from aurelis.tasks.ghost.blank_lines import blank_lines_meant
from aurelis.tasks.ghost.echo_chance import Chance, begins_a_line, chance_of_echo
from aurelis.tasks.ghost.hole import TELLING, Hole
from aurelis.tasks.replies.layout import blank_count, first_line, indent_of

LONGEST_ECHO: Final = 4_000
"""Characters of a reply that may be an echo."""
_BLANKS: Final = " \t\N{NO-BREAK SPACE}"
_WORD: Final = re.compile(r"\w+")
_WORD_END: Final = re.compile(r"(?<!\w)\w+$")
_JOINS: Final = frozenset("-.:/_'")
"""Marks within what reads as one word."""
_OPERATORS: Final = frozenset(
    {"==", "=>", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", ":=", "&&", "||", "++", "--", "<<"}
    | {">>", "->", "<-", "::", "??", "?.", "**", "//", "/*", "..", "|>"}
)
"""Two marks that are one."""


def readings(text: str, hole: Hole) -> list[str]:
    """The text with and without what it repeats, the likeliest first."""
    likely: list[str] = []
    possible: list[str] = []
    for said, typed in _borders(text, hole.before):
        if _within_a_word(text, said, hole) or _within_an_operator(text, said, hole):
            continue  # What it ends within in the reply is complete before the cursor.
        rest = _moved(_rest(text[said:], hole), _missing_indent(text[:said], hole.before), hole)
        chance = chance_of_echo(text[:said], hole.before[typed:], hole, rest)
        if chance.value > Chance.POSSIBLE.value and (
            _goes_on_in_its_line(text[said:], hole) or _goes_on_below(rest, hole)
        ):
            chance = Chance.POSSIBLE
        if chance is not Chance.CERTAIN and rest.strip() and _keeps_its_distance(text, said, typed, hole):
            chance = Chance.LIKELY
        if chance is Chance.CERTAIN:
            return [*likely, rest]
        if chance is not Chance.NONE:
            (likely if chance is Chance.LIKELY else possible).append(rest)
    word = _without_typed_word(text, hole)
    if word is not None:
        likely.append(word)
    plain = _plain(text, hole)
    return list(dict.fromkeys([*likely, plain, *possible]))


def _within_a_word(text: str, end: int, hole: Hole) -> bool:
    """Whether a word goes on where an echo ends, though the word before the cursor is complete: `btn ` and `btn-lg`."""
    if not hole.line_before:
        return text[end - 1].isalnum() and (text[end : end + 1].isalnum() or text[end : end + 1] in _JOINS)
    if not hole.line_before[-1:].isspace() or not text[end - 1].isalnum():
        return False
    first_word = _WORD.fullmatch(text[:end].strip()) is not None
    return text[end : end + 1].isalnum() or (first_word and text[end : end + 1] in _JOINS)


def _within_an_operator(text: str, end: int, hole: Hole) -> bool:
    """Whether an operator goes on where an echo ends, though the one before the cursor is complete: `= ` and `==`."""
    return hole.line_before[-1:].isspace() and text[end - 1 : end + 1] in _OPERATORS


def _goes_on_in_its_line(behind: str, hole: Hole) -> bool:
    """Whether an echo's line goes on, though a line has begun behind it in the document."""
    return not hole.line_before.strip() and bool(behind.partition("\n")[0].strip())


def _goes_on_below(rest: str, hole: Hole) -> bool:
    """Whether behind a word there are only the lines below the cursor, so that the word itself is the answer."""
    return rest.startswith("\n") and bool(hole.line_before.strip()) and first_line(rest) == hole.next_line != ""


def _keeps_its_distance(text: str, said: int, typed: int, hole: Hole) -> bool:
    """Whether blank lines separate an echoed line from the rest as they do from the cursor's line."""
    behind, echo = text[said:], hole.before[typed:]
    if hole.line_before.strip() or not begins_a_line(echo, hole):
        return False
    distance = echo[len(echo.rstrip()) :].count("\n")
    return distance > 1 and behind[: len(behind) - len(behind.lstrip())].count("\n") == distance


def _plain(text: str, hole: Hole) -> str:
    """The text, where nothing is an echo: only blanks that stand before the cursor already go."""
    if hole.line_before.strip():
        return text
    lines = text.split("\n")
    said = blank_count(lines)
    if said in {0, len(lines)}:
        return text
    meant = 0 if hole.line_before else blank_lines_meant(said, lines[said], hole)
    return "\n".join(lines[said - meant :])


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
    if not break_ or first.strip():
        return rest
    if not below.strip():
        return below
    lines = below.split("\n")
    said = blank_count(lines)
    # Behind what is said again the distance is known.
    return "\n".join(lines[min(said, hole.blank_lines_above) if not hole.line_before else said :])


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
