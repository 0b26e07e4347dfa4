"""From an answer to edits of the real document: secrets restored, nothing but the region changed, the result parsed."""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.redaction_map import RedactionMap, restore
from aurelis.core.text_edits import TextEdit, minimal_edits
from aurelis.syntax.parses import does_parse
from aurelis.tasks.context.regions import Region
from aurelis.tasks.replies.edits import EditReading
from aurelis.tasks.replies.partial import removes_definitions

Reader = Callable[[str, int, int], EditReading]
"""Reads an answer for a document: its text, and the region's start and end."""

NO_LONGER_PARSES = "The changed code does not parse any more."
REMOVES_DEFINITIONS = "The change removes functions or classes that were there."
RESTORE_REFUSED = "restore_refused"
"""The audit log's name for an answer that moved a secret's placeholder."""
OUTSIDE_LEFT_OUT = "Changes that the model made outside the range were left out."


@attrs.frozen
class Edited:
    """Edits of the document, and why a person should look at them first."""

    edits: tuple[TextEdit, ...]
    reasons: tuple[str, ...] = ()


def edited_document(document: str, region: Region, language_id: str, redactions: RedactionMap, read: Reader) -> Edited:
    """The edits that an answer means.

    The model saw placeholders where secrets stood, so its answer is read against the document with the same
    placeholders, and the secrets come back in the result.

    Raises:
        RequestError: `invalid_response`, when there is no usable edit.
    """
    seen = masked(document, redactions)
    before = masked(document[: region.start], redactions)
    middle = masked(document[region.start : region.end], redactions)
    if seen != before + middle + masked(document[region.end :], redactions):
        seen, before, middle = document, document[: region.start], document[region.start : region.end]
    reading = read(seen, len(before), len(before) + len(middle))
    if reading.text is None:
        raise unusable(reading.reason)
    restored = restore(reading.text, redactions, document)
    if restored.refused:
        raise unusable("it puts a secret where none stood", RESTORE_REFUSED)
    edits = minimal_edits(document, restored.text)
    if not edits:
        raise unusable("it changes nothing")
    reasons = []
    if does_parse(restored.text, language_id) is False and does_parse(document, language_id):
        reasons.append(NO_LONGER_PARSES)
    elif removes_definitions(document, restored.text, language_id):
        reasons.append(REMOVES_DEFINITIONS)
    if reading.outside:
        reasons.append(OUTSIDE_LEFT_OUT)
    return Edited(edits, tuple(reasons))


def masked(text: str, redactions: RedactionMap) -> str:
    """A text as the model saw it."""
    if not redactions.entries:
        return text
    stand_ins = {entry.secret: entry.placeholder for entry in redactions.entries if entry.secret}
    longest_first = sorted(stand_ins, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda match: stand_ins[match.group()], text)


def unusable(reason: str, security_event: str | None = None) -> RequestError:
    """The error for an answer without a usable edit."""
    return RequestError(
        ErrorKind.INVALID_RESPONSE,
        f"The model's answer could not be used: {reason}. Nothing was changed; try again or choose another model.",
        security_event=security_event,
    )
