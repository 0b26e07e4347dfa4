"""The audit log: one JSON line for each request and security event, in files that show what was done to them.

Lines are handed over on the event loop and written on a thread of its own, under a lock that all of the user's
processes take. A process that is killed leaves at most one torn line, which the next one removes.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import attrs

from aurelis.core.deadline import Clock
from aurelis.core.record import CallRecord, SecurityEvent, SentPrompt
from aurelis.observe.audit_file import AuditFile, iso, own_event

LOGGER: Final = logging.getLogger("aurelis.observe")

SEVERITIES: Final = ("info", "warning", "high")
MAX_VALUE_CHARACTERS: Final = 1_000
MAX_ITEMS: Final = 50
MAX_WAITING: Final = 5_000
"""Lines that may wait for the thread; further ones are dropped, counted, and the count is written."""
GATHER_SECONDS: Final = 0.03
"""How long a line waits for others, so that writing those of one request does not hold up the next one's first word.

Where the log is required nothing waits: a disk that is full must be known before the next request.
"""


@attrs.frozen
class AuditPolicy:
    """The user's choices.

    `required` refuses requests while the log cannot be written; `level` is the lowest severity kept (failed requests
    are `warning`); `user_id` is written as a hash only; `content` adds the redacted prompt.
    """

    required: bool = False
    level: str = "info"
    user_id: str | None = attrs.field(default=None, repr=False)
    content: bool = False
    max_bytes: int = 10_000_000
    max_files: int = 10


class AuditLog:
    """The `Recorder` port over the audit files.

    Args:
        clock: wall-clock time.
        folder: the log's own folder, made private to the user.
        policy: the user's choices.
        key: gives the signing key, or None where there is no keychain; called once, on the log's thread, which has no
            event loop. Lines wait for it.
        anchor_file: where the anchor lies; best outside `folder`. Defaults to a file in it.
    """

    def __init__(
        self,
        clock: Clock,
        folder: Path,
        policy: AuditPolicy = AuditPolicy(),  # frozen data
        *,
        key: Callable[[], bytes | None] = lambda: None,
        anchor_file: Path | None = None,
    ) -> None:
        self._clock = clock
        self._file = AuditFile(clock, folder, anchor_file, policy.max_bytes, policy.max_files)
        self._policy = policy
        self._find_key = key
        self._key: bytes | None = None
        self._key_known = False
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="aurelis-audit")
        self._guard = threading.Lock()
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._draining = False
        self._hurry = threading.Event()
        self._closed = False
        self._warned = False
        self._error: str | None = "it has not been opened yet"
        self.dropped = 0

    def start(self) -> None:
        """Begin to open the log, repairing what a crash left; nobody need wait for it unless the log is required."""
        self._schedule()

    def ready(self) -> str | None:
        """Why a request must not be sent now, as a sentence, or None; None always unless the log is required."""
        if not self._policy.required:
            return None
        error = "too many lines wait for the disk" if len(self._waiting) >= MAX_WAITING else self._error
        if error is None:
            return None
        self._schedule()
        return (
            f"The audit log cannot be written ({error}) and your settings require it; "
            "make its folder writable or turn privacy.audit.required off."
        )

    def record(self, record: CallRecord, sent: SentPrompt | None) -> None:
        """Hand over the line of a finished request."""
        severity = "warning" if record.outcome.startswith("error:") else "info"
        self._hand_over(severity, lambda: _request_fields(record, sent if self._policy.content else None))

    def security_event(self, event: SecurityEvent) -> None:
        """Hand over the line of a security event."""
        severity = event.severity if event.severity in SEVERITIES else "warning"
        self._hand_over(
            severity,
            lambda: {
                "time": iso(event.at),
                "event": event.name,
                "severity": severity,
                "requestId": event.request_id,
                "detail": event.detail,
            },
        )

    async def settled(self) -> None:
        """Wait until everything handed over so far is written or has failed."""
        self._hurry.set()
        await asyncio.wrap_future(self._executor.submit(self._drain))

    async def aclose(self) -> None:
        """Write what waits and let go of the thread."""
        if self._closed:
            return
        await self.settled()
        self._closed = True
        self._executor.shutdown(wait=False)

    def _hand_over(self, severity: str, fields: Callable[[], dict[str, Any]]) -> None:
        level = self._policy.level if self._policy.level in SEVERITIES else "info"
        if self._closed or SEVERITIES.index(severity) < SEVERITIES.index(level):
            return
        line = _cut(fields())
        with self._guard:
            if len(self._waiting) >= MAX_WAITING:
                self.dropped += 1
                return
            self._waiting.append(line)
        self._schedule()

    def _schedule(self) -> None:
        with self._guard:
            if self._draining or self._closed:
                return
            self._draining = True
        self._executor.submit(self._gather)

    def _gather(self) -> None:
        if self._key_known and not self._policy.required:
            self._hurry.wait(GATHER_SECONDS)
        self._drain()

    def _drain(self) -> None:
        """Write everything that waits, on the thread; what cannot be written stays for the next time."""
        self._hurry.clear()
        with self._guard:
            self._draining = False
            lines = list(self._waiting)
            dropped, self.dropped = self.dropped, 0
        try:
            if not self._key_known:
                self._key, self._key_known = self._find_key(), True
            if dropped:
                lines.append(own_event(self._clock, "audit_lines_dropped", f"{dropped} lines could not be kept"))
            self._file.append([{**line, "user": self._user()} for line in lines], self._key)
        except Exception as error:  # noqa: BLE001  # The log's own trouble must reach `ready`, not the thread's end.
            with self._guard:
                self.dropped += dropped
            self._error = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
            if not self._warned:
                self._warned = True
                LOGGER.warning("The audit log cannot be written (%s).", self._error)
            return
        with self._guard:
            for _ in range(len(lines) - bool(dropped)):
                self._waiting.popleft()
        self._error = None

    def _user(self) -> str | None:
        if self._policy.user_id is None:
            return None
        name = self._policy.user_id.encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(name).hexdigest() if self._key is None else hmac.digest(self._key, name, "sha256").hex()
        return digest[:32]


def _request_fields(record: CallRecord, sent: SentPrompt | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "time": iso(record.started_at),
        "event": "request",
        "severity": "warning" if record.outcome.startswith("error:") else "info",
        "requestId": record.request_id,
        "task": record.task.value,
        "urgency": record.urgency.name.lower(),
        "model": None if record.model is None else str(record.model),
        "host": record.host,
        "outcome": record.outcome,
        "cached": record.cached,
        "incomplete": record.incomplete,
        "promptTokens": record.usage.prompt_tokens,
        "completionTokens": record.usage.completion_tokens,
        "costUsd": record.cost_usd,
        "durationMs": record.duration_ms,
        "timeToFirstTokenMs": record.time_to_first_token_ms,
        "attempts": [
            {"model": one.model, "outcome": one.outcome, "status": one.status, "durationMs": one.duration_ms}
            for one in record.attempts
        ],
        "redactions": record.redactions,
        "redactionRules": list(record.redaction_rules),
        "promptCharacters": record.prompt_characters,
        "promptSha256": record.prompt_sha256,
        "answerCharacters": record.answer_characters,
        "answerSha256": record.answer_sha256,
        "language": record.language,
    }
    if sent is not None:
        fields["messages"] = [{"role": message.role, "content": message.content} for message in sent.messages]
        fields["prefix"], fields["suffix"] = sent.prefix, sent.suffix
    return fields


def _cut(value: Any) -> Any:
    """The value with long texts and lists cut, and nothing in it that JSON cannot say."""
    if isinstance(value, str):
        return value if len(value) <= MAX_VALUE_CHARACTERS else value[:MAX_VALUE_CHARACTERS]
    if isinstance(value, Mapping):
        return {str(name): _cut(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(item) for item in value[:MAX_ITEMS]]
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124  # finds NaN
        return None
    return value
