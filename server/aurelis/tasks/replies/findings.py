"""What a review found: list items of the form `- L<line>: <severity>: <sentence>` among whatever else it says."""

from __future__ import annotations

import re
from typing import Final

import attrs

_FINDING: Final = re.compile(
    r"^[ \t]*+(?:[-*+]|\d{1,9}[.)])?[ \t]*+[*_`]*L(?:ines? ?)?(\d{1,9})(?: ?[-\u2013] ?L?(\d{1,9}))?[*_`]* ?:[ \t]*+"
    r"[*_`]*(error|warning|info|information|hint|note)[*_`]* ?:[*_`]*[ \t]*+(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
MOST_FINDINGS: Final = 100
LONGEST_FINDING: Final = 1_000
"""Characters of one finding's sentence."""


@attrs.frozen
class Finding:
    """One finding; lines count from 1 and the last is included; severity is error, warning or info."""

    first_line: int
    last_line: int
    severity: str
    message: str


def read_findings(reply: str, first_line: int, last_line: int) -> tuple[Finding, ...]:
    """The findings about the lines that were reviewed; those about other lines are invented and dropped."""
    found = []
    for match in _FINDING.finditer(reply):
        first = int(match.group(1))
        last = max(first, int(match.group(2) or match.group(1)))
        if first_line <= first <= last_line:
            severity = match.group(3).lower()
            severity = severity if severity in {"error", "warning"} else "info"
            found.append(Finding(first, min(last, last_line), severity, match.group(4).strip()[:LONGEST_FINDING]))
            if len(found) >= MOST_FINDINGS:
                break
    return tuple(found)
