"""Continuing text by its own example: where the last words stood before, what came next then may come next now.

In come the texts before and after a hole; out comes the continuation, or nothing when no earlier place is long and
unambiguous enough. Nothing is invented: apart from indentation every line of a continuation stands in the given text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

MIN_MATCHED_CHARACTERS: Final = 10
"""Fewest characters, blanks aside, that an earlier place must share with the text before the hole."""

CLEAR_LEAD_CHARACTERS: Final = 6
"""A place that agrees so much longer than all that say otherwise is taken as the only one."""

MAX_MATCHED_TOKENS: Final = 80
"""How far back two places are compared; whatever agrees longer than this counts as equal."""

MAX_SEARCHED_CHARACTERS: Final = 60_000
"""How much text on either side of the hole is looked at, nearest to the hole; prompts are shorter than that."""

MAX_COMPARED_PLACES: Final = 100
"""Places whose continuations are compared, nearest to the hole; that many that agree are example enough."""

MAX_FOLLOWING_CHARACTERS: Final = 4_000
"""How much text on either side of a place is looked at for its continuation."""

MAX_BLOCK_LINES: Final = 12
"""Most lines that one continuation adds below its own."""

_TOKEN: Final = re.compile(r"\s*\n\s*|[^\S\n]+|\w+|[^\w\s]")
_COMMENTED_FILES: Final = re.compile(r"(\S{1,3}) \S+:\n(?:\1[^\n]*\n)+\n")
"""Comments that begin with a name and a colon: that is how other files are shown to a model for holes in one."""
_OPENERS: Final = (":", "{", "(", "[", "=>")


@attrs.frozen
class _Token:
    """A word, a mark or a blank run; `form` is what is compared, so that indentation does not matter."""

    form: str
    start: int
    end: int


@attrs.frozen
class _Place:
    """An earlier place that agrees: `matched` characters (blanks aside) end at `end` in `text`."""

    matched: int
    text: str
    end: int


def continue_text(prefix: str, suffix: str) -> str:
    """The continuation of `prefix` that leads up to `suffix`, or an empty string."""
    others, prefix = _without_other_files(prefix)
    prefix = prefix[-MAX_SEARCHED_CHARACTERS:]
    others = others[max(0, len(others) - MAX_SEARCHED_CHARACTERS + len(prefix)) :]
    suffix = suffix[:MAX_SEARCHED_CHARACTERS]
    here = _tokens(prefix)
    texts = (others, prefix, suffix)
    places = [place for text in texts for place in _agreeing_places(here, text, text is prefix)]
    longest = max((place.matched for place in places), default=0)
    if longest < MIN_MATCHED_CHARACTERS:
        return ""
    close = [place for place in places if place.matched > longest - CLEAR_LEAD_CHARACTERS]
    continuations = {_continue_like(place, prefix, suffix) for place in close[-MAX_COMPARED_PLACES:]}
    return continuations.pop() if len(continuations) == 1 else ""


def _without_other_files(prefix: str) -> tuple[str, str]:
    """The code of other files that stands above in comments, as code again, and what is the file's own."""
    lead = _COMMENTED_FILES.match(prefix)
    if lead is None:
        return "", prefix
    mark = lead.group(1)
    lines = (line.removeprefix(mark).removeprefix(" ") for line in lead.group().splitlines())
    return "\n".join(lines), prefix[lead.end() :]


def _tokens(text: str) -> list[_Token]:
    return [_Token(_form(match.group()), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def _form(text: str) -> str:
    if "\n" in text:
        return "\n"
    return " " if text.isspace() else text


def _agreeing_places(here: list[_Token], text: str, is_prefix: bool) -> Iterator[_Place]:
    """Every place in the text whose tokens up to it agree with the last ones before the hole."""
    if not here:
        return
    there = here[:-1] if is_prefix else _tokens(text)
    last = here[-1].form
    for index, token in enumerate(there):
        # The last word may still be growing: then it must begin the word that stood there.
        if not (token.form == last or ((last[0].isalnum() or last[0] == "_") and token.form.startswith(last))):
            continue
        matched = 0 if last.isspace() else len(last)
        for back in range(1, min(index, len(here) - 1, MAX_MATCHED_TOKENS) + 1):
            form = here[-1 - back].form
            if there[index - back].form != form:
                break
            matched += 0 if form.isspace() else len(form)
        end = token.end if last.isspace() else token.start + len(last)
        if matched:
            yield _Place(matched, text, end)


def _continue_like(place: _Place, prefix: str, suffix: str) -> str:
    """What followed at the place, re-indented for the hole, up to the end of its line or block."""
    before = place.text[max(0, place.end - MAX_FOLLOWING_CHARACTERS) : place.end]
    shift = _indent_of_last_code_line(prefix[-MAX_FOLLOWING_CHARACTERS:]) - _indent_of_last_code_line(before)
    line, *below = place.text[place.end : place.end + MAX_FOLLOWING_CHARACTERS].splitlines() or [""]
    line = _lead_in(place, prefix, shift) + line.rstrip()
    after_cursor, *following = suffix[:MAX_FOLLOWING_CHARACTERS].splitlines() or [""]
    if after_cursor.strip():
        # Only what leads up to the rest of the line fits before it.
        return line[: -len(after_cursor)].rstrip() if line.endswith(after_cursor) else ""
    base = _width(_line_at(place.text, place.end))
    opened = (_line_before(place.text, place.end) + line).rstrip().endswith(_OPENERS)
    block = _block(below, base, opened) if opened or not line.strip() else []
    next_line = next((text.strip() for text in following if text.strip()), None)
    kept: list[str] = []
    for text in block:
        if text.strip() == next_line:
            break
        kept.append(_reindent(text, shift))
    if not line.strip() and not kept:
        return ""
    newline = "\r\n" if "\r\n" in prefix else "\n"
    return newline.join([line, *kept]).rstrip()


def _lead_in(place: _Place, prefix: str, shift: int) -> str:
    """The blanks still missing where the hole stands at the start of a line."""
    typed = prefix[prefix.rfind("\n") + 1 :]
    if typed.strip():
        return ""
    wanted = _width(_line_at(place.text, place.end)) + shift
    return " " * max(0, wanted - len(typed))


def _block(below: list[str], base: int, opened: bool) -> list[str]:
    """The lines that belong under a line of that indentation: deeper ones if it opened a block, else the next one."""
    block: list[str] = []
    for text in below[:MAX_BLOCK_LINES]:
        if not text.strip() or _width(text) < base or (opened and _width(text) == base):
            break
        block.append(text.rstrip())
        if not opened:
            break
    return block


def _reindent(text: str, shift: int) -> str:
    if shift >= 0:
        return " " * shift + text
    return text[min(-shift, _width(text)) :]


def _line_at(text: str, position: int) -> str:
    end = text.find("\n", position)
    return text[text.rfind("\n", 0, position) + 1 : None if end < 0 else end]


def _line_before(text: str, position: int) -> str:
    return text[text.rfind("\n", 0, position) + 1 : position]


def _indent_of_last_code_line(text: str) -> int:
    """The indentation of the last line that holds more than blanks, in characters."""
    last = text.rstrip()
    return _width(last[last.rfind("\n") + 1 :])


def _width(line: str) -> int:
    return len(line) - len(line.lstrip())
