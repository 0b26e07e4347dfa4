"""What is hardly ever written twice in a row, so that a reply that begins with it says again what stands there."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from aurelis.tasks.ghost.hole import TELLING, Hole, telling

DISTINCT_WORDS: Final = 3
"""Different words that are no accident together."""
LONG_NAME: Final = 6
"""Letters of a name that is hardly ever listed twice in a row."""
_WORD: Final = re.compile(r"\w+")
_NAME: Final = re.compile(r"\b[^\W\d]\w*")
_LISTING: Final = frozenset(",|/\\")
"""Marks behind which the same often comes once more: `int, int`."""
_RECEIVERS: Final = (["self"], ["cls"], ["this"])
"""What is passed on once."""
_KEYWORD: Final = re.compile(r"\w=[^=]")
"""An argument with its name, which is given once."""
_NESTING: Final = frozenset("[<")
_CONTAINERS: Final = re.compile(
    r"array|box|dict|list|map|option|optional|promise|result|set|tuple|union|vec|vector", re.IGNORECASE
)
"""What holds its own kind: `list[list[int]]`."""
_PARTS: Final = frozenset("./")
"""Marks within paths and versions."""
_COUNTING: Final = frozenset("-+*%")
"""Marks behind which short names may come again: `x * x * x`."""
_QUOTES: Final = frozenset("\"'`")
_BEGINS_TEXT: Final = frozenset("./@#_-$<>^~*")
_COMPARING: Final = frozenset("={&?!")
"""Marks behind which hardly anything does, not even a number."""
_IMPORT: Final = re.compile(r"(?:@?import|from|package|require|use|using)\b|#include\b")
_KEYS: Final = MappingProxyType(
    {
        "css": re.compile(r"[\w-]+\s*:"),
        "json": re.compile(r'"[^"]*"\s*:'),
        "less": re.compile(r"[@\w-]+\s*:"),
        "scss": re.compile(r"[$\w-]+\s*:"),
        "toml": re.compile(r"\[|[\w.\"'-]+\s*="),
        "yaml": re.compile(r"[\w.-]+:(?:\s|$)"),
    }
)
"""What a line begins with that has a key; no key comes twice in a row."""
_TWICE: Final = frozenset({"had", "long", "not", "that", "very"})
"""Words that are written twice in a row."""


def is_seldom_twice(echo: str, hole: Hole) -> bool:
    """Whether hardly anybody writes a text, which ends at the cursor, twice in a row.

    In 2,500 source files less than one place in a thousand goes on with what stands before it, but for lists of short
    names and of numbers, nested containers and tags.
    """
    said, words, names = "".join(echo.split()), _WORD.findall(echo), _NAME.findall(echo)
    if (said[0] == "<" and said[-1] == ">") or re.search(rf"(?<!\w){re.escape(2 * echo)}", hole.before):
        return False
    mark, longest, distinct = said[-1], max(map(len, names), default=0), len(set(words))
    if distinct >= DISTINCT_WORDS or not _COMPARING.isdisjoint({said[0], mark}) or (distinct > 1 and mark in _PARTS):
        return True
    if mark in _NESTING:
        compared = echo.rstrip()[-2:-1].isspace()
        return compared or (longest >= TELLING and not all(map(_CONTAINERS.fullmatch, names)))
    if mark in _QUOTES:
        opened = hole.line_before.count(mark) % 2 == 1
        return longest >= (1 if opened else TELLING) and "," not in said
    if mark in _LISTING:
        if (mark == "|" and not hole.in_words) or _KEYWORD.search(echo):
            return bool(names)
        return names[:1] in _RECEIVERS or names[-1:] in _RECEIVERS or longest >= LONG_NAME - 2 * hole.in_words
    if mark.isalnum():
        if echo[-1].isspace() and words[-1] not in _TWICE:
            return bool(names)
        return len(words) > 1 and telling(echo)
    return longest >= (TELLING if mark in _COUNTING else 1)


def is_line_for_once(line: str, hole: Hole) -> bool:
    """Whether a whole line stands once where it stands: an import, a key with its value, the head of a table."""
    key = _KEYS.get(hole.language_id)
    return _IMPORT.match(line) is not None or (key is not None and key.match(line) is not None)


def is_quote_again(said: str, rest: str, hole: Hole) -> bool:
    """Whether a text opens the string that is open at the cursor already, and closes it: `"` and then `"name"`."""
    mark = said.strip()
    return (
        mark in _QUOTES
        and not (mark == "`" and hole.line_after.startswith(mark))
        and hole.line_before.endswith(mark)
        and hole.line_before.count(mark) % 2 == 1
        and mark in rest
        and (rest[0].isalnum() or rest[0] in _BEGINS_TEXT)
    )
