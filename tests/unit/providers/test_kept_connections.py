"""Connections that are kept for the next request, and what happens when a server closes them."""

from __future__ import annotations

import asyncio

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from unit.providers.raw_server import (
    DONE,
    Answer,
    Exchange,
    RawServer,
    collect,
    delta,
    head,
    provider_for,
    stream,
    text_of,
    whole,
)


async def test_connections_are_kept(server: RawServer) -> None:
    """Requests one after the other use one connection."""
    async with provider_for(server.base_url) as provider:
        for _ in range(5):
            await collect(provider)
    assert server.connections == 1


@pytest.mark.parametrize(("profile", "connections"), [("llamacpp", 3), ("custom", 2)])
async def test_a_server_that_closes_unannounced_gets_fresh_connections(
    server: RawServer, profile: str, connections: int
) -> None:
    """llama.cpp's server is known by its profile, or by its name from the first answer on."""
    server.answers = [stream(delta("hello", "stop"), DONE, server="llama.cpp")]
    async with provider_for(server.base_url, profile=profile) as provider:
        for _ in range(3):
            assert text_of(await collect(provider)) == "hello"
    assert server.connections == connections
    assert server.received[-1].headers["connection"] == "close"


async def _close(exchange: Exchange) -> None:
    exchange.writer.close()


async def _reset(exchange: Exchange) -> None:
    exchange.writer.transport.abort()


@pytest.mark.parametrize("end", [_close, _reset])
async def test_kept_connections_that_a_server_closes_cost_nothing(server: RawServer, end: Answer) -> None:
    """A server may close a kept connection in the very moment of its use: the request goes over another one."""
    hello = stream(delta("hello", "stop"), DONE)
    arrived = asyncio.Barrier(3)

    async def together(exchange: Exchange) -> None:
        await arrived.wait()
        await hello(exchange)

    server.answers = [together, together, together, end, end, end, hello]
    async with provider_for(server.base_url) as provider:
        await asyncio.gather(*(collect(provider) for _ in range(3)))
        assert text_of(await collect(provider)) == "hello"
        assert (server.connections, len(server.received)) == (4, 7)
        server.answers = [end, whole(200, b'{"data": [{"id": "m"}]}')]
        assert [model.reference.model for model in await provider.models(refresh=True)] == ["m"]


async def test_a_redirect_does_not_make_a_connection_an_old_one(server: RawServer) -> None:
    """A server that redirects and then hangs up is asked once for each attempt, not once for each connection."""
    server.answers = [whole(307, b"", location="/v1/elsewhere"), _close] * 4
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError, match="broke off"):
            await collect(provider)
    assert [received.path for received in server.received] == ["/v1/chat/completions", "/v1/elsewhere"]


def _twice(*parts: bytes) -> Answer:
    """An answer with a second one behind it, in one packet."""

    async def answer(exchange: Exchange) -> None:
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        stale = delta("stale", "stop") + DONE
        exchange.writer.write(head() + body + head() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(stale), stale))
        await exchange.writer.drain()

    return answer


async def test_a_second_answer_behind_the_first_is_nobodys(server: RawServer) -> None:
    """What came before a request was sent is not taken for its answer: the request goes over another connection."""
    server.answers = [
        _twice(delta("one", "stop"), DONE),
        stream(delta("lost", "stop"), DONE),
        stream(delta("two", "stop"), DONE),
        stream(delta("three", "stop"), DONE),
    ]
    async with provider_for(server.base_url) as provider:
        said = [text_of(await collect(provider)) for _ in range(3)]
    assert said == ["one", "two", "three"]
    assert (server.connections, len(server.received)) == (2, 4)


@pytest.mark.parametrize("end", [_close, _reset])
async def test_a_new_connection_that_a_server_closes_is_a_failure(server: RawServer, end: Answer) -> None:
    """Nothing is asked again in silence when the connection was made for the request."""
    server.answers = [end]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError, match="broke off") as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable, len(server.received)) == (ErrorKind.NETWORK, True, 1)


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"-ERR unknown command\r\n\r\n", bytes(300)])
async def test_a_server_that_speaks_something_else_is_told_as_such(server: RawServer, said: bytes) -> None:
    """Whoever gave the port of another service reads that, and which setting holds it."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(said)
        exchange.writer.close()

    server.answers = [answer]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError, match=r"does not answer in HTTP; .*providers\.mine\.baseUrl") as caught:
            await collect(provider)
    assert caught.value.kind is ErrorKind.NETWORK


async def test_an_answer_that_ends_in_nonsense_broke_off(server: RawServer) -> None:
    """Whoever had the beginning of an answer is not told to look for another port."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(head())
        await exchange.chunk(delta("hel"))
        await exchange.send(b"SSH-2.0\r\n")
        exchange.writer.close()

    server.answers = [answer]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError, match="broke off the connection before the answer was complete") as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.NETWORK, True)


async def test_cookies_are_neither_kept_nor_sent(server: RawServer) -> None:
    """What a server gives to know somebody by again is not taken, however often it tries."""
    server.answers = [stream(delta("hello", "stop"), DONE, set_cookie=f"c{number}=1; Path=/") for number in range(4)]
    async with provider_for(server.base_url) as provider:
        for _ in range(4):
            await collect(provider)
        assert not list(provider._wire._http.cookies.jar)
    assert not any("cookie" in received.headers for received in server.received)
