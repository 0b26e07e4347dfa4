"""What the tests of observability share: a clock that is set by hand and finished requests."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from aurelis.core.model import ModelReference
from aurelis.core.record import CallRecord, SentPrompt
from aurelis.core.reply import Attempt, Usage
from aurelis.core.request import Message, Task, Urgency
from unit.cache.hand_clock import HandClock

PLAIN = CallRecord(
    request_id="r1",
    started_at=1_800_000_000.0,
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
    attempts=(Attempt("sandbox/default", "ok", 200, 120),),
    redactions=1,
    redaction_rules=("token",),
    prompt_characters=40,
    prompt_sha256="00",
    answer_characters=20,
    answer_sha256="11",
    language="python",
)


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
