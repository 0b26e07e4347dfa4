"""`textDocument/hover`: a kept explanation at once, a fresh one where the settings want it, never an error."""

from __future__ import annotations

import json
import logging
from typing import Final
from urllib.parse import quote

from lsprotocol import types

from aurelis.core.failures import describe_failure
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.convert import json_range, lsp_range, offset_of
from aurelis.lsp.language_server import AurelisServer

log: Final = logging.getLogger(__name__)

EXPLAIN: Final = "aurelis.explain"


async def hover(ls: AurelisServer, params: types.HoverParams) -> types.Hover | None:
    """What is known about the identifier under the cursor."""
    mode = ls.services.settings.hover.mode
    snapshot = ls.documents.snapshot(params.text_document.uri)
    if mode == "off" or snapshot is None:
        return None
    offset = offset_of(snapshot, params.position.line, params.position.character, ls.documents.encoding)
    try:
        await ls.ready()
        from aurelis.lsp.task_commands import surroundings  # noqa: PLC0415 - the tasks stay off the start-up path

        instructions, _ = await surroundings(ls, "explain", snapshot)
        async with ls.progress_tokens.work("Explaining", params.work_done_token, may_create=False):
            found = await ls.hovers().answer(
                snapshot,
                offset,
                others=ls.documents.snapshots(),
                automatic=mode == "automatic",
                instructions=instructions,
                prompts_folder=await ls.services.prompts_folder(),
            )
    except Exception as error:  # noqa: BLE001 -- nobody asked by name: silence is the answer to every failure
        log.error("Hover failed: %s", describe_failure(error))  # noqa: TRY400 -- a traceback quotes
        return None
    if found is None:
        return None
    kind = types.MarkupKind.Markdown if ls.features.hover_markdown else types.MarkupKind.PlainText
    text = found.markdown
    if text is None:
        if not ls.features.custom_messages or kind is not types.MarkupKind.Markdown:
            return None
        text = explain_link(ls, found.document, found.region.start, found.region.end)
    span = lsp_range(snapshot, found.identifier.start, found.identifier.end, ls.documents.encoding)
    return types.Hover(types.MarkupContent(kind, text), span)


def explain_link(ls: AurelisServer, snapshot: Snapshot, start: int, end: int) -> str:
    """One line that asks for the explanation when it is clicked."""
    span = lsp_range(snapshot, start, end, ls.documents.encoding)
    arguments = [{"textDocument": {"uri": snapshot.uri}, "range": json_range(span)}]
    return f"[Explain with Aurelis](command:{EXPLAIN}?{quote(json.dumps(arguments))})"
