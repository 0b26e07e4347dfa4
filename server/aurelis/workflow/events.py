"""What a running task tells its front end: who is asked or waited for, the text as it streams, and one Outcome."""

from __future__ import annotations

import attrs

from aurelis.core.model import ModelReference
from aurelis.core.reply import Answer, Received, Waiting
from aurelis.core.request import Request, Task
from aurelis.core.snapshot import Snapshot
from aurelis.core.text_edits import TextEdit
from aurelis.tasks.context.regions import Region
from aurelis.tasks.replies.findings import Finding


@attrs.frozen
class Started:
    """A model is being asked (again, when an earlier candidate failed). An answer from the cache has none."""

    request_id: str
    model: ModelReference
    local: bool


@attrs.frozen
class StreamText:
    """More text, sanitised: as markdown for answers to read, of control characters alone for code."""

    delta: str


@attrs.frozen
class NewFile:
    """A file to create: `name` is relative to the workspace folder that the document lies in, with forward slashes.

    Whoever creates it makes sure that the place is inside the workspace and free.
    """

    name: str
    text: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of a task.

    Attributes:
        answer: the model's answer with its figures; its text holds placeholders where secrets stood.
        text: what a Result shows: sanitised, placeholders kept.
        base: the snapshot that `edits` are made against.
        edits: the smallest edits, in offsets of `base`; None where the task makes none.
        new_file: a file to create, or None.
        findings: what a review found.
        confirmation: why a person should look before the edit is applied, a sentence; None if there is no reason.
        cut: whether the model saw only part of the code.
        region: the lines of `base` that were worked on.
        explained: what was asked, when it was an explanation, so that a hover finds the answer again.
    """

    request_id: str
    verb: str
    task: Task
    answer: Answer
    text: str = attrs.field(repr=False)
    base: Snapshot | None = None
    edits: tuple[TextEdit, ...] | None = None
    new_file: NewFile | None = None
    findings: tuple[Finding, ...] = ()
    confirmation: str | None = None
    cut: bool = False
    region: Region | None = None
    explained: Request | None = attrs.field(default=None, repr=False)


WorkflowEvent = Started | Waiting | StreamText | Received | Outcome
