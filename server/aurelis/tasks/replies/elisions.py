"""Lines by which a model leaves code out: "... rest of the code ..."."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.replies.brackets import LONG_QUOTES
from aurelis.tasks.replies.layout import indent_of

_ELISION: Final = re.compile(
    r"^\s*(?:#|%|//|/\*|--|<!--|\.\.\.|…)[\s.…]*"
    r"(?:\.\.\.|…|\(?(?:the )?(?:rest|remaining|remainder|existing|previous|other|same|unchanged)\b.*"
    r"(?:code|implementation|methods?|functions?|lines|unchanged|same|as before|here|omitted|remains?)\b.*)"
    r"\s*(?:\*/|-->)?\s*$",
    re.IGNORECASE,
)
_DOTS: Final = frozenset({"...", "…"})


def is_elision(line: str) -> bool:
    """Whether a line says that code is left out."""
    return _ELISION.match(line) is not None


def leaves_code_out(lines: Sequence[str], language_id: str, present: Sequence[str] = ()) -> bool:
    """Whether a line of the reply, and none that is in the file already, stands for code that is not given."""
    known = {line.strip() for line in present}
    return any(
        (is_elision(line) or (line.strip() in _DOTS and not _is_body(lines, number, language_id)))
        and line.strip() not in known
        for number, line in enumerate(lines)
    )


def _is_body(lines: Sequence[str], number: int, language_id: str) -> bool:
    """Whether dots are all that a Python block holds, which is how it says that it holds nothing."""
    if language_id != "python":
        return False
    indent = indent_of(lines[number])
    above = next((line for line in reversed(lines[:number]) if line.strip()), "")
    below = next((line for line in lines[number + 1 :] if line.strip()), "")
    opened = above.rstrip().endswith((":", *LONG_QUOTES))
    return opened and len(indent_of(below)) < len(indent) if below else opened
