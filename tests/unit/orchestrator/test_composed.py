from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.request
from contextlib import aclosing
from pathlib import Path
from typing import Any

import attrs
import pytest

from aurelis.app import Application
from aurelis.composition.directory import SettingsDirectory
from aurelis.composition.engine import Engine
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Answer, Completed
from aurelis.core.request import Message, Request, Task, Urgency
from aurelis.orchestrator.judgements import UNKNOWN
from aurelis.providers.pricing import GenaiPricing

CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
CHOICE = {"index": 0, "delta": {"content": "word"}, "finish_reason": "stop"}
WORD = b"data: " + json.dumps(CHUNK | {"choices": [CHOICE]}).encode() + b"\n\ndata: [DONE]\n\n"


@attrs.define
class Upstream:
    """Takes one token, and counts the connections and what was asked."""

    token: str = "right-token"
    connections: int = 0
    listed: int = 0
    refused: int = 0
    was_listed: asyncio.Event = attrs.field(factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = attrs.field(factory=list)

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in self.writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
                await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
                status, kind, body = self._answer(head)
                answer = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(answer.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, head: bytes) -> tuple[int, str, bytes]:
        if head.startswith(b"GET"):
            self.listed += 1
            self.was_listed.set()
            return 200, "application/json", b'{"object": "list", "data": [{"id": "m", "object": "model"}]}'
        if f"bearer {self.token}".encode() not in head.lower():
            self.refused += 1
            return 401, "application/json", b'{"error": {"message": "no", "code": "invalid_api_key"}}'
        return 200, "text/event-stream", WORD


def read_metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text: bytes = answer.read()
    return text.decode()


async def asked(application: Application, text: str, **more: Any) -> Answer:
    request = Request(request_id=text, task=Task.GENERAL, messages=(Message("user", text),), **more)
    async with aclosing(application.stream(request)) as events:
        async for event in events:
            if isinstance(event, Completed):
                return event.answer
    raise AssertionError("no answer")


async def test_a_token_that_changed_elsewhere_is_found(tmp_path: Path) -> None:
    """After a 401 nothing is sent until the token is another one; then the next command succeeds."""
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    environ = {"HOME": str(tmp_path), "A_KEY": "wrong-token"}
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    application = Application(environ)
    provider = {"baseUrl": address, "models": ["m"], "apiKeyEnv": "A_KEY"}
    await application.configure(editor={"providers": {"custom": provider}})
    await application.start()
    try:
        for text in ("first", "second"):
            with pytest.raises(RequestError) as caught:
                await asked(application, text)
            assert caught.value.kind is ErrorKind.AUTH
        assert upstream.refused == 1

        environ["A_KEY"] = "right-token"
        application._engine.orchestrator.availability._token_looked_up.clear()  # type: ignore[union-attr]  # five seconds pass
        assert (await asked(application, "third")).text == "word"
    finally:
        await application.aclose()
        server.close()


async def test_the_first_request_finds_a_warm_connection(tmp_path: Path) -> None:
    """The list was fetched after start, and the request goes over the same connection."""
    upstream = Upstream(token="")
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    application = Application({"HOME": str(tmp_path), "A_KEY": "any"})
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    await application.configure(editor={"providers": {"custom": {"baseUrl": address, "apiKeyEnv": "A_KEY"}}})
    await application.start()
    try:
        async with asyncio.timeout(20):
            await upstream.was_listed.wait()
        await asked(application, "hello")
        assert (upstream.connections, upstream.listed) == (1, 1)
    finally:
        await application.aclose()
        server.close()


@pytest.mark.parametrize("remote", [True, False])
async def test_prices_are_ready_before_a_remote_model_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remote: bool
) -> None:
    """The table of prices is read after the start, off the event loop, and only where somebody asks for money."""
    threads: list[str] = []
    monkeypatch.setattr(SettingsDirectory, "reaches_out", lambda _: remote)
    monkeypatch.setattr(GenaiPricing, "warm", lambda _: threads.append(threading.current_thread().name))
    application = Application({"HOME": str(tmp_path), "AURELIS_PROVIDER": "sandbox"})
    await application.configure()
    await application.start()
    try:
        assert application._engine is not None
        assert application._engine._warming is not None
        async with asyncio.timeout(20):
            await application._engine._warming
        assert len(threads) == int(remote)
        assert threading.main_thread().name not in threads
    finally:
        await application.aclose()


async def test_a_closed_breaker_is_measured_too(tmp_path: Path) -> None:
    """The state of a model's breaker is there before anything has failed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    application = Application({"HOME": str(tmp_path), "AURELIS_PROVIDER": "sandbox"})
    await application.configure(editor={"metrics": {"prometheusPort": port}})
    await application.start()
    try:
        await asked(application, "hello")
        async with asyncio.timeout(20):
            while "aurelis_model_health{" not in (shown := await asyncio.to_thread(read_metrics, port)):
                pass
        assert 'aurelis_breaker_state{model="sandbox/default"} 0.0' in shown
    finally:
        await application.aclose()


async def test_health_finds_out_that_the_server_has_gone(tmp_path: Path) -> None:
    """Models that the settings name do not make a provider healthy whose server does not answer."""
    upstream = Upstream(token="")
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    application = Application({"HOME": str(tmp_path)})
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    await application.configure(editor={"providers": {"custom": {"baseUrl": address, "models": ["m"]}}})
    try:
        before = await application.health()
        assert [before["components"][name]["status"] for name in ("models", "network")] == ["healthy", "healthy"]
        server.close()
        upstream.hang_up()
        after = await application.health()
        assert after["overall"] == "unhealthy"
        assert after["components"]["network"]["status"] == "unhealthy"
        assert after["components"]["network"]["next"]
    finally:
        await application.aclose()
        server.close()


async def test_what_the_profile_grants_reaches_the_quota(tmp_path: Path) -> None:
    """GitHub Models' tier of a model limits requests to a compatible gateway without any setting."""
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    environ = {"HOME": str(tmp_path), "A_KEY": upstream.token}
    application = Application(environ)
    provider = {"profile": "github", "baseUrl": address, "apiKeyEnv": "A_KEY"}
    await application.configure(editor={"providers": {"gateway": provider}})
    await application.start()
    try:
        for number in range(10):
            await asked(application, f"{number}", model="gateway/openai/gpt-4o")
        with pytest.raises(RequestError) as caught:
            await asked(application, "one too many", model="gateway/openai/gpt-4o")
        assert caught.value.kind is ErrorKind.RATE_LIMIT
        assert 0 < (caught.value.retry_after_seconds or 0) <= 61
    finally:
        await application.aclose()
        server.close()


async def test_what_earlier_sessions_learned_of_a_model_is_known_in_the_next(tmp_path: Path) -> None:
    """How often its ghost text was taken, in this language: it is read after the start, and nothing waits for it."""

    async def session() -> tuple[Application, Engine]:
        application = Application({"HOME": str(tmp_path), "AURELIS_PROVIDER": "sandbox"})
        await application.configure()
        await application.start()
        engine = application._engine
        assert engine is not None
        return application, engine

    application, _ = await session()
    try:
        assert application.often_right(None, "python") == UNKNOWN
        for number in range(12):
            run = Request(request_id=str(number), task=Task.COMPLETION, messages=(Message("user", f"x{number}"),))
            run = attrs.evolve(run, urgency=Urgency.GHOST_TEXT, facets={"language": "python"})
            async with aclosing(application.stream(run)) as events:
                async for _ in events:
                    pass
            application.offered(run.request_id)
            application.accepted(run.request_id, 5, "python")
    finally:
        await application.aclose()
    application, engine = await session()
    try:
        assert engine._warming is not None
        async with asyncio.timeout(20):
            await engine._warming
        assert application.often_right(None, "python") > 0.9
        assert application.often_right(None, "rust") == UNKNOWN
    finally:
        await application.aclose()
