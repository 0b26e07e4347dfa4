"""What stood where a placeholder stands now, and the way back. Lives in memory only: never cached, logged or sent.

Redaction (in the room `security`) makes a `RedactionMap`; whoever turns an answer into an edit calls `restore` with the
document that the edit is for. The rule (invariant 13): a secret returns only into the document that it came from, at
most as often as it stood there, and only into the same kind of place. A model that was talked into moving a
secret, for example into the address of a stranger's host, therefore moves a placeholder.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, Literal

import attrs

PlaceKind = Literal["string", "comment", "bare"]

_LITERAL: Final = re.compile(
    r"""
    (?P<string>
        (?P<delimiter>\"{3}|'{3}) (?:\\.|(?!(?P=delimiter)).)*+ (?:(?P=delimiter)|\Z)
      | (?<!\\) " (?:\\.|[^"\\\n])*+ "
      | (?<!\\) ' (?:\\.|[^'\\\n])*+ '
      | (?<!\\) ` (?:\\.|[^`\\])*+ `
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
_TWO_DIGITS: Final = 10
"""Placeholders from which on one may begin like another."""

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

    `whole` says whether it fills its literal alone; `authority` is the scheme and host of the address around it. The
    `delimiter` of a string may differ, as long as the secret does not end the literal.
    """

    kind: PlaceKind
    whole: bool
    authority: str | None
    delimiter: str = attrs.field(default="", eq=False)


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

    def place(self, start: int, end: int, left: str, right: str) -> _Place:
        """The kind of place from `start` to `end`; `left` and `right` complete the word that it is part of."""
        # The secret itself may hold any sign of an address, so it is left out.
        address = _AUTHORITY.search(f"{left}\0{right}")
        authority = address[0] if address else None
        index = bisect_right(self._starts, start) - 1
        if index >= 0:
            first, last, string, width = self._spans[index]
            if first < start < last and string:
                whole = start == first + width and end == last - width
                return _Place("string", whole, authority, self._text[first : first + width])
            if first < start < last:
                return _Place("comment", whole=False, authority=authority)
        return _Place("bare", whole=False, authority=authority)


def restore(text: str, redactions: RedactionMap, document: str) -> Restored:
    """Put secrets back into the text that `document` is going to have; both are whole.

    A secret returns at most as often as it stood in the document, and only where the place is of the same kind: within
    a string literal, a comment or neither; filling the literal alone or not; within an address of the same scheme and
    host or of none. What does not fit keeps its placeholder and is counted.
    """
    if not redactions.entries:
        return Restored(text, 0, 0)
    by_placeholder = {entry.placeholder: entry for entry in redactions.entries}
    pattern = _placeholder_pattern(redactions)
    found = list(pattern.finditer(text))
    if not found:
        return Restored(text, 0, 0)
    names = {match[0] for match in found} & by_placeholder.keys()
    budget = _places_of_secrets(document, by_placeholder, names, pattern)
    lexed = _Lexed(text)
    pieces: list[str] = []
    position = restored = refused = 0
    for match in found:
        name = match[0]
        entry = by_placeholder.get(name)
        if entry is None:
            # An ordinal that was never given out: the model's invention, unless the document itself has that word.
            refused += name not in document
            continue
        around = _word_around(text, match.start(), match.end(), pattern, by_placeholder)
        place = lexed.place(match.start(), match.end(), *around)
        origin = _origin(place, budget[name], entry.secret)
        if origin is None:
            refused += 1
            continue
        budget[name] = [candidate for candidate in budget[name] if candidate is not origin]
        pieces += [text[position : match.start()], entry.secret]
        position = match.end()
        restored += 1
    return Restored("".join([*pieces, text[position:]]), restored, refused)


def mentions(text: str, redactions: RedactionMap) -> bool:
    """Whether a text holds a placeholder of these, or what a model made of one; for text into which none may return."""
    return bool(redactions.entries) and _placeholder_pattern(redactions).search(text) is not None


def _placeholder_pattern(redactions: RedactionMap) -> re.Pattern[str]:
    """Any placeholder that was given out, else any other ordinal of the same stem, in whatever case.

    A digit that stands behind a placeholder is read as its own as long as the longer number was not given out.
    """
    known = sorted((entry.placeholder for entry in redactions.entries), key=lambda name: (-len(name), name))
    stems = sorted({_PLACEHOLDER_TAIL.sub("", name) for name in known})
    invented = f"(?i:{'|'.join(map(re.escape, stems))})\\d+"
    if len(known) < _TWO_DIGITS:
        return re.compile("|".join([*map(re.escape, known), invented]))
    return re.compile("|".join([*(f"{re.escape(name)}(?!\\d)" for name in known), *map(re.escape, known), invented]))


def _resolve(name: str, by_placeholder: dict[str, Redaction]) -> str:
    entry = by_placeholder.get(name)
    return name if entry is None else entry.secret


def _places_of_secrets(
    document: str, by_placeholder: dict[str, Redaction], names: set[str], pattern: re.Pattern[str]
) -> dict[str, list[_Place]]:
    """Where the secrets of these names stand, judged with all secrets hidden as they are in the text to restore."""
    placeholders = {entry.secret: entry.placeholder for entry in by_placeholder.values()}
    longest_first = sorted(placeholders, key=lambda secret: (-len(secret), secret))
    pieces: list[str] = []
    found: list[tuple[str, int]] = []
    position = offset = 0
    for match in re.finditer("|".join(map(re.escape, longest_first)), document):
        name = placeholders[match[0]]
        offset += match.start() - position
        found.append((name, offset))
        pieces += [document[position : match.start()], name]
        offset += len(name)
        position = match.end()
    hidden = "".join([*pieces, document[position:]])
    lexed = _Lexed(hidden)
    places: dict[str, list[_Place]] = {name: [] for name in names}
    for name, start in found:
        if name in names:
            end = start + len(name)
            around = _word_around(hidden, start, end, pattern, by_placeholder)
            places[name].append(lexed.place(start, end, *around))
    return places


def _origin(place: _Place, places: list[_Place], secret: str) -> _Place | None:
    """A place of the document that is like this one: with the same delimiter if there is one."""
    alike = [candidate for candidate in places if candidate == place]
    same = [candidate for candidate in alike if candidate.delimiter == place.delimiter]
    if same:
        return same[0]
    return alike[0] if alike and not _breaks_out(secret, place.delimiter) else None


def _word_around(
    text: str, start: int, end: int, pattern: re.Pattern[str], by_placeholder: dict[str, Redaction]
) -> tuple[str, str]:
    first = start
    while first > 0 and start - first < _WORD_LIMIT and text[first - 1] not in _WORD_EDGE:
        first -= 1
    last = end
    while last < len(text) and last - end < _WORD_LIMIT and text[last] not in _WORD_EDGE:
        last += 1
    left, right = (
        pattern.sub(lambda match: _resolve(match[0], by_placeholder), part)
        for part in (text[first:start], text[end:last])
    )
    return left, right


def _breaks_out(secret: str, delimiter: str) -> bool:
    """Whether a secret would end the string literal that it is put into."""
    if not delimiter:
        return False
    if len(delimiter) == 1 and delimiter != "`" and "\n" in secret:
        return True
    return re.search(r"(?<!\\)(?:\\\\)*" + re.escape(delimiter), secret) is not None
