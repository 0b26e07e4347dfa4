"""What goes over the wire: headers, pooling, closing, timeouts."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import socket
from contextlib import aclosing

import httpx2
import pytest

from aurelis import __version__
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Finished, FinishReason, TextDelta
from aurelis.providers.openai_compatible import ConnectionBudget, open_provider
from aurelis.providers.options import ProviderOptions
from aurelis.providers.tokens import TokenSource
from aurelis.providers.transport import client
from aurelis.providers.transport.client import HttpClientBuilder
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


async def test_only_meant_headers_are_sent(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our name, the key and the user's headers; nothing of the SDK's fingerprint and nothing of its environment."""
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "leaked")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Leaked: leaked\nAuthorization: leaked")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with provider_for(server.base_url, token="t-1", headers={"X-Team": "blue"}) as provider:
        await collect(provider)
        with contextlib.suppress(RequestError):
            await provider.models(refresh=True)
    asked, listed = server.received
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert (listed.method, listed.path) == ("GET", "/v1/models")
    for received in (asked, listed):
        assert received.headers["user-agent"] == f"Aurelis/{__version__}"
        assert received.headers["authorization"] == "Bearer t-1"
        assert received.headers["x-team"] == "blue"
        assert "leaked" not in str(received)
        extra = set(received.headers) - {
            "host",
            "accept",
            "accept-encoding",
            "connection",
            "content-type",
            "content-length",
        }
        assert extra == {"user-agent", "authorization", "x-team"}


async def test_the_client_itself_sends_nothing_to_another_origin() -> None:
    """Whoever asks it to: the last lock behind the check of redirects."""
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200)

    options = ProviderOptions(name="mine", profile="custom", base_url="https://one.test/v1")
    builder = HttpClientBuilder(options, "https://one.test/v1", frozenset({"authorization"}), keep_alive=True)
    client = builder.build(
        lambda _request: lambda *_: RequestError(ErrorKind.REJECTED, "no"), httpx2.MockTransport(answer)
    )
    async with client:
        assert (await client.get("https://one.test/v1/models")).is_success
        for url in ("https://two.test/v1", "http://one.test/v1", "https://one.test:444/v1", "https://one.test.evil/v1"):
            with pytest.raises(RequestError) as caught:
                await client.get(url, headers={"authorization": "Bearer t-1"})
            assert caught.value.security_event == "redirect_blocked"
    assert [request.url.host for request in sent] == ["one.test"]


@pytest.mark.parametrize(
    ("token", "headers", "said"),
    [
        (None, {}, "wants a token (HTTP 401), and there is none"),
        ("t-1", {}, "refused the token (HTTP 401)"),
        (None, {"X-Own-Key": "k"}, "refused the token (HTTP 401)"),
    ],
)
async def test_a_missing_token_is_not_called_refused(
    server: RawServer, token: str | None, headers: dict[str, str], said: str
) -> None:
    """A 401 says whether a token is missing or wrong."""
    server.answers = [whole(401, b"{}")]
    async with provider_for(server.base_url, token=token, headers=headers) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert said in caught.value.message


@pytest.mark.parametrize(("profile", "host"), [("custom", None), ("openai", "http://192.0.2.1/v1")])
async def test_a_missing_token_says_what_keeps_one_from_being_used(
    server: RawServer, profile: str, host: str | None
) -> None:
    """Whoever keeps a token in a file that must not be used reads that, whether the server was asked or not."""
    server.answers = [whole(401, b"{}")]
    reason = "credentials.toml is not used; run chmod 600 on it."
    more = {"allow_insecure_http": True} if host else {}
    async with provider_for(host or server.base_url, profile=profile, absence=reason, **more) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
        assert (await provider.check_token()).state == "none"
    assert caught.value.kind is ErrorKind.AUTH
    assert "sign in with `aurelis login mine`" in caught.value.message
    assert caught.value.message.endswith(f". {reason}")


async def test_no_token_sends_no_authorization(server: RawServer) -> None:
    """A server without a key gets no placeholder."""
    async with provider_for(server.base_url) as provider:
        await collect(provider)
    assert "authorization" not in server.received[0].headers


async def test_two_hundred_requests_share_twenty_connections(server: RawServer) -> None:
    """More requests than connections wait and are all answered."""
    async with provider_for(server.base_url) as provider:
        answers = await asyncio.gather(*(collect(provider, seconds=60.0) for _ in range(200)))
    assert [text_of(events) for events in answers] == ["hello"] * 200
    assert server.most_open <= 20


async def test_all_providers_share_one_budget(server: RawServer) -> None:
    """Two providers together never hold more answers open than the budget allows."""

    async def token() -> None:
        return None

    budget = ConnectionBudget(3)
    both = [
        open_provider(ProviderOptions(name=name, base_url=server.base_url), TokenSource(token), budget=budget)
        for name in ("a", "b")
    ]
    arrived, gate = asyncio.Semaphore(0), asyncio.Event()

    async def slow(exchange: Exchange) -> None:
        arrived.release()
        await gate.wait()
        await stream(delta("x", "stop"), DONE)(exchange)

    server.answers = [slow]
    tasks = [asyncio.create_task(collect(provider)) for provider in both for _ in range(20)]
    for _ in range(3):
        await arrived.acquire()
    await asyncio.wait(tasks, timeout=0.05)
    assert len(server.received) == 3
    gate.set()
    assert [text_of(events) for events in await asyncio.gather(*tasks)] == ["x"] * 40
    for provider in both:
        await provider.aclose()


@pytest.mark.parametrize("way", ["aclose", "cancel"])
async def test_closing_the_generator_closes_the_connection(server: RawServer, way: str) -> None:
    """A reader that goes away ends the upstream's work at once."""
    first = asyncio.Event()

    async def endless(exchange: Exchange) -> None:
        await exchange.send(head())
        await exchange.chunk(delta("a"))
        await exchange.left()

    server.answers = [endless]

    async def read() -> None:
        async with aclosing(provider.stream(ask(), "m", 5.0)) as events:
            async for _ in events:
                first.set()
                if way == "aclose":
                    return

    async with provider_for(server.base_url) as provider:
        task = asyncio.create_task(read())
        await first.wait()
        if way == "cancel":
            task.cancel()
        await asyncio.wait([task])
        await asyncio.wait_for(server.closed.wait(), 5)
        server.answers = [stream(delta("b", "stop"), DONE)]
        assert text_of(await collect(provider)) == "b"


async def test_a_cancelled_wait_for_headers_frees_its_place(server: RawServer) -> None:
    """Requests cancelled before their answer began leave no connection and no place taken."""
    arrived = asyncio.Semaphore(0)

    async def silent(exchange: Exchange) -> None:
        arrived.release()
        await exchange.left()

    server.answers = [silent]
    async with provider_for(server.base_url) as provider:
        for _ in range(3):
            tasks = [asyncio.create_task(collect(provider)) for _ in range(20)]
            for _ in tasks:
                await arrived.acquire()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        await asyncio.wait_for(server.closed.wait(), 5)
        server.answers = [stream(delta("b", "stop"), DONE)]
        assert text_of(await collect(provider)) == "b"


async def test_a_cancelled_handshake_closes_the_connection() -> None:
    """A server that says nothing while it is to prove who it is does not keep the connection of a request given up."""
    arrived, left = asyncio.Event(), asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        arrived.set()
        while await reader.read(1000):
            pass
        left.set()
        writer.close()

    listening = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening, provider_for(f"https://127.0.0.1:{port}/v1") as provider:
        task = asyncio.create_task(collect(provider))
        await arrived.wait()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.wait_for(left.wait(), 5)


async def test_the_words_of_a_refusal_are_not_waited_for_long(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal whose body never comes is judged by its status and headers."""
    monkeypatch.setattr(client, "_ERROR_BODY_SECONDS", 0.05)

    async def halting(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 429 X\r\nretry-after: 7\r\ncontent-length: 100\r\n\r\nslow d")
        await exchange.left()

    server.answers = [halting]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
        await asyncio.wait_for(server.closed.wait(), 5)
    assert (caught.value.kind, caught.value.retry_after_seconds) == (ErrorKind.RATE_LIMIT, 7.0)


async def test_a_server_that_does_not_answer_is_a_timeout(server: RawServer) -> None:
    """The wait for the headers is bounded by the caller's time."""

    async def silent(exchange: Exchange) -> None:
        await exchange.left()

    server.answers = [silent]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider, seconds=0.05)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.TIMEOUT, True)


async def test_a_wait_for_a_free_connection_sends_nothing(server: RawServer) -> None:
    """A request that found all connections busy until its time was over was never sent, and says so."""
    arrived = asyncio.Semaphore(0)

    async def silent(exchange: Exchange) -> None:
        arrived.release()
        await exchange.left()

    server.answers = [silent]
    async with provider_for(server.base_url) as provider:
        tasks = [asyncio.create_task(collect(provider)) for _ in range(20)]
        for _ in tasks:
            await arrived.acquire()
        with pytest.raises(RequestError) as caught:
            await collect(provider, seconds=0.05)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert (caught.value.kind, caught.value.unsent, caught.value.retryable) == (ErrorKind.TIMEOUT, True, False)
    assert len(server.received) == 20


async def test_a_connection_that_is_never_made_is_a_network_error() -> None:
    """A host that takes no connection within the limit was not reached; nothing was sent."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        queued = [socket.socket() for _ in range(4)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(address)
        options = {"connect_timeout_seconds": 0.1}
        async with provider_for(f"http://127.0.0.1:{address[1]}/v1", **options) as provider:
            with pytest.raises(RequestError) as caught:
                await collect(provider)
        for one in queued:
            one.close()
    assert (caught.value.kind, caught.value.retryable, caught.value.unsent) == (ErrorKind.NETWORK, True, True)


async def test_deltas_arrive_before_the_answer_is_finished(server: RawServer) -> None:
    """Text is handed on as it comes."""
    go_on = asyncio.Event()

    async def waits(exchange: Exchange) -> None:
        await exchange.send(head())
        await exchange.chunk(delta("a"))
        await go_on.wait()
        await exchange.chunk(delta("b", "stop") + DONE)
        await exchange.send(b"0\r\n\r\n")

    server.answers = [waits]
    async with provider_for(server.base_url) as provider, aclosing(provider.stream(ask(), "m", 5.0)) as events:
        assert await anext(events) == TextDelta("a")
        go_on.set()
        assert [event async for event in events] == [TextDelta("b"), Finished(FinishReason.STOP)]


async def test_nobody_listening_is_a_network_error() -> None:
    """A refused connection may be tried again and names the setting."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with provider_for(f"http://127.0.0.1:{port}/v1") as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.NETWORK, True)
    assert "baseUrl" in caught.value.message


async def test_an_unknown_host_is_a_network_error() -> None:
    """A name that does not resolve is told as such; nothing is asked of the network in this test."""

    def fail(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("Name or service not known", request=request)

    async def token() -> str:
        return "t"

    options = ProviderOptions(name="mine", base_url="https://models.example.invalid/v1")
    provider = open_provider(options, TokenSource(token), transport=httpx2.MockTransport(fail))
    with pytest.raises(RequestError) as caught:
        await collect(provider)
    await provider.aclose()
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.NETWORK, True)


async def test_prompts_never_reach_a_log(server: RawServer, caplog: pytest.LogCaptureFixture) -> None:
    """Even a root logger at its most talkative sees neither prompt nor token."""
    caplog.set_level(logging.DEBUG)
    async with provider_for(server.base_url, token="t-planted") as provider:
        await collect(provider, ask("planted prompt"))
    assert "planted" not in caplog.text


async def test_nothing_is_left_open(server: RawServer, recwarn: pytest.WarningsRecorder) -> None:
    """After closing, no connection remains and nothing complains at collection."""
    async with provider_for(server.base_url) as provider:
        await collect(provider)
        events = provider.stream(ask(), "m", 5.0)
        await anext(events)
        await events.aclose()
    await asyncio.wait_for(server.closed.wait(), 5)
    gc.collect()
    assert not [str(item.message) for item in recwarn]
