"""Answers that come compressed: read as they come, whole, and within bounds."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from contextlib import aclosing

import pytest

from aurelis.core.errors import RequestError
from aurelis.core.reply import TextDelta
from unit.providers.raw_server import (
    DONE,
    Exchange,
    RawServer,
    ask,
    collect,
    delta,
    head,
    provider_for,
    stream,
    text_of,
    whole,
)


async def test_a_compressed_stream_is_read_as_it_comes(server: RawServer) -> None:
    """Deltas of a gzip-encoded stream arrive before its end."""
    packer = zlib.compressobj(wbits=31)
    go_on = asyncio.Event()

    async def compressed(exchange: Exchange) -> None:
        await exchange.send(head(headers={"content-encoding": "gzip"}))
        await exchange.chunk(packer.compress(delta("a")) + packer.flush(zlib.Z_SYNC_FLUSH))
        await go_on.wait()
        await exchange.chunk(packer.compress(delta("b", "stop") + DONE) + packer.flush())
        await exchange.send(b"0\r\n\r\n")

    server.answers = [compressed]
    async with provider_for(server.base_url) as provider, aclosing(provider.stream(ask(), "m", 5.0)) as events:
        assert await anext(events) == TextDelta("a")
        go_on.set()
        assert text_of([event async for event in events]) == "b"
    assert "gzip" in server.received[0].headers["accept-encoding"]


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "GZIP"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("behind", [b"", bytes(512), b"and so on"])
async def test_a_body_in_several_gzip_members_is_read_whole(
    server: RawServer, name: str, size: int, behind: bytes
) -> None:
    """A server may compress each event for itself, cut its packets anywhere and pad the end."""
    packed = gzip.compress(delta("hel")) + gzip.compress(b"") + gzip.compress(delta("lo", "stop") + DONE) + behind
    parts = [packed[at : at + size] for at in range(0, len(packed), size)]
    server.answers = [stream(*parts, content_encoding=name)]
    async with provider_for(server.base_url) as provider:
        assert text_of(await collect(provider)) == "hello"


async def test_a_refusal_in_gzip_is_read(server: RawServer) -> None:
    """The words of an error are unpacked as well, and the connection is kept."""
    body = gzip.compress(b'{"error": {"message": "Unknown model: m", "code": "model_not_found"}}')
    server.answers = [whole(404, body, content_encoding="x-gzip")]
    async with provider_for(server.base_url) as provider:
        for _ in range(2):
            with pytest.raises(RequestError, match="Unknown model: m"):
                await collect(provider)
    assert server.connections == 1


async def test_a_bomb_in_gzip_is_unpacked_in_pieces(server: RawServer) -> None:
    """What unpacks to more than an answer can hold is given up, not kept."""
    bomb = gzip.compress(b'{"choices": "' + b" " * 20_000_000)
    server.answers = [whole(200, bomb, content_encoding="gzip")]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError, match="more than any answer can hold"):
            await collect(provider)
