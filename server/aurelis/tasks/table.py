"""A row per thing that a person can ask for: which prompt, what kind of reply, how long, how much."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Task, Urgency


class ReplyKind(StrEnum):
    """What a task does with the model's words."""

    MARKDOWN = "markdown"
    """Shown to the reader."""
    EDIT = "edit"
    """The new text of whole lines."""
    INSERTION = "insertion"
    """New lines at a position."""
    NEW_FILE = "new_file"
    """The content of a file that does not exist yet."""
    GHOST_TEXT = "ghost_text"
    """What is missing at the cursor."""


@attrs.frozen(kw_only=True)
class TaskRow:
    """One task.

    `verb` is the terminal's name and `command` the protocol's (without `aurelis.`); `prompt` names a file in
    `prompts/` without its ending. `max_tokens` bounds the answer and `temperature` is the default of both.
    `whole_lines` says that the task works on a range; without one it works on the enclosing definition or the document.
    """

    verb: str
    command: str
    task: Task
    prompt: str
    reply: ReplyKind
    urgency: Urgency = Urgency.EXPLICIT
    timing: Timing = Timing()
    max_tokens: int = 4096
    temperature: float = 0.2
    whole_lines: bool = True
    streams: bool = True
    reasoning: bool = True


_HOVER_TIMING: Final = Timing(first_token=15.0, chunk=10.0, answer=20.0)
"""The editor is answered after `HOVER_SECONDS` at the latest; what comes later is kept for the next hover."""
_GHOST_TIMING: Final = Timing(first_token=5.0, chunk=5.0, answer=5.0)

HOVER_SECONDS: Final = 1.5
"""How long an automatic hover may keep the editor waiting."""

ROWS: Final = (
    TaskRow(
        verb="explain",
        command="explain",
        task=Task.EXPLANATION,
        prompt="explain",
        reply=ReplyKind.MARKDOWN,
        max_tokens=1500,
        temperature=0.3,
    ),
    TaskRow(verb="fix", command="fix", task=Task.FIX, prompt="fix", reply=ReplyKind.EDIT, temperature=0.0),
    TaskRow(verb="refactor", command="refactor", task=Task.REFACTORING, prompt="refactor", reply=ReplyKind.EDIT),
    TaskRow(verb="optimize", command="optimize", task=Task.OPTIMIZATION, prompt="optimize", reply=ReplyKind.EDIT),
    TaskRow(verb="document", command="document", task=Task.DOCUMENTATION, prompt="document", reply=ReplyKind.EDIT),
    TaskRow(verb="test", command="generateTests", task=Task.TESTING, prompt="test", reply=ReplyKind.NEW_FILE),
    TaskRow(
        verb="generate",
        command="generate",
        task=Task.CODE_GENERATION,
        prompt="generate",
        reply=ReplyKind.INSERTION,
        whole_lines=False,
    ),
    TaskRow(
        verb="ask",
        command="ask",
        task=Task.GENERAL,
        prompt="ask",
        reply=ReplyKind.MARKDOWN,
        max_tokens=2048,
        temperature=0.3,
    ),
    TaskRow(
        verb="commit-message",
        command="commitMessage",
        task=Task.GENERAL,
        prompt="commit_message",
        reply=ReplyKind.MARKDOWN,
        max_tokens=500,
        whole_lines=False,
    ),
    TaskRow(
        verb="review",
        command="review",
        task=Task.REVIEW,
        prompt="review",
        reply=ReplyKind.MARKDOWN,
        temperature=0.1,
    ),
    TaskRow(
        verb="completion",
        command="completion",
        task=Task.COMPLETION,
        prompt="completion",
        reply=ReplyKind.GHOST_TEXT,
        urgency=Urgency.GHOST_TEXT,
        timing=_GHOST_TIMING,
        max_tokens=256,
        temperature=0.0,
        whole_lines=False,
        reasoning=False,
    ),
    TaskRow(
        verb="hover",
        command="hover",
        task=Task.EXPLANATION,
        prompt="hover",
        reply=ReplyKind.MARKDOWN,
        urgency=Urgency.HOVER,
        timing=_HOVER_TIMING,
        max_tokens=200,
        streams=False,
        reasoning=False,
    ),
)

_BY_NAME: Final[Mapping[str, TaskRow]] = MappingProxyType(
    {name: row for row in ROWS for name in (row.verb, row.command)}
)


def row_for(name: str) -> TaskRow:
    """The row of a verb (`test`, `commit-message`) or command (`generateTests`, `commitMessage`).

    Raises:
        RequestError: of kind `configuration`, for a name that no row has.
    """
    row = _BY_NAME.get(name)
    if row is None:
        known = ", ".join(row.verb for row in ROWS if not row.urgency.automatic)
        raise RequestError(ErrorKind.CONFIGURATION, f"'{name}' is not a task; use one of {known}.")
    return row
