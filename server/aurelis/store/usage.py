"""One row for each finished request: numbers and names, never a prompt or an answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from aurelis.core.model import ModelReference
from aurelis.core.record import CallRecord, Judgement, SecurityEvent, SentPrompt
from aurelis.store.database import Database

MAX_ROWS: Final = 100_000
"""Rows kept: about 30 MB, some months of heavy use. The oldest go first."""

MAX_OUTCOMES: Final = 50
"""Attempts of one request whose outcome is kept."""

PRUNE_EVERY: Final = 500
"""Rows written between two looks at the bound."""

COLUMNS: Final = (
    *("request_id", "at", "task", "urgency", "model", "host", "outcome", "cached"),
    *("prompt_tokens", "completion_tokens", "total_tokens", "cost_usd", "duration_ms", "time_to_first_token_ms"),
    *("language", "incomplete", "redactions", "attempts", "confidence", "accepted_characters", "outcomes"),
    *("offered", "typed_characters"),
)

MAX_JUDGED: Final = 1_000
"""Requests for ghost text that are looked back upon: some days of typing; what lies further back counts for nothing."""

_INSERT: Final = f"INSERT INTO requests ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608  # names are ours
_SELECT: Final = f"SELECT {', '.join(COLUMNS)} FROM requests WHERE at >= ? ORDER BY at DESC, id DESC LIMIT ?"  # noqa: S608  # names are ours

_JUDGED: Final = """
    SELECT model, language, accepted_characters IS NOT NULL OR typed_characters IS NOT NULL, offered FROM requests
    WHERE task = 'completion' AND urgency = 'ghost_text' AND model IS NOT NULL
    AND outcome IN ('ok', 'cached', 'cancelled')
    ORDER BY id DESC LIMIT ?
"""


class UsageStore:
    """The `Recorder` port over the store, and the rows for statistics."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._written = 0

    def record(self, record: CallRecord, sent: SentPrompt | None) -> None:  # noqa: ARG002  # The store keeps no prompt.
        """Hand a finished request to the store's thread."""
        self._written += 1
        prune = self._written % PRUNE_EVERY == 1
        self._database.note(lambda connection: _insert(connection, record, prune=prune))

    def security_event(self, event: SecurityEvent) -> None:
        """Nothing: events belong to the audit log."""

    def accepted(self, request_id: str, characters: int) -> None:
        """Mark a completion as accepted, with so many characters."""
        self._database.note(
            lambda connection: connection.execute(
                "UPDATE requests SET accepted_characters = coalesce(accepted_characters, 0) + ? WHERE request_id = ?",
                (characters, request_id),
            )
        )

    def offered(self, request_id: str) -> None:
        """Mark a completion as one that an editor was given."""
        self._database.note(
            lambda connection: connection.execute("UPDATE requests SET offered = 1 WHERE request_id = ?", (request_id,))
        )

    def typed(self, request_id: str, characters: int) -> None:
        """Mark a completion as one of which the person typed so many characters; that they took it is inferred."""
        self._database.note(
            lambda connection: connection.execute(
                "UPDATE requests SET typed_characters = max(coalesce(typed_characters, 0), ?) WHERE request_id = ?",
                (characters, request_id),
            )
        )

    async def judgements(self) -> tuple[Judgement, ...]:
        """What became of the last requests for ghost text, the latest last."""
        self._database.hurry()
        found = await self._database.run(lambda connection: connection.execute(_JUDGED, (MAX_JUDGED,)).fetchall())
        return tuple(
            Judgement(ModelReference.parse(model), language, right=bool(right), shown=bool(shown))
            for model, language, right, shown in reversed(found)
        )

    async def rows(self, since: float = 0.0, limit: int = MAX_ROWS) -> tuple[Mapping[str, Any], ...]:
        """The latest rows since a time (seconds since the epoch), newest first, as mappings by `COLUMNS`."""
        self._database.hurry()
        return await self._database.run(
            lambda connection: tuple(
                dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(_SELECT, (since, limit))
            )
        )


def _insert(connection: sqlite3.Connection, record: CallRecord, *, prune: bool) -> None:
    values = (
        record.request_id,
        record.started_at,
        record.task.value,
        record.urgency.name.lower(),
        None if record.model is None else str(record.model),
        record.host,
        record.outcome,
        record.cached,
        record.usage.prompt_tokens,
        record.usage.completion_tokens,
        record.usage.total_tokens,
        record.cost_usd,
        record.duration_ms,
        record.time_to_first_token_ms,
        record.language,
        int(record.incomplete),
        record.redactions,
        len(record.attempts),
        record.confidence,
        None,
        ",".join(attempt.outcome for attempt in record.attempts[:MAX_OUTCOMES]),
        0,
        None,
    )
    connection.execute(_INSERT, values)
    if prune:
        connection.execute("DELETE FROM requests WHERE id <= (SELECT max(id) FROM requests) - ?", (MAX_ROWS,))
