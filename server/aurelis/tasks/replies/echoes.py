"""Lines around the region that a reply repeats before and after the code that was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

TELLING: Final = 3
"""Letters and digits that a repeated line needs, for its repetition to be no accident."""
ECHOED_LINES: Final = 50
"""How many lines around the region a reply may repeat."""


def without_echo(
    lines: list[str],
    before: Sequence[str],
    after: Sequence[str],
    region: Sequence[str] = (),
    *,
    least_telling: int = TELLING,
) -> list[str]:
    """The lines without those around the region that a reply repeats at its start or end.

    With `least_telling` 0 a lone bracket counts as repeated too; that is a guess which the caller has to check.
    """
    before = [line.strip() for line in before[-ECHOED_LINES:] if line.strip()]
    after = [line.strip() for line in after[:ECHOED_LINES] if line.strip()]
    own = [line.strip() for line in region if line.strip()]
    head = _echoed(lines, before, own, least_telling)
    tail = _echoed(lines[::-1], after[::-1], own[::-1], least_telling)
    if head + tail >= len(lines):
        return lines
    return lines[head : len(lines) - tail]


def _echoed(lines: Sequence[str], around: Sequence[str], own: Sequence[str], least_telling: int) -> int:
    """How many lines at the start repeat the last ones of `around`; one that tells nothing (`}`) repeats nothing."""
    filled = [(index, line.strip()) for index, line in enumerate(lines) if line.strip()]
    for count in range(min(len(around), len(filled)), 0, -1):
        said = [text for _, text in filled[:count]]
        if said != list(around[-count:]) or (said == list(own[:count]) and least_telling):
            continue
        telling = any(len(re.findall(r"\w", text)) >= least_telling for text in said)
        goes_on = count < len(filled) and bool(own) and filled[count][1] == own[0]
        if telling or goes_on or count > 1:
            return filled[count - 1][0] + 1
    return 0
