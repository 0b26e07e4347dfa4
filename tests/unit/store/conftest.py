"""What the tests of the store share: databases over one file, closed at the end, and finished requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import attrs
import pytest
import pytest_asyncio

from aurelis.core.record import CallRecord
from aurelis.store.database import Database
from fixtures.records import PLAIN


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
    def make(**changes: object) -> CallRecord:
        return attrs.evolve(PLAIN, **{"started_at": 1_000.0, "attempts": (), **changes})

    return make
