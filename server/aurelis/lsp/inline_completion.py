"""`textDocument/inlineCompletion`: ghost text. Never an error: whatever goes wrong, the answer is empty."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import attrs
from lsprotocol import types

from aurelis.core.failures import describe_failure
from aurelis.core.positions import Position, PositionEncoding, offset_to_units, split_lines
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.convert import lsp_position, offset_of, range_offsets
from aurelis.lsp.language_server import AurelisServer

if TYPE_CHECKING:  # The workflow reaches further than the start of the server may (invariant 11).
    from aurelis.workflow.inline import Around

log: Final = logging.getLogger(__name__)

ACCEPTED: Final = "aurelis.completionAccepted"

OPTIONS: Final = types.InlineCompletionOptions()
"""Without options pygls does not advertise the method at all."""

OTHER_DOCUMENTS: Final = 20
"""Open documents that may lend context."""


@attrs.frozen
class Offer:
    """One completion in LSP's terms; the range lies on one line and contains the cursor."""

    text: str
    range: types.Range
    command: types.Command


async def inline_completion(ls: AurelisServer, params: types.InlineCompletionParams) -> types.InlineCompletionList:
    """Ghost text at a cursor."""
    invoked = params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
    offers = await offers_at(
        ls, params.text_document.uri, params.position, invoked=invoked, selected=params.context.selected_completion_info
    )
    return types.InlineCompletionList(
        items=[types.InlineCompletionItem(offer.text, range=offer.range, command=offer.command) for offer in offers]
    )


async def offers_at(
    ls: AurelisServer,
    uri: str,
    position: types.Position,
    *,
    invoked: bool,
    selected: types.SelectedCompletionInfo | None = None,
) -> list[Offer]:
    """The completions at a cursor; none where they are switched off or anything fails."""
    snapshot = ls.documents.snapshot(uri)
    if snapshot is None or not wanted(ls, snapshot.language_id, invoked=invoked):
        return []
    encoding = ls.documents.encoding
    offset = offset_of(snapshot, position.line, position.character, encoding)
    view = with_selected(snapshot, offset, selected, encoding)
    if view is None:
        return []

    def lasts() -> bool:
        return ls.documents.holds(snapshot) and wanted(ls, snapshot.language_id, invoked=invoked)

    try:
        known = around(ls, snapshot, position.line)
        await ls.ready()
        found = await ls.ghost_text().offer(
            view.snapshot, view.position, around=known, invoked=invoked, proposed=len(view.text or ""), lasts=lasts
        )
    except Exception as error:  # noqa: BLE001 -- nobody asked by name: silence is the answer to every failure
        log.error("Ghost text failed: %s", describe_failure(error))  # noqa: TRY400 -- a traceback quotes
        return []
    if not lasts():
        return []
    offers = []
    for item in found:
        start, end, text = view.to_document(item.start, item.end, item.text)
        span = types.Range(lsp_position(snapshot, start, encoding), lsp_position(snapshot, end, encoding))
        if span.start.line == span.end.line == position.line and start <= offset <= end:
            taken = types.TextDocumentPositionParams(
                types.TextDocumentIdentifier(uri), end_of(text, span.start, encoding)
            )
            command = accepted_command(item.request_id, len(item.text), snapshot.language_id, taken)
            offers.append(Offer(text, span, command))
    return offers


async def rehearse(ls: AurelisServer) -> None:
    """Prepare a completion of the document that was opened last, and forget it: the first one finds everything loaded.

    That is the language's grammar, the document's syntax, the prompt, and what says which files stay on this machine.
    """
    documents = ls.documents.snapshots()
    if documents and wanted(ls, documents[-1].language_id, invoked=False):
        await ls.ghost_text().rehearse(documents[-1])


def wanted(ls: AurelisServer, language_id: str, *, invoked: bool) -> bool:
    """Whether the settings and the person want a completion here now."""
    settings = ls.services.settings.inline_completion
    if not settings.enabled or not settings.languages.get(language_id, True):
        return False
    return invoked or (settings.trigger == "automatic" and not ls.snoozed())


def accepted_command(
    request_id: str, length: int, language_id: str, taken: types.TextDocumentPositionParams
) -> types.Command:
    """What the editor runs once the person took the completion.

    `length` counts characters of the text; `taken` is where the cursor will be.
    """
    arguments = {
        "requestId": request_id,
        "length": length,
        "language": language_id,
        "textDocument": {"uri": taken.text_document.uri},
        "position": {"line": taken.position.line, "character": taken.position.character},
    }
    return types.Command(title="Completion accepted", command=ACCEPTED, arguments=[arguments])


def end_of(text: str, start: types.Position, encoding: PositionEncoding) -> types.Position:
    """Where a text ends that is put at a position."""
    lines = split_lines(text)
    units = offset_to_units(lines[-1], len(lines[-1]), encoding)
    if len(lines) == 1:
        return types.Position(start.line, start.character + units)
    return types.Position(start.line + len(lines) - 1, units)


async def ask_ahead(ls: AurelisServer, uri: str, position: Position) -> None:
    """Ask for what follows a completion that was taken, so that it is there when the editor asks."""
    snapshot = ls.documents.snapshot(uri)
    if snapshot is None or not wanted(ls, snapshot.language_id, invoked=False):
        return
    offset = offset_of(snapshot, position.line, position.character, ls.documents.encoding)

    def lasts() -> bool:
        return ls.documents.holds(snapshot) and wanted(ls, snapshot.language_id, invoked=False)

    await ls.ghost_text().ask_ahead(snapshot, offset, around(ls, snapshot, position.line), lasts)


def around(ls: AurelisServer, snapshot: Snapshot, line: int) -> Around:
    """What else is known: open documents, those edited last first, recent edits but for the cursor's, diagnostics."""
    from aurelis.lsp.diagnostics import diagnostics_for_model  # noqa: PLC0415 -- invariant 11: nothing heavy at start
    from aurelis.workflow.inline import Around, Edited  # noqa: PLC0415 -- invariant 11

    opened = {other.uri: other for other in ls.documents.snapshots()}
    changes = ls.documents.trail.changes(but=(snapshot.uri, line))
    latest = dict.fromkeys([*(uri for uri, _, _ in reversed(changes)), *reversed(opened)])
    found = ls.seen_diagnostics.of(snapshot.uri, snapshot.version)
    return Around(
        others=tuple(opened[uri] for uri in latest if uri in opened and uri != snapshot.uri)[:OTHER_DOCUMENTS],
        edits=tuple(Edited(opened[uri], before, after) for uri, before, after in changes if uri in opened),
        diagnostics=diagnostics_for_model(ls, snapshot, found),
    )


@attrs.frozen
class View:
    """The document as it would be with the completion list's selected entry in it.

    `start` and `end` are the entry's range in the document, `text` is the entry; without one they are empty.
    """

    snapshot: Snapshot
    position: int
    start: int = 0
    end: int = 0
    text: str | None = None

    def to_document(self, start: int, end: int, text: str) -> tuple[int, int, str]:
        """A replacement in this view, as one in the document that puts the entry in as well."""
        if self.text is None:
            return start, end, text
        first = min(start, self.start)
        last = max(end, self.position)
        before = self.snapshot.text[first:start]
        after = self.snapshot.text[end:last]
        return first, last - len(self.text) + (self.end - self.start), before + text + after


def with_selected(
    snapshot: Snapshot, offset: int, selected: types.SelectedCompletionInfo | None, encoding: PositionEncoding
) -> View | None:
    """The document as the person sees it while the completion list is open.

    None where the selected entry does not begin with what was typed: ghost text would show something else than Tab
    takes.
    """
    if selected is None:
        return View(snapshot, offset)
    start, end = range_offsets(snapshot, selected.range, encoding)
    if not start <= offset <= end or not selected.text.startswith(snapshot.text[start:offset]):
        return None
    text = snapshot.text[:start] + selected.text + snapshot.text[end:]
    shown = attrs.evolve(snapshot, text=text, version=None)
    return View(shown, start + len(selected.text), start, end, selected.text)
