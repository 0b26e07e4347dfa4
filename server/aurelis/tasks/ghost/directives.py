"""The directives of C's preprocessor: lines that belong together at any depth of what stands between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.replies.layout import indent_of

_DIRECTIVE: Final = re.compile(r"^[ \t]*#[ \t]*(if|endif)", re.MULTILINE)
_ENDS: Final = re.compile(r"\s*#\s*endif\b")


def ends_own_directive(line: str, above: Sequence[str], hole: Hole) -> bool:
    """Whether a line is an `#endif` that the document lacks, so that one below is another."""
    if _ENDS.match(line) is None:
        return False
    return _open_directives(hole.prefix + "\n".join(above)) + _open_directives(hole.suffix) > 0


def is_ended_at_margin(lines: Sequence[str], hole: Hole) -> bool:
    """Whether the first line begins a directive that a line ends which is less indented than the cursor's."""
    if _open_directives(hole.line_before + lines[0]) < 1:
        return False
    base = len(indent_of(hole.line_before))
    return any(_ENDS.match(line) is not None and len(indent_of(line)) < base for line in lines[1:])


def _open_directives(text: str) -> int:
    """How many directives a text begins and does not end; less than none where it ends more of them."""
    found = _DIRECTIVE.findall(text)
    return sum(1 if name == "if" else -1 for name in found)
