"""Missing text that looks like a model's noise and is none: what a cleaner that guesses throws away."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from holes import Hole

_SENTENCE: Final = re.compile(r"\W*(?:here|this|the|note|sure|i|we|below|output|answer|to)\b", re.IGNORECASE)
_CLOSING: Final = re.compile(r"[)\]}\"'`;,]+")


def fences(hole: Hole) -> bool:
    """A fence in a document that may have one."""
    return "```" in hole.missing


def goes_on_like_it_ends(hole: Hole) -> bool:
    """The characters behind the cursor are those that the missing text ends with."""
    rest = hole.after.partition("\n")[0].strip()
    start = _CLOSING.match(rest)
    return not hole.inserted and start is not None and hole.missing.endswith(start.group()[0])


def ends_like_the_next_line(hole: Hole) -> bool:
    """The last missing line stands below once more."""
    rest, _, below = hole.after.partition("\n")
    next_line = next((line.strip() for line in below.split("\n")[:3] if line.strip()), "")
    last = hole.missing.rpartition("\n")[2].strip()
    return (
        not rest.strip()
        and bool(next_line)
        and (hole.line_before * ("\n" not in hole.missing) + last).strip() == (next_line)
    )


def begins_like_the_line_before(hole: Hole) -> bool:
    """The first missing line stands above already."""
    above = [line.strip() for line in hole.before.split("\n")[-4:-1] if line.strip()]
    first = hole.missing.lstrip("\n").partition("\n")[0].strip()
    return not hole.line_before.strip() and bool(above) and first == above[-1]


def repeats_the_word_before(hole: Hole) -> bool:
    """The missing text begins with the word or mark that stands before the cursor."""
    typed = re.search(r"(\w+|[^\w\s])\s*$", hole.line_before)
    return typed is not None and hole.missing.startswith(typed.group(1))


def is_a_sentence(hole: Hole) -> bool:
    """Words such as a model introduces its answer with."""
    first = hole.missing.lstrip("\n").partition("\n")[0]
    return _SENTENCE.match(first) is not None and len(first.split()) > 2 and not re.search(r"[(){}=;]", first)


def repeats_itself(hole: Hole) -> bool:
    """Three equal lines in a row."""
    lines = [line.strip() for line in hole.missing.split("\n")]
    return any(lines[at] and lines[at] == lines[at + 1] == lines[at + 2] for at in range(len(lines) - 2))


def is_unbalanced(hole: Hole) -> bool:
    """One quotation mark, an apostrophe, a bracket in a string."""
    return not hole.inserted and any(
        hole.missing.count(opener) != hole.missing.count(closer) if opener != closer else hole.missing.count(opener) % 2
        for opener, closer in (("(", ")"), ("[", "]"), ("{", "}"), ('"', '"'), ("'", "'"), ("`", "`"))
    )


def is_quoted(hole: Hole) -> bool:
    """The whole text stands between backticks."""
    return len(hole.missing) > 2 and hole.missing[0] == hole.missing[-1] == "`"


LOOK_ALIKES: Final[Mapping[str, Callable[[Hole], bool]]] = MappingProxyType(
    {
        test.__name__.replace("_", " "): test
        for test in (
            fences,
            goes_on_like_it_ends,
            ends_like_the_next_line,
            begins_like_the_line_before,
            repeats_the_word_before,
            is_a_sentence,
            repeats_itself,
            is_unbalanced,
            is_quoted,
        )
    }
)
