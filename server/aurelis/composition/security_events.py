"""Security events on their way to the audit log: named, weighed, and those that would only repeat noted once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from aurelis.config.settings import Problem
from aurelis.core.deadline import Clock
from aurelis.core.ports import Recorder
from aurelis.core.record import EVENT_SEVERITIES, SecurityEvent
from aurelis.security.redact import redact_texts

NOTED_ONCE: Final = 1_000
"""Documents that stayed here, and settings that were ignored, which one process notes: each once."""


class SecurityEvents:
    """What happens to this process that an auditor wants to know; made on the event loop."""

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._noted: set[tuple[str, str]] = set()  # At most NOTED_ONCE.

    def note(self, name: str, detail: str, request_id: str | None = None) -> None:
        """Note an event; `detail` holds no secret and no source text."""
        severity = EVENT_SEVERITIES.get(name, "warning")
        self._recorder.security_event(SecurityEvent(name, severity, detail, self._clock.time(), request_id))

    def redacted(self, request_id: str, rules: tuple[str, ...], blocked: bool) -> None:
        """Secrets were found in a request: by these rules, and it was sent without them or not at all."""
        self.note("secret_blocked" if blocked else "secret_redacted", ", ".join(rules), request_id)

    def excluded(self, name: str) -> None:
        """A document stayed here. May be called from any thread."""
        shown = redact_texts((name,))[0][0]
        with contextlib.suppress(RuntimeError):  # The loop has ended: nobody is left to tell.
            self._loop.call_soon_threadsafe(self._note_once, "excluded_file", shown)

    def ignored(self, problems: Sequence[Problem]) -> None:
        """Settings were not taken; some of them because of who set them."""
        for problem in problems:
            if problem.security_event is not None:
                self._note_once(problem.security_event, problem.path)

    def _note_once(self, name: str, detail: str) -> None:
        if (name, detail) not in self._noted and len(self._noted) < NOTED_ONCE:
            self._noted.add((name, detail))
            self.note(name, detail)
