"""`textDocument/completion`: the same completions for clients that know no inline completion."""

from __future__ import annotations

import re
from typing import Final

import attrs
from lsprotocol import types

from aurelis.core.positions import PositionEncoding, offset_to_units, units_to_offset
from aurelis.lsp.inline_completion import Offer, offers_at
from aurelis.lsp.language_server import AurelisServer

OPTIONS: Final = types.CompletionOptions()

_WORD_END: Final = re.compile(r"(?<!\w)\w+$")

LABEL_CHARACTERS: Final = 60
"""How much of a completion's first line stands in the list."""


async def completion(ls: AurelisServer, params: types.CompletionParams) -> types.CompletionList:
    """The completion at a cursor as an entry of the list; asked again at every keystroke."""
    if ls.features.inline_completion:
        return types.CompletionList(is_incomplete=False, items=[])
    kind = params.context.trigger_kind if params.context else types.CompletionTriggerKind.Invoked
    invoked = kind is types.CompletionTriggerKind.Invoked and ls.services.settings.inline_completion.trigger == "manual"
    offers = await offers_at(ls, params.text_document.uri, params.position, invoked=invoked)
    snapshot = ls.documents.snapshot(params.text_document.uri)
    if snapshot is None:
        return types.CompletionList(is_incomplete=True, items=[])
    encoding = ls.documents.encoding
    line = snapshot.lines.line_text(params.position.line)
    return types.CompletionList(is_incomplete=True, items=[_item(with_word(offer, line, encoding)) for offer in offers])


def with_word(offer: Offer, line: str, encoding: PositionEncoding) -> Offer:
    """The offer with the word that stands before it: editors keep the entries that begin with what is typed."""
    start = units_to_offset(line, offer.range.start.character, encoding)
    typed = _WORD_END.search(line[:start])
    if typed is None:
        return offer
    first = types.Position(offer.range.start.line, offset_to_units(line, typed.start(), encoding))
    return attrs.evolve(offer, text=typed.group() + offer.text, range=types.Range(first, offer.range.end))


def _item(offer: Offer) -> types.CompletionItem:
    first, _, rest = offer.text.lstrip().partition("\n")
    label = first.strip()[:LABEL_CHARACTERS] + (" …" if rest or len(first) > LABEL_CHARACTERS else "")
    return types.CompletionItem(
        label=label,
        kind=types.CompletionItemKind.Text,
        detail="Aurelis",
        documentation=types.MarkupContent(types.MarkupKind.PlainText, offer.text) if rest else None,
        sort_text="\uffff",
        filter_text=offer.text,
        insert_text_format=types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(offer.range, offer.text),
        command=offer.command,
    )
