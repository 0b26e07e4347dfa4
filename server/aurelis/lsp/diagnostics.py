"""Diagnostics both ways: what other tools said, for the model; what a review found, for the editor.

Other servers' diagnostics are known only from the code actions that the editor asked for; the latest of each document
are remembered, so that a fix without a code action knows them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from lsprotocol import types

from aurelis.core.positions import PositionEncoding
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.convert import lsp_range, range_offsets
from aurelis.lsp.documents import file_path
from aurelis.lsp.language_server import AurelisServer
from aurelis.tasks.context.diagnostics import Diagnostic, RelatedLocation
from aurelis.tasks.replies.findings import Finding

SOURCE: Final = "aurelis"

MOST_RELATED: Final = 5
"""Related places of one diagnostic that are handed on."""

_SEVERITY_NAMES: Final = {
    types.DiagnosticSeverity.Error: "error",
    types.DiagnosticSeverity.Warning: "warning",
    types.DiagnosticSeverity.Information: "information",
    types.DiagnosticSeverity.Hint: "hint",
}
_SEVERITIES: Final = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}


def diagnostics_for_model(
    ls: AurelisServer, snapshot: Snapshot, diagnostics: Iterable[types.Diagnostic]
) -> tuple[Diagnostic, ...]:
    """What tools said about a document, by offsets, with the lines that they point at where those are open."""
    encoding = ls.documents.encoding
    return tuple(
        Diagnostic(
            *range_offsets(snapshot, item.range, encoding),
            message=item.message,
            severity=_SEVERITY_NAMES.get(item.severity or types.DiagnosticSeverity.Error, "error"),
            code="" if item.code is None else str(item.code),
            source=item.source or "",
            related=tuple(_related(ls, place) for place in (item.related_information or ())[:MOST_RELATED]),
        )
        for item in diagnostics
    )


def publish_findings(ls: AurelisServer, base: Snapshot, findings: Sequence[Finding]) -> None:
    """Show what a review found, instead of what the one before found; nothing if the document has changed since."""
    if ls.documents.is_open(base.uri) and ls.documents.version(base.uri) != base.version:
        return
    if ls.documents.is_open(base.uri):
        ls.reviewed.add(base.uri)
    diagnostics = [_lsp_diagnostic(base, finding, ls.documents.encoding) for finding in findings]
    ls.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(uri=base.uri, diagnostics=diagnostics, version=base.version)
    )


def _lsp_diagnostic(base: Snapshot, finding: Finding, encoding: PositionEncoding) -> types.Diagnostic:
    first, last = finding.first_line - 1, finding.last_line - 1
    start = base.lines.line_start(first)
    indent = len(base.lines.line_text(first)) - len(base.lines.line_text(first).lstrip())
    return types.Diagnostic(
        range=lsp_range(base, start + indent, base.lines.line_end(last), encoding),
        message=finding.message,
        severity=_SEVERITIES.get(finding.severity, types.DiagnosticSeverity.Information),
        source=SOURCE,
        code="review",
    )


def _related(ls: AurelisServer, place: types.DiagnosticRelatedInformation) -> RelatedLocation:
    snapshot = ls.documents.snapshot(place.location.uri)
    line = place.location.range.start.line
    if snapshot is None or ls.services.egress.refusal(snapshot.source) is not None:
        path = file_path(place.location.uri)
        return RelatedLocation(path.name if path else "another document", line + 1, place.message)
    return RelatedLocation(snapshot.name, line + 1, place.message, snapshot.lines.line_text(line))
