"""What is counted of this process's requests, for whoever asks: the scraper's page, and other processes' pages."""

from __future__ import annotations

from aurelis.core.record import CallRecord, SecurityEvent, SentPrompt
from aurelis.observe.numbers import Numbers


class Metrics:
    """The `Recorder` port over numbers in memory; must be called on the event loop."""

    def __init__(self) -> None:
        self.numbers = Numbers()

    def record(self, record: CallRecord, sent: SentPrompt | None) -> None:  # noqa: ARG002  # Numbers need no prompt.
        """Count a finished request."""
        self.numbers.add(record)

    def security_event(self, event: SecurityEvent) -> None:
        """Nothing: events belong to the audit log."""

    def model_health(self, model: str, value: float) -> None:
        """Set the health of a model, 0 to 1."""
        self.numbers.gauge("aurelis_model_health", (model,), min(1.0, max(0.0, value)))

    def breaker_state(self, model: str, state: int) -> None:
        """Set a breaker's state: 0 closed, 1 half open, 2 open."""
        self.numbers.gauge("aurelis_breaker_state", (model,), float(state))
