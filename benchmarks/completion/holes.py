"""Holes cut in real files: what a person has typed so far, what they would type next, and what stands behind it.

Line breaks inside are line feeds; `eol` is what the file has. The missing text never ends in blanks, because a
completion does not either.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Final

import attrs
from corpus import SourceFile

OPENERS: Final = MappingProxyType({"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"})
MOST_LINES: Final = 9
LONGEST: Final = 700
_BLANK_OR_CLOSER: Final = " \t)]}"
_CLOSING_WORDS: Final = frozenset({"end", "endif", "done", "esac", "fi"})
_WORD: Final = re.compile(r"[A-Za-z_]\w{3,}")
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")


@attrs.frozen
class Hole:
    """One hole: the file is `before + missing + after`, the document `before + inserted + after`.

    `inserted` is what the editor closed by itself when an opening bracket was typed.
    """

    kind: str
    file: SourceFile
    before: str = attrs.field(repr=False)
    missing: str
    after: str = attrs.field(repr=False)
    inserted: str = ""

    @property
    def eol(self) -> str:
        """The file's line ending."""
        return "\r\n" if "\r\n" in self.file.text else "\n"

    @property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        return self.before.rpartition("\n")[2]

    @property
    def document(self) -> str:
        """What the editor has, in the file's own line endings."""
        return (self.before + self.inserted + self.after).replace("\n", self.eol)

    @property
    def original(self) -> str:
        """What the document should be after the completion was taken."""
        return (self.before + self.missing + self.after).replace("\n", self.eol)


Maker = Callable[[SourceFile, list[str], random.Random], Hole | None]


def holes_of(file: SourceFile, seed: int, kinds: Iterator[str] | tuple[str, ...] | None = None) -> Iterator[Hole]:
    """One hole of each kind that the file has a place for."""
    lines = file.text.replace("\r\n", "\n").split("\n")
    for kind in kinds or KINDS:
        chance = random.Random(f"{seed} {file.package} {file.name} {kind}")
        for _ in range(20):
            hole = KINDS[kind](file, lines, chance)
            if hole is not None and is_fair(hole):
                yield hole
                break


def is_fair(hole: Hole) -> bool:
    """Whether something is missing that a completion can say."""
    return bool(hole.missing.strip()) and hole.missing == hole.missing.rstrip() and len(hole.missing) <= LONGEST


def _cut(
    kind: str, file: SourceFile, lines: list[str], row: int, start: int, end_row: int, end: int, inserted: str = ""
) -> Hole:
    before = "\n".join([*lines[:row], lines[row][:start]])
    after = "\n".join([lines[end_row][end:], *lines[end_row + 1 :]])
    whole = "\n".join(lines)
    return Hole(kind, file, before, whole[len(before) : len(whole) - len(after)], after, inserted)


def _row(lines: list[str], chance: random.Random) -> int | None:
    row = chance.randrange(len(lines))
    return row if len(lines[row].strip()) >= 8 and lines[row] == lines[row].rstrip() else None


def depth(line: str) -> int:
    """How many characters a line is indented by."""
    return len(line) - len(line.lstrip(" \t"))


def _rest_of_line(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    row = _row(lines, chance)
    if row is None:
        return None
    places = [match.start() for match in _TOKEN.finditer(lines[row])][1:]
    return _cut("rest of line", file, lines, row, chance.choice(places), row, len(lines[row])) if places else None


def _mid_word(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    row = _row(lines, chance)
    words = list(_WORD.finditer(lines[row])) if row is not None else []
    if row is None or not words:
        return None
    word = chance.choice(words)
    return _cut("in a word", file, lines, row, chance.randrange(word.start() + 2, word.end()), row, len(lines[row]))


def _inside_line(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    row = _row(lines, chance)
    if row is None:
        return None
    tokens = list(_TOKEN.finditer(lines[row]))
    if len(tokens) < 5:
        return None
    first = chance.randrange(1, len(tokens) - 2)
    last = min(len(tokens) - 2, first + chance.randrange(5))
    return _cut("inside a line", file, lines, row, tokens[first].start(), row, tokens[last].end())


def _whole_line(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    row = _row(lines, chance)
    return None if row is None else _cut("line", file, lines, row, depth(lines[row]), row, len(lines[row]))


def _bare_line(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    """The cursor stands at the margin although the line is indented."""
    row = _row(lines, chance)
    if row is None or not depth(lines[row]):
        return None
    return _cut("line at the margin", file, lines, row, 0, row, len(lines[row]))


def _block_end(lines: list[str], row: int) -> int:
    """The last line of the block that a line stands in, as far as indentation tells."""
    base, last = depth(lines[row]), row
    for number in range(row + 1, min(len(lines), row + MOST_LINES)):
        if lines[number].strip():
            if depth(lines[number]) < base:
                break
            last = number
    return last


def _lines(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    row = _row(lines, chance)
    if row is None:
        return None
    last = _block_end(lines, row)
    if last == row or lines[last] != lines[last].rstrip():
        return None
    return _cut("rest of block", file, lines, row, depth(lines[row]), last, len(lines[last]))


def _behind_blank_lines(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    """The cursor stands in an empty line right below another, and one more blank line or two belong there."""
    row = _row(lines, chance)
    if row is None or row + 2 >= len(lines) or lines[row + 1]:
        return None
    first = next((number for number in range(row + 2, min(len(lines), row + 4)) if lines[number].strip()), None)
    if first is None or any(lines[row + 1 : first]):
        return None
    last = min(first + chance.randrange(3), _block_end(lines, first))
    return _cut("behind blank lines", file, lines, row + 1, 0, last, len(lines[last]))


def _body(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    """All of a block, the cursor at the end of the line that opens it."""
    row = _row(lines, chance)
    if row is None or not lines[row].endswith((":", "{")) or row + 1 >= len(lines):
        return None
    if depth(lines[row + 1]) <= depth(lines[row]) or not lines[row + 1].strip():
        return None
    last = _block_end(lines, row + 1)
    if last + 1 < len(lines) and last - row >= MOST_LINES - 1:
        return None
    return _cut("block behind its opener", file, lines, row, len(lines[row]), last, len(lines[last]))


def _auto_closed(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    """An opening bracket or quote was typed and the editor put its partner behind the cursor."""
    row = _row(lines, chance)
    if row is None:
        return None
    line = lines[row]
    places = [
        at + 1 for at, character in enumerate(line[:-1]) if character in OPENERS and _partner(line, at) is not None
    ]
    if not places:
        return None
    start = chance.choice(places)
    return _cut("auto-closed", file, lines, row, start, row, len(line), OPENERS[line[start - 1]])


def _partner(line: str, at: int) -> int | None:
    opener, closer = line[at], OPENERS[line[at]]
    if opener == closer:
        if line[:at].count(opener) % 2 or line[at : at + 3] == opener * 3 or line[at - 1 : at].isalnum():
            return None
        found = line.find(closer, at + 1)
        return found if found > 0 else None
    level = 0
    for number in range(at, len(line)):
        level += (line[number] == opener) - (line[number] == closer)
        if not level:
            return number
    return None


def _auto_closed_block(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    """`{` was typed at the end of a line, the editor added `}`, and the rest of the block follows."""
    row = _row(lines, chance)
    if row is None or not lines[row].endswith("{"):
        return None
    base = depth(lines[row])
    for last in range(row + 1, min(len(lines), row + MOST_LINES)):
        if lines[last].strip() and depth(lines[last]) <= base:
            closes = lines[last].lstrip().startswith("}") and depth(lines[last]) == base
            if not closes or last == row + 1:
                return None
            return _cut("auto-closed block", file, lines, row, len(lines[row]), last, base + 1, "}")
    return None


def _end_of_file(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    """The last lines of the last block, with all that closes what is open and nothing of the blocks around it."""
    last = next((number for number in range(len(lines) - 1, 0, -1) if lines[number].strip()), 0)
    row = last - chance.randrange(MOST_LINES - 1)
    below = lines[row + 1 : last + 1]
    if row < 1 or not lines[row].strip() or any(line[:1].strip(_BLANK_OR_CLOSER) for line in below):
        return None
    outside = [line.split()[0] for line in below if line.strip() and depth(line) < depth(lines[row])]
    if any(word[0] not in _BLANK_OR_CLOSER and word not in _CLOSING_WORDS for word in outside):
        return None
    return _cut("end of file", file, lines, row, depth(lines[row]), last, len(lines[last]))


def _into_later_lines(file: SourceFile, lines: list[str], chance: random.Random) -> Hole | None:
    """The rest of a line and one to three lines of the same block below it."""
    row = _row(lines, chance)
    if row is None:
        return None
    last = min(row + chance.randrange(1, 4), _block_end(lines, row))
    places = [match.start() for match in _TOKEN.finditer(lines[row])][1:]
    if last == row or not places or not all(line.strip() for line in lines[row : last + 1]):
        return None
    return _cut("into later lines", file, lines, row, chance.choice(places), last, len(lines[last]))


KINDS: Final[MappingProxyType[str, Maker]] = MappingProxyType(
    {
        "rest of line": _rest_of_line,
        "in a word": _mid_word,
        "inside a line": _inside_line,
        "line": _whole_line,
        "line at the margin": _bare_line,
        "rest of block": _lines,
        "behind blank lines": _behind_blank_lines,
        "block behind its opener": _body,
        "auto-closed": _auto_closed,
        "auto-closed block": _auto_closed_block,
        "end of file": _end_of_file,
        "into later lines": _into_later_lines,
    }
)
