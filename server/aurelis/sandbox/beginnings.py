"""What a new definition says of its own first lines, for a text that holds no earlier example yet.

Whoever tries the program types a function into an empty file, where nothing can be continued by example. In come the
texts before and after a hole; out comes what names and parameters alone decide, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

MAX_LOOKED_AT_CHARACTERS: Final = 4_000
"""How much text before the hole is searched for the definition around it."""

MAX_HEAD_CHARACTERS: Final = 300
"""The longest line that is taken for the head of a definition."""

ONE_LEVEL: Final = "    "
"""What a body is indented by where nothing shows it."""

_HEAD: Final = re.compile(
    r"\s*(?:\w+\s+){0,4}?(?P<word>def|function|func|fn)\s+(?P<name>\w+)\s*\((?P<parameters>[^()]*)\)[^\n]*(?P<opener>[:{])"
)
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_LOOP: Final = re.compile(r"\s*for\s+(?P<bracket>\(\s*)?(?:(?:const|let|var)\s+)?(?P<item>[A-Za-z]\w*)\s+(?:in|of)\s")
_RECEIVERS: Final = frozenset({"self", "cls", "this"})
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

_OPERATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "add": "+",
        "plus": "+",
        "subtract": "-",
        "minus": "-",
        "difference": "-",
        "multiply": "*",
        "product": "*",
        "area": "*",
        "volume": "*",
        "divide": "/",
        "ratio": "/",
    }
)
"""What a function of such a name does with its parameters."""


@attrs.frozen
class _Head:
    """The first line of a definition; `end` is what ends a statement in its language."""

    name: str
    parameters: tuple[str, ...]
    is_python: bool
    end: str
    indent: str


def begin_text(prefix: str, suffix: str) -> str:
    """What comes next in a definition or loop that has only begun, or an empty string."""
    rest, _, below = suffix.partition("\n")
    before = prefix[-MAX_LOOKED_AT_CHARACTERS:]
    typed = before[before.rfind("\n") + 1 :]
    if rest.strip() or len(typed) > MAX_HEAD_CHARACTERS:
        return ""
    loop = _LOOP.fullmatch(typed)
    if loop is not None:
        plural = _plural(loop["item"], before)
        return plural and plural + (") {" if loop["bracket"] else ":")
    start = typed.lstrip()
    head, own_line = _head_of(typed), True
    if head is None:
        head, own_line = _head_around(before, typed), False
    if head is None or _goes_on(below, len(head.indent)):
        return ""
    written = "" if own_line else typed[: len(typed) - len(start)]
    level = written or head.indent + ONE_LEVEL
    body = _body(head, level)
    if own_line:
        return body and f"\n{level}{body}"
    if start:
        return body[len(start) :] if body.startswith(start) else ""
    return body and level[len(written) :] + body


def _body(head: _Head, level: str) -> str:
    """The first lines, those below the first behind `level`."""
    result = _result(head)
    if result:
        return f"return {result}{head.end}"
    if not head.is_python:
        return ""
    if head.name == "__init__":
        return f"\n{level}".join(f"self.{name} = {name}" for name in head.parameters)
    sentence = " ".join(_words(head.name)).capitalize()
    return f'"""{sentence}."""' if sentence else ""


def _result(head: _Head) -> str:
    operation = next((_OPERATIONS[word] for word in _words(head.name) if word in _OPERATIONS), None)
    if operation is None or len(head.parameters) < 2:  # noqa: PLR2004 - an operation takes two
        return ""
    return f" {operation} ".join(head.parameters)


def _head_around(before: str, typed: str) -> _Head | None:
    """The definition whose first line is the next one above that holds anything, where the cursor stands within it."""
    line = next((line for line in reversed(before.split("\n")[:-1]) if line.strip()), "")
    head = _head_of(line)
    if head is None or (typed and len(typed) - len(typed.lstrip()) <= len(head.indent)):
        return None
    return head


def _head_of(line: str) -> _Head | None:
    match = _HEAD.fullmatch(line.rstrip()) if len(line) <= MAX_HEAD_CHARACTERS else None
    if match is None:
        return None
    is_python = match["word"] == "def" and match["opener"] == ":"
    end = "" if is_python or match["word"] == "func" else ";"
    indent = line[: len(line) - len(line.lstrip())]
    return _Head(match["name"], _parameters(match["parameters"]), is_python, end, indent)


def _parameters(text: str) -> tuple[str, ...]:
    names = (_NAME.match(part.strip()) for part in text.split(","))
    return tuple(name.group() for name in names if name is not None and name.group() not in _RECEIVERS)


def _goes_on(below: str, indent: int) -> bool:
    """Whether the text after the hole holds the body already."""
    following = next((line for line in below[:MAX_LOOKED_AT_CHARACTERS].split("\n") if line.strip()), "")
    return len(following) - len(following.lstrip()) > indent


def _plural(item: str, before: str) -> str:
    """The plural of a loop's variable, where the text knows it."""
    names = (f"{item}s", f"{item}es", f"{item[:-1]}ies")
    return next((name for name in names if re.search(rf"\b{name}\b", before)), "")


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]
