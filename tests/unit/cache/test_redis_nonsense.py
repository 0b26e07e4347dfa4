"""Something that is no Redis server speaks in the place of the team's."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable

import pytest

from aurelis.cache.entry import Entry
from aurelis.cache.invalidation import invalidation_for
from aurelis.cache.redis import SILENCE_SECONDS, RedisLayer
from fixtures.hand_clock import HandClock

KEY = b"a team's own secret"
Make = Callable[..., Entry]


@pytest.mark.parametrize("answer", [b"*2\r\n:1\r\n:2\r\n", b"+OK\r\n", b"*1\r\n" * 3000 + b":1\r\n", b":abc\r\n"])
async def test_what_speaks_in_the_place_of_a_server_never_raises(
    clock: HandClock, make_entry: Make, caplog: pytest.LogCaptureFixture, answer: bytes
) -> None:
    """Answers that no server gives are misses and lost writes, and nothing is raised behind anybody's back."""

    async def word(reader: asyncio.StreamReader) -> bytes:
        length = int((await reader.readline())[1:])
        return (await reader.readexactly(length + 2))[:-2]

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ValueError, ConnectionError):
            while words := int((await reader.readline())[1:]):
                command, *_ = [await word(reader) for _ in range(words)]
                greeting = {b"HELLO": b"%1\r\n+proto\r\n:3\r\n", b"CLIENT": b"+OK\r\n"}
                writer.write(greeting.get(command.upper(), answer))
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        layer = RedisLayer(clock, url, KEY, wait_seconds=30.0)
        await layer.put("k", make_entry("k"))
        await layer.settled()
        clock.now += SILENCE_SECONDS[1]
        assert await layer.get("k") is None
        for work in (layer.invalidate(invalidation_for("api_change")), layer.clear(), layer.news(), layer.stats()):
            clock.now += SILENCE_SECONDS[1]
            await work
        await layer.aclose()
    gc.collect()
    assert not any("never retrieved" in message for message in caplog.messages)
