"""What the tests of the store share: databases over one file, closed at the end, and finished requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import attrs
import pytest
import pytest_asyncio

from aurelis.core.model import ModelReference
from aurelis.core.record import CallRecord
from aurelis.core.reply import Usage
from aurelis.core.request import Task, Urgency
from aurelis.store.database import Database


@pytest_asyncio.fixture
async def open_store(tmp_path: Path) -> AsyncIterator[Callable[..., Database]]:
    made: list[Database] = []

    def make(path: Path | None = tmp_path / "state" / "store.sqlite3") -> Database:
        made.append(Database(path))
        return made[-1]

    yield make
    for database in made:
        await database.aclose()


@pytest.fixture
def make_record() -> Callable[..., CallRecord]:
    plain = CallRecord(
        request_id="r1",
        started_at=1_000.0,
        task=Task.COMPLETION,
        urgency=Urgency.GHOST_TEXT,
        outcome="ok",
        model=ModelReference("sandbox", "default"),
        host="127.0.0.1:1",
        cached=None,
        usage=Usage(10, 5, 15),
        cost_usd=0.25,
        confidence=0.9,
        incomplete=False,
        duration_ms=120,
        time_to_first_token_ms=40,
        attempts=(),
        redactions=1,
        redaction_rules=("token",),
        prompt_characters=40,
        prompt_sha256="00",
        answer_characters=20,
        answer_sha256="11",
        language="python",
    )

    def make(**changes: object) -> CallRecord:
        return attrs.evolve(plain, **changes)

    return make
