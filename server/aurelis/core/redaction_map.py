"""What stood where a placeholder stands now, and the way back. Lives in memory only: never cached, logged or sent.

Redaction (in the room `security`) makes a `RedactionMap`; whoever turns an answer into an edit calls `restore` with the
document that the edit is for. The rule (invariant 13): a secret returns only into the document that it came from, at
most as often as it stood there, and only into the same kind of place. A model that was talked into moving a
secret, for example into the address of a stranger's host, therefore moves a placeholder.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, Literal

import attrs

PlaceKind = Literal["string", "comment", "bare"]

_LITERAL: Final = re.compile(
    r"""
    (?P<string>
        (?P<delimiter>\"{3}|'{3}) (?:\\.|(?!(?P=delimiter)).)*+ (?:(?P=delimiter)|\Z)
      | " (?:\\.|[^"\\\n])*+ "
      | ' (?:\\.|[^'\\\n])*+ '
      | ` (?:\\.|[^`\\])*+ `
    )
  | /\* .*? (?:\*/|\Z)
  | <!-- .*? (?:-->|\Z)
  | (?:(?<=\s)|(?<![\s\S])) (?:\#|//|--(?=\s)) [^\n]*
    """,
    re.VERBOSE | re.DOTALL,
)
"""Strings and comments of most languages. It knows no grammar: it is applied to both sides, so that it errs alike."""

_WORD_EDGE: Final = frozenset(" \t\r\n\"'`<>")
_WORD_LIMIT: Final = 2_000
"""Characters looked at on each side of a secret to find the word that it stands in."""

_AUTHORITY: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#\\]*")
_PLACEHOLDER_TAIL: Final = re.compile(r"\d+$")


@attrs.frozen
class Redaction:
    """One secret and its stand-in.

    `placeholder` is a per-request ordinal that does not occur in the prompt; `rule` names the kind of secret.
    """

    placeholder: str
    secret: str = attrs.field(repr=False)
    rule: str


@attrs.frozen
class RedactionMap:
    """All stand-ins of one request, in order of first occurrence."""

    entries: tuple[Redaction, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)


@attrs.frozen
class Restored:
    """A text with its secrets back.

    `restored` and `refused` count places. A refused place still holds its placeholder, so a text with any must not be
    applied as an edit; `refused` above zero is the security event `restore_refused`.
    """

    text: str = attrs.field(repr=False)
    restored: int
    refused: int


@attrs.frozen
class _Place:
    """Where a secret stands: what must be alike for it to return.

    `whole` says whether it fills its literal alone; `authority` is the scheme and host of the address that it is part of.
    """

    kind: PlaceKind
    whole: bool
    authority: str | None


class _Lexed:
    """The literals of a text, found once, asked by offset."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []
        self._spans: list[tuple[int, int, bool, int]] = []
        for match in _LITERAL.finditer(text):
            delimiter = 3 if match["delimiter"] else 1
            self._starts.append(match.start())
            self._spans.append((match.start(), match.end(), match["string"] is not None, delimiter))

    def place(self, start: int, end: int, stands_for: tuple[str, str, str]) -> tuple[_Place, str]:
        """The kind of place from `start` to `end`, and the opening delimiter of its string, if it is in one.

        `stands_for` are the word's left part, the secret and the word's right part, placeholders resolved.
        """
        address = _AUTHORITY.search("".join(stands_for))
        authority = address[0] if address else None
        index = bisect_right(self._starts, start) - 1
        if index >= 0:
            first, last, string, width = self._spans[index]
            if first < start < last and string:
                whole = start == first + width and end == last - width
                return _Place("string", whole, authority), self._text[first : first + width]
            if first < start < last:
                return _Place("comment", whole=False, authority=authority), ""
        return _Place("bare", whole=False, authority=authority), ""


def restore(
    text: str,
    redactions: RedactionMap,
    document: str,
    *,
    before: str = "",
    after: str = "",
    replaced: str | None = None,
) -> Restored:
    """Put secrets back into text that is going to be an edit of `document` (its whole original text).

    A secret returns at most as often as it stood in the document, and only where the place is of the same kind: within
    a string literal, a comment or neither; filling the literal alone or not; within an address of the same scheme and
    host or of none. What does not fit keeps its placeholder and is counted.

    `before` and `after` are the document's text around a fragment, so that a fragment that begins inside a string
    literal is judged as such. `replaced`, where known, is the text that the edit takes away: secrets beyond those
    that stood in it are refused, so that the document never ends up with more copies than it began with.
    """
    if not redactions.entries:
        return Restored(text, 0, 0)
    by_placeholder = {entry.placeholder: entry for entry in redactions.entries}
    pattern = _placeholder_pattern(redactions)
    found = list(pattern.finditer(text))
    if not found:
        return Restored(text, 0, 0)
    budget = {
        name: _places(document, by_placeholder[name].secret)
        for name in {match[0] for match in found}
        if name in by_placeholder
    }
    copies = {
        name: len(places) if replaced is None else min(len(places), replaced.count(by_placeholder[name].secret))
        for name, places in budget.items()
    }
    whole_text = before + text + after
    lexed = _Lexed(whole_text)
    pieces: list[str] = []
    position = restored = refused = 0
    for match in found:
        name = match[0]
        entry = by_placeholder.get(name)
        if entry is None:
            # An ordinal that was never given out: the model's invention, unless the document itself has that word.
            refused += name not in document
            continue
        start, end = match.start() + len(before), match.end() + len(before)
        left, right = _word_around(whole_text, start, end)
        words = tuple(pattern.sub(lambda m: _resolve(m[0], by_placeholder), part) for part in (left, right))
        place, delimiter = lexed.place(start, end, (words[0], entry.secret, words[1]))
        if copies[name] <= 0 or place not in budget[name] or _breaks_out(entry.secret, delimiter):
            refused += 1
            continue
        copies[name] -= 1
        budget[name].remove(place)
        pieces += [text[position : match.start()], entry.secret]
        position = match.end()
        restored += 1
    return Restored("".join([*pieces, text[position:]]), restored, refused)


def _placeholder_pattern(redactions: RedactionMap) -> re.Pattern[str]:
    stems = sorted({_PLACEHOLDER_TAIL.sub("", entry.placeholder) for entry in redactions.entries})
    return re.compile(f"(?:{'|'.join(map(re.escape, stems))})\\d+")


def _resolve(name: str, by_placeholder: dict[str, Redaction]) -> str:
    entry = by_placeholder.get(name)
    return name if entry is None else entry.secret


def _places(document: str, secret: str) -> list[_Place]:
    lexed = _Lexed(document)
    places = []
    for start in _occurrences(document, secret):
        end = start + len(secret)
        left, right = _word_around(document, start, end)
        places.append(lexed.place(start, end, (left, secret, right))[0])
    return places


def _occurrences(document: str, secret: str) -> Iterator[int]:
    start = document.find(secret)
    while start >= 0:
        yield start
        start = document.find(secret, start + len(secret))


def _word_around(text: str, start: int, end: int) -> tuple[str, str]:
    first = start
    while first > 0 and start - first < _WORD_LIMIT and text[first - 1] not in _WORD_EDGE:
        first -= 1
    last = end
    while last < len(text) and last - end < _WORD_LIMIT and text[last] not in _WORD_EDGE:
        last += 1
    return text[first:start], text[end:last]


def _breaks_out(secret: str, delimiter: str) -> bool:
    """Whether a secret would end the string literal that it is put into."""
    if not delimiter:
        return False
    if len(delimiter) == 1 and delimiter != "`" and "\n" in secret:
        return True
    return re.search(r"(?<!\\)(?:\\\\)*" + re.escape(delimiter), secret) is not None
