"""A reply that is all there but written down in another way: quoted, as a string, with blanks that hold, or twice.

What it means may be text as well, so out come readings, the likeliest first.
"""

from __future__ import annotations

import json
import re
from typing import Final

from aurelis.tasks.ghost.hole import PROSE_LANGUAGES, Hole, telling
from aurelis.tasks.ghost.word_places import in_quotes
from aurelis.tasks.replies.layout import indent_of

_HOLDING_BLANKS: Final = re.compile("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]")
_HOLDING_INDENT: Final = re.compile("^[ \t\N{NO-BREAK SPACE}]+", re.MULTILINE)
_WORD: Final = re.compile(r"\w+")
_WORD_BEFORE: Final = re.compile(r"\w+$")
_QUOTED_LINE: Final = re.compile(r">(?: |$)")
_MARKUP: Final = frozenset({"astro", "html", "javascriptreact", "svelte", "typescriptreact", "vue", "xml"})
"""Languages in which a line may begin with the end of a tag."""
_BEFORE_VALUES: Final = re.compile(
    r"[\[(,=:+&|.<>!?%*/\"'-]$|\b(?:and|assert|await|case|echo|else|from|import|in|include|not|or|print|raise|require"
    r"|return|throw|yield)$|\b\w{1,2}$"
)
"""What a string goes on behind: an operator, a keyword, a short prefix of its own."""
_CODE_MARK: Final = re.compile(r"[;={}()\n]|^[ \t]")
"""What a string that is a statement by itself hardly has."""
_NO_COMPARISONS: Final = frozenset({"css", "json", "jsonc", "toml", "yaml"})
_DISTINCT_WORDS: Final = 2
"""Different words of a line that hardly anybody writes twice in a row."""


def readings(text: str, hole: Hole) -> list[str]:
    """The text as it is, and as it may be meant, the likeliest first."""
    text = _with_plain_blanks(text, hole)
    found = _without_quotation(text, hole) or _from_string(text, hole) or _said_once(text, hole)
    return found or [text]


def _with_plain_blanks(text: str, hole: Hole) -> str:
    """The text without blanks that hold, of which the document has none, where they are no words' own."""
    held = len(_HOLDING_BLANKS.findall(text))
    if not held or _HOLDING_BLANKS.search(hole.before + hole.after) is not None:
        return text
    words = hole.language_id in PROSE_LANGUAGES or hole.in_words or in_quotes(hole)
    if words and (held == 1 or " " in text):
        return _HOLDING_INDENT.sub(lambda indent: _HOLDING_BLANKS.sub(" ", indent.group()), text)
    return _HOLDING_BLANKS.sub(" ", text)


def _without_quotation(text: str, hole: Hole) -> list[str] | None:
    """The text without the mark of a quotation, where each of its lines has one."""
    lines = text.strip("\n").split("\n")
    typed = hole.line_before.strip()
    if not all(map(_QUOTED_LINE.match, lines)) or (
        hole.language_id in PROSE_LANGUAGES and not any(map(str.isalnum, typed))
    ):
        return None
    if typed.endswith(">") or (hole.language_id in _MARKUP and "<" in typed):
        return None  # The mark goes on with the one before it, or ends a tag.
    plain = "\n".join(line[2:] for line in lines)
    # A comparison may go on with one, too.
    compares = len(lines) == 1 and typed and not hole.in_words and hole.language_id not in _NO_COMPARISONS
    compares = compares and not _completes_a_word(plain, hole)
    return [text, plain] if compares else [plain, text]


def _completes_a_word(text: str, hole: Hole) -> bool:
    """Whether a text makes one of the document's words of the beginning that is typed."""
    typed, said = _WORD_BEFORE.search(hole.line_before), _WORD.match(text)
    if typed is None or said is None:
        return False
    return re.search(rf"\b{typed.group()}{said.group()}\b", hole.before + hole.after) is not None


def _from_string(text: str, hole: Hole) -> list[str] | None:
    """The text that a string as of JSON holds, where it is nothing else, and the string itself."""
    bare = text.strip()
    if len(bare) < len('""') or bare[0] != '"' or bare[-1] != '"':
        return None
    try:
        said = json.loads(bare)
    except ValueError:
        return None
    if in_quotes(hole):
        return [said, text] if "\\" in bare and hole.line_before[-1:].isalnum() else None
    typed = hole.line_before.rstrip()
    if _BEFORE_VALUES.search(typed or hole.line_above.rstrip()) or hole.language_id in PROSE_LANGUAGES or hole.in_words:
        return [text, said]
    return [said, text] if typed or _CODE_MARK.search(said) else [text, said]


def _said_once(text: str, hole: Hole) -> list[str] | None:
    """The first half of a text whose halves are the same, and all of it where it may come twice."""
    whole = text.strip("\n").split("\n")
    lines = [line.strip() for line in whole]
    half = len(lines) // 2
    if len(lines) % 2 or lines[:half] != lines[half:] or not hole.multiline:
        return None
    if any(indent_of(one) != indent_of(other) for one, other in zip(whole[1:half], whole[half + 1 :], strict=True)):
        return None  # Ends of blocks at different depths.
    once = "\n".join(whole[:half])
    distinct = len(set(_WORD.findall("\n".join(lines))))
    begun = bool(hole.line_before.strip())
    if any(map(telling, lines)) and (half > 1 or begun):
        return [once]
    return [once, text] if begun or distinct >= _DISTINCT_WORDS else [text, once]
