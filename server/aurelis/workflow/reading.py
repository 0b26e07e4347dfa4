"""From an answer to an outcome: whether it is of use, what it changes, and why a person should look first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.plain_text import plain_code, plain_text
from aurelis.core.redaction_map import mentions
from aurelis.core.reply import Answer, FinishReason, Verdict
from aurelis.core.request import Request, always_usable
from aurelis.core.sanitise import sanitise_markdown
from aurelis.core.snapshot import Snapshot
from aurelis.core.text_edits import minimal_edits
from aurelis.syntax.parses import does_parse
from aurelis.tasks.asking import Asking
from aurelis.tasks.context.regions import Region, line_range
from aurelis.tasks.replies.edits import EditReading, read_edit
from aurelis.tasks.replies.findings import read_findings
from aurelis.tasks.replies.insertions import read_insertion
from aurelis.tasks.replies.new_files import read_new_file, with_test_module
from aurelis.tasks.table import ReplyKind, TaskRow
from aurelis.tasks.testing import TestPlan
from aurelis.workflow.edits import RESTORE_REFUSED, edited_document, unusable
from aurelis.workflow.events import NewFile, Outcome

CUT_NOTE: Final = "\n\n*The code was too long to be sent whole: this answer knows only a part of it.*\n"
"""What an answer that is read ends with, when the model saw only part of the code."""

_PLACEHOLDER: Final = re.compile(r"AURELIS_SECRET\w*_\d+")


@attrs.frozen
class Prepared:
    """A request and what is needed to read its answer."""

    row: TaskRow
    asking: Asking
    snapshot: Snapshot
    region: Region
    tests: TestPlan | None = None

    @property
    def request(self) -> Request:
        """The request."""
        return self.asking.request


def outcome_of(prepared: Prepared, answer: Answer, confidence_wanted: float = 0.0) -> Outcome:
    """What an answer means.

    Raises:
        RequestError: `invalid_response`, when an edit was asked for and the answer is cut or holds none.
    """
    row = prepared.row
    outcome = Outcome(
        request_id=answer.request_id,
        verb=row.verb,
        task=row.task,
        answer=answer,
        text=sanitise_markdown(answer.text) if row.reply is ReplyKind.MARKDOWN else plain_text(answer.text),
        base=prepared.snapshot if prepared.snapshot.uri else None,
        cut=prepared.asking.cut,
        explained=prepared.request if row.verb == "explain" else None,
        region=prepared.region,
    )
    if row.reply is ReplyKind.MARKDOWN:
        if row.verb == "review":
            lines = line_range(prepared.snapshot.lines, prepared.region)
            outcome = attrs.evolve(outcome, findings=read_findings(outcome.text, *lines))
        return attrs.evolve(outcome, text=outcome.text + CUT_NOTE) if outcome.cut else outcome
    _refuse_cut(answer)
    if row.reply is ReplyKind.NEW_FILE:
        return _with_new_file(outcome, prepared, confidence_wanted)
    edited = edited_document(
        prepared.snapshot.text,
        prepared.region,
        prepared.snapshot.language_id,
        answer.redactions,
        _reader(row, prepared.snapshot.language_id, plain_code(answer.text, prepared.snapshot.text)),
    )
    return attrs.evolve(
        outcome, edits=edited.edits, confirmation=_confirmation(edited.reasons, answer, confidence_wanted)
    )


def _with_new_file(outcome: Outcome, prepared: Prepared, confidence_wanted: float) -> Outcome:
    plan = prepared.tests
    if plan is None:
        raise unusable("there is no place for it")
    source = prepared.snapshot.text
    reply = plain_code(outcome.answer.text, source)
    text = read_new_file(reply, plan.language_id, prepared.snapshot.eol, source)
    if text is None:
        raise unusable("it holds no code")
    if mentions(text, outcome.answer.redactions):
        raise unusable("it needs a secret that is not given away", RESTORE_REFUSED)
    reasons = () if does_parse(text, plan.language_id) is not False else ("The new file does not parse.",)
    outcome = attrs.evolve(outcome, confirmation=_confirmation(reasons, outcome.answer, confidence_wanted))
    inside = with_test_module(source, text, plan.language_id)
    if inside is not None:
        return attrs.evolve(outcome, edits=minimal_edits(source, inside))
    return attrs.evolve(outcome, new_file=NewFile(plan.name, text))


def judge_of(row: TaskRow, snapshot: Snapshot, region: Region) -> Callable[[str], Verdict]:
    """Whether an answer is of use, as far as its text alone tells (placeholders still stand where secrets do)."""
    language_id = snapshot.language_id
    if row.reply is ReplyKind.NEW_FILE:
        return lambda text: _verdict(read_new_file(text, language_id, "\n", snapshot.text), "", "", None)
    if row.reply not in {ReplyKind.EDIT, ReplyKind.INSERTION}:
        return always_usable

    def judge(text: str) -> Verdict:
        reading = _reader(row, language_id, text)(snapshot.text, region.start, region.end)
        if reading.text is None and _PLACEHOLDER.search(text):
            return Verdict(usable=True, reason="judged when its secrets are back")
        parses = None if reading.text is None else does_parse(reading.text, language_id)
        if parses is False and not does_parse(snapshot.text, language_id):
            parses = None
        return _verdict(reading.text, snapshot.text, reading.reason, parses)

    return judge


def _verdict(text: str | None, before: str, reason: str, parses: bool | None) -> Verdict:
    if text is None:
        return Verdict(usable=False, reason=reason or "the answer holds no code")
    if text == before:
        return Verdict(usable=False, reason="the answer changes nothing")
    return Verdict(usable=True, parses=parses)


def _reader(row: TaskRow, language_id: str, reply: str) -> Callable[[str, int, int], EditReading]:
    if row.reply is ReplyKind.INSERTION:
        return lambda document, start, _end: read_insertion(document, start, language_id, reply)
    return lambda document, start, end: read_edit(document, start, end, language_id, reply)


def _refuse_cut(answer: Answer) -> None:
    if answer.finish is FinishReason.LENGTH:
        raise unusable("it was cut off at its longest length; select less code or raise the task's maxTokens")
    if answer.finish is FinishReason.CONTENT_FILTER:
        raise RequestError(
            ErrorKind.CONTENT_FILTER,
            "The provider filtered the model's answer, so nothing was changed; try other code or another model.",
        )
    if answer.incomplete or answer.finish is FinishReason.CUT:
        raise unusable("it is incomplete")


def _confirmation(reasons: tuple[str, ...], answer: Answer, wanted: float) -> str | None:
    if answer.confidence < wanted:
        why = f": {', '.join(answer.confidence_reasons)}" if answer.confidence_reasons else ""
        reasons = (*reasons, f"The confidence of {answer.confidence:.2f} is below {wanted:.2f}{why}.")
    return " ".join(reasons) or None
