"""A running raw server for every test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from unit.providers.raw_server import RawServer


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    """A raw server on a free port of the loopback address."""
    raw = RawServer()
    await raw.start()
    yield raw
    await raw.stop()
