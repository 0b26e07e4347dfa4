"""What a compiler or linter said about the code, as a model reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.snapshot import Snapshot
from aurelis.tasks.context.cutting import first_words

SHOWN_DIAGNOSTICS: Final = 20
SHOWN_RELATED: Final = 5
LONGEST_MESSAGE: Final = 1_000
"""Characters of one message that a prompt shows."""


@attrs.frozen
class RelatedLocation:
    """Another place that a diagnostic points at; `line` counts from 1, `text` is that line where it is known."""

    name: str
    line: int
    message: str
    text: str = ""


@attrs.frozen
class Diagnostic:
    """One finding about a document, by offsets; `severity` is error, warning, information or hint."""

    start: int
    end: int
    message: str
    severity: str = "error"
    code: str = ""
    source: str = ""
    related: tuple[RelatedLocation, ...] = ()


def describe_diagnostics(snapshot: Snapshot, diagnostics: Sequence[Diagnostic]) -> str:
    """The diagnostics as a list, related locations below each; the first 20 of them."""
    lines = []
    for diagnostic in diagnostics[:SHOWN_DIAGNOSTICS]:
        line = snapshot.lines.line_at(diagnostic.start) + 1
        origin = " ".join(part for part in (diagnostic.source, diagnostic.code) if part)
        message = " ".join(first_words(diagnostic.message, LONGEST_MESSAGE).split())
        lines.append(f"- line {line}: {diagnostic.severity}: {message}" + (f" ({origin})" if origin else ""))
        for related in diagnostic.related[:SHOWN_RELATED]:
            text = f": {related.text.strip()}" if related.text.strip() else ""
            note = " ".join(first_words(related.message, LONGEST_MESSAGE).split())
            lines.append(f"  - see {related.name} line {related.line}: {note}{text}")
    return "Reported problems:\n" + "\n".join(lines) if lines else ""
