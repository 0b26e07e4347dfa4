"""What is remembered of every request: one `CallRecord` each, be it success, failure or cancellation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from aurelis.core.model import ModelReference
from aurelis.core.reply import Attempt, CacheLayer, Usage
from aurelis.core.request import Message, Task, Urgency

EVENT_SEVERITIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "token_rejected": "warning",
        "redirect_blocked": "high",
        "pin_mismatch": "high",
        "secret_redacted": "info",
        "secret_blocked": "warning",
        "excluded_file": "info",
        "untrusted_setting_ignored": "warning",
        "restore_refused": "warning",
    }
)
"""The security events, and how grave each is: `info` is the product at work, `high` that somebody may be at work."""


@attrs.frozen(kw_only=True)
class CallRecord:
    """One request from start to end; holds no prompt and no answer, only sizes and hashes.

    `outcome` is `ok`, `cached`, `error:<kind>` or `cancelled`. `host` is where the answer came from (host and port),
    None when nothing was asked. Times are seconds since the epoch and milliseconds.
    """

    request_id: str
    started_at: float
    task: Task
    urgency: Urgency
    outcome: str
    model: ModelReference | None
    host: str | None
    cached: CacheLayer | None
    usage: Usage
    cost_usd: float | None
    confidence: float | None
    incomplete: bool
    duration_ms: int
    time_to_first_token_ms: int | None
    attempts: tuple[Attempt, ...]
    redactions: int
    redaction_rules: tuple[str, ...]
    prompt_characters: int
    prompt_sha256: str
    answer_characters: int
    answer_sha256: str
    language: str


ANSWER_CHARACTERS: Final = 20_000
"""How much of an answer is kept beside its prompt."""


@attrs.frozen(kw_only=True)
class SentPrompt:
    """Exactly what was sent for a request, redacted as it was; kept in memory for the last 20 (aurelis.showRequest).

    `body` is the body of the last HTTP request, to the letter; None where a kept or shared answer made one needless.
    `messages`, `prefix` and `suffix` are what it was made of: a model that fills holes gets the hole, others messages.
    `answer` is the beginning of what a model said last, with placeholders where secrets stood, used or not.
    """

    record: CallRecord
    messages: tuple[Message, ...] = attrs.field(repr=False)
    prefix: str | None = attrs.field(default=None, repr=False)
    suffix: str | None = attrs.field(default=None, repr=False)
    body: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    answer: str = attrs.field(default="", repr=False)


@attrs.frozen
class SecurityEvent:
    """Something that the audit log keeps beside requests; `detail` never holds a secret or source text."""

    name: str
    severity: str
    detail: str
    at: float
    request_id: str | None = None


@attrs.frozen
class Judgement:
    """What became of a request for ghost text: `right` if what the model said was taken, by command or by typing it.

    `shown` is whether the person saw it; an answer that is empty or late is not seen.
    """

    model: ModelReference
    language_id: str
    right: bool
    shown: bool = True
