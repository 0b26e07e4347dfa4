"""Signals that tell a process to leave."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from aurelis.core.leaving import LEAVING, on_leaving

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in LEAVING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_each_signal_tells_the_exit_code_that_shells_report(number: signal.Signals, code: int) -> None:
    """Whoever is told may end in order."""
    told: asyncio.Queue[int] = asyncio.Queue()
    on_leaving(asyncio.get_running_loop(), told.put_nowait)
    signal.raise_signal(number)
    assert await told.get() == code


async def test_a_signal_that_nohup_ignores_stays_ignored() -> None:
    """A command that was started to outlive its terminal does."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    on_leaving(asyncio.get_running_loop(), lambda _code: None)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN
