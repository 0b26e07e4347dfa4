"""What the tests of observability share: a clock that is set by hand and finished requests."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from aurelis.core.record import CallRecord, SentPrompt
from aurelis.core.request import Message
from fixtures.hand_clock import HandClock
from fixtures.records import PLAIN


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
