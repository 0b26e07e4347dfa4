"""One thing asked for, complete and unchanging: what a front end hands to `run`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

import attrs

from aurelis.core.request import Urgency
from aurelis.core.snapshot import Snapshot
from aurelis.tasks.context.diagnostics import Diagnostic
from aurelis.tasks.testing import ProjectFiles


def new_request_id() -> str:
    """An identifier that is unique in this process and says nothing."""
    return uuid4().hex


@attrs.frozen(kw_only=True)
class Invocation:
    """A verb of the task table, applied to a document.

    Attributes:
        verb: `explain`, `fix`, `test`, `generateTests`, ...: a verb or command of `tasks/table.py`.
        snapshot: the document; None for a question or a commit message without one.
        range: selected offsets (start, end) in the snapshot; None means the definition around `position`, or all of it.
        position: offset of the cursor in the snapshot.
        instruction: what the person wants in particular; for a commit message the changes are in `context`.
        question: what the person asks.
        context: further documents that the person named.
        diagnostics: findings to correct, by offsets of the snapshot.
        model, priority, temperature, max_tokens: replace what the settings say.
        metadata: the command's own; keys that look like a secret's are dropped.
        urgency: who is waiting; None means what the task's row says.
        streams: whether text is wanted as it comes. False lets an unusable answer move on to the next model.
        request_id: unique in this process.
        instructions: (name, text) of the project's instructions files; only from a trusted workspace.
        prompts_folder: the user's own prompt files.
        project_files: names of files around the document, by which the place of new tests is found.
        cacheable: whether a kept answer may be used.
    """

    verb: str
    snapshot: Snapshot | None = None
    range: tuple[int, int] | None = None
    position: int | None = None
    instruction: str = ""
    question: str = ""
    context: tuple[Snapshot, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    model: str | None = None
    priority: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    metadata: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType({}))
    urgency: Urgency | None = None
    streams: bool = True
    request_id: str = attrs.field(factory=new_request_id)
    instructions: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    prompts_folder: Path | None = None
    project_files: ProjectFiles = attrs.field(factory=ProjectFiles, repr=False)
    cacheable: bool = True
