"""One recorder over many sinks: a sink that fails is skipped, so that telling never changes what is told about."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from typing import Final

from aurelis.core.ports import Recorder
from aurelis.core.record import CallRecord, SecurityEvent, SentPrompt

LOGGER: Final = logging.getLogger("aurelis.observe")

KEPT_PROMPTS: Final = 20
"""Requests whose redacted prompt stays in memory for `aurelis.showRequest` (the contract's number)."""


class FanOutRecorder:
    """The `Recorder` port over any number of sinks, and the last prompts as they were sent.

    Sinks must not block: those that write to disk hand over to a thread of their own.
    """

    def __init__(self, sinks: Sequence[Recorder] = ()) -> None:
        self._sinks = tuple(sinks)
        self._sent: deque[SentPrompt] = deque(maxlen=KEPT_PROMPTS)
        self._failed: set[int] = set()

    def adopt(self, sinks: Sequence[Recorder]) -> None:
        """Go on with other sinks; the last prompts stay."""
        self._sinks = tuple(sinks)
        self._failed.clear()

    def record(self, record: CallRecord, sent: SentPrompt | None) -> None:
        """Remember a finished request in every sink."""
        if sent is not None:
            self._sent.append(sent)
        for place, sink in enumerate(self._sinks):
            try:
                sink.record(record, sent)
            except Exception as error:  # noqa: BLE001  # Observability must not change an answer.
                self._warn(place, sink, error)

    def security_event(self, event: SecurityEvent) -> None:
        """Remember a security event in every sink."""
        for place, sink in enumerate(self._sinks):
            try:
                sink.security_event(event)
            except Exception as error:  # noqa: BLE001  # Observability must not change an answer.
                self._warn(place, sink, error)

    def sent(self, request_id: str | None = None) -> tuple[SentPrompt, ...]:
        """The last requests as they were sent, newest last, or the one with that id."""
        return tuple(sent for sent in self._sent if request_id is None or sent.record.request_id == request_id)

    def _warn(self, place: int, sink: Recorder, error: Exception) -> None:
        if place not in self._failed:
            self._failed.add(place)
            LOGGER.warning("%s failed (%s) and is skipped where it fails.", type(sink).__name__, type(error).__name__)
