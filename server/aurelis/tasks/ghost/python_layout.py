"""Whether Python's lines stand as its blocks need them, which its tree-sitter grammar does not tell.

The grammar takes a head without a body, a line indented for no reason and an `else` without its `if` for whole code;
Python does not run it. What is counted here is what its tokenizer and parser would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

import attrs

LONGEST_SCANNED: Final = 20_000
"""Characters before the cursor in which the beginning of the definition around it is looked for."""
_TOKEN: Final = re.compile(
    r'"{3}(?:\\.|(?!"{3}).)*+"{3}'
    r"|'{3}(?:\\.|(?!'{3}).)*+'{3}"
    r'|(?P<open>"{3}|\'{3})'
    r'|"(?:\\.|[^"\\\n])*+"'
    r"|'(?:\\.|[^'\\\n])*+'"
    r"|(?P<silent>\#[^\n]*|\\\r?\n|[^\S\n]+)|(?P<bracket>[()\[\]{}])|(?P<end>\n)|\w+|.",
    re.DOTALL,
)
_AT_THE_MARGIN: Final = re.compile(r"^(?:@|(?:async )?def |class )", re.MULTILINE)
_METHOD: Final = re.compile(r"^[ \t]+(?:async )?def ", re.MULTILINE)
_WORD: Final = re.compile(r"@|\w+")
_TAB_STOP: Final = 8
"""Columns between Python's tab stops."""
_FOLLOWS: Final = MappingProxyType(
    {
        "elif": frozenset({"if", "elif"}),
        "else": frozenset({"if", "elif", "for", "while", "except", "async"}),
        "except": frozenset({"try", "except"}),
        "finally": frozenset({"try", "except", "else"}),
    }
)
"""What a clause may stand behind."""
_DEFINES: Final = frozenset({"def", "class", "async", "@"})
_LEAVES: Final = frozenset({"return", "raise", "break", "continue"})
"""What stands below these in the same block is never reached: Python takes it, but hardly anybody means it."""
_REACHED: Final = frozenset({*_FOLLOWS, "yield"})
"""What may stand below them all the same: a function with a `yield` anywhere is a generator."""
_OPENERS: Final = "([{"


@attrs.frozen
class _Statement:
    """A logical line: how deep it stands, its first word, whether it is the head of a block."""

    indent: int
    word: str
    opens: bool


@attrs.frozen
class Place:
    """What is known where the statement begins that the cursor stands in.

    `levels` has, outermost first, the indentation of each block around and the first word of its last statement, None
    where that lies further above than was read.
    """

    offset: int
    levels: tuple[tuple[int, str | None], ...] = ()
    opened: bool = False


def place_of(prefix: str) -> Place | None:
    """Where the statement begins that a text ends in; None where too much would have to be read."""
    start = max(0, len(prefix) - LONGEST_SCANNED)
    if start:
        nearest = prefix.find("\n", start) + 1
        begins = [*_AT_THE_MARGIN.finditer(prefix, nearest)] or [*_METHOD.finditer(prefix, nearest)]
        if not begins:
            return None
        start = begins[-1].start()
    place = Place(start)
    for end, statement in _statements(prefix, start):
        place = attrs.evolve(_after(place, statement)[0], offset=end)
    return place


def layout_faults(text: str, place: Place, *, whole: bool = False) -> int:
    """How many lines of a text, from the place on, stand where Python does not take them.

    Of a `whole` one the last line is no head without a body.
    """
    faults = 0
    for _, statement in _statements(text, place.offset):
        place, more = _after(place, statement)
        faults += more
    return faults + (whole and place.opened)


def _after(place: Place, statement: _Statement) -> tuple[Place, int]:
    """The place behind a statement, and how many faults it has."""
    levels, faults = list(place.levels), 0
    deepest = levels[-1][0] if levels else statement.indent
    if statement.indent > deepest:
        faults += not place.opened
        levels.append((statement.indent, None))
    else:
        faults += place.opened
        while len(levels) > 1 and levels[-1][0] > statement.indent:
            faults += levels.pop()[1] == "try"
        if levels and levels[-1][0] < statement.indent:
            faults += 1
            levels.append((statement.indent, None))
        elif not levels or levels[-1][0] > statement.indent:
            levels[-1:] = [(statement.indent, None)]
    before = levels[-1][1]
    follows = _FOLLOWS.get(statement.word)
    if before is not None:
        faults += follows is not None and before not in follows
        faults += before == "try" and statement.word not in {"except", "finally"}
        faults += before == "@" and statement.word not in _DEFINES
        faults += before in _LEAVES and statement.word not in _REACHED
    levels[-1] = (statement.indent, statement.word)
    return Place(place.offset, tuple(levels), statement.opens), faults


def _statements(text: str, start: int) -> Iterator[tuple[int, _Statement]]:
    """The logical lines that end in a text, each with the offset behind it; none from an open string on."""
    depth, first, last = 0, -1, ""
    for match in _TOKEN.finditer(text, start):
        token = match.group()
        if match["open"] is not None:
            return
        if match["end"] is not None:
            if depth <= 0 and first >= 0:
                yield match.end(), _statement(text, first, opens=last == ":")
                first, depth = -1, 0
        elif match["silent"] is None:
            first = match.start() if first < 0 else first
            last = token
            if match["bracket"] is not None:
                depth += 1 if token in _OPENERS else -1


def _statement(text: str, first: int, *, opens: bool) -> _Statement:
    word = _WORD.match(text, first)
    line = text[text.rfind("\n", 0, first) + 1 : first].rpartition("\f")[2]
    return _Statement(len(line.expandtabs(_TAB_STOP)), "" if word is None else word.group(), opens)
