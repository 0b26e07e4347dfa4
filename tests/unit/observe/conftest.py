"""What the tests of observability share: a clock that is set by hand and finished requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import attrs
import pytest
import pytest_asyncio

from aurelis.core.record import CallRecord, SentPrompt
from aurelis.core.request import Message
from aurelis.observe.audit import AuditLog, AuditPolicy
from fixtures.hand_clock import HandClock
from fixtures.records import PLAIN
from unit.observe.audit_logs import KEY, OpenAudit


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def make_record() -> Callable[..., CallRecord]:
    def make(**changes: object) -> CallRecord:
        return attrs.evolve(PLAIN, **changes)

    return make


@pytest.fixture
def make_sent(make_record: Callable[..., CallRecord]) -> Callable[..., SentPrompt]:
    def make(request_id: str = "r1", text: str = "the prompt") -> SentPrompt:
        return SentPrompt(record=make_record(request_id=request_id), messages=(Message("user", text),))

    return make


@pytest_asyncio.fixture
async def open_audit(clock: HandClock, tmp_path: Path) -> AsyncIterator[OpenAudit]:
    """Logs over one folder, as several processes have them."""
    made: list[AuditLog] = []

    def make(key: bytes | None = KEY, folder: Path = tmp_path / "audit", **policy: object) -> AuditLog:
        made.append(AuditLog(clock, folder, AuditPolicy(**policy), key=lambda: key))  # type: ignore[arg-type]  # options by name
        return made[-1]

    yield make
    for log in made:
        await log.aclose()
