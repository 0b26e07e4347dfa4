"""Model servers on this machine are found, and others are left alone."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from aurelis.providers import discovery
from aurelis.providers.discovery import PROBES, Probe, find_servers, listener_owners
from aurelis.providers.profiles import PROFILES
from unit.providers.raw_server import Answer, Exchange, RawServer, stream, whole

LIST = b'{"object": "list", "data": [{"id": "a", "owned_by": "%s", "meta": {"n_ctx_train": 4096}}]}'


@pytest.mark.parametrize(
    ("owner", "probed", "profile"),
    [
        (b"llamacpp", "vllm", "llamacpp"),
        (b"vllm", "llamacpp", "vllm"),
        (b"library", "ollama", "ollama"),
        (b"someone", "lmstudio", "lmstudio"),
        (b"someone", "llamacpp", "custom"),
    ],
)
async def test_a_server_is_recognised_by_its_list(server: RawServer, owner: bytes, probed: str, profile: str) -> None:
    """What the list says of itself counts more than the port."""
    server.answers = [whole(200, LIST % owner)]
    (found,) = await find_servers([Probe(server.port, probed)])
    assert (found.profile, found.base_url) == (profile, server.base_url)
    assert found.models[0].input_tokens == 4096
    assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize(
    "answer",
    [
        whole(200, b"<html>Tomcat</html>", content_type="text/html"),
        whole(200, b'[{"id": "a"}]'),
        whole(200, b'{"data": [{"id": "a"}]}'),
        whole(200, b'{"object": "list", "data": {}}'),
        whole(200, b'{"object": "list", "data": []}'),
        whole(404, LIST % b"x"),
        whole(401, LIST % b"x"),
        whole(302, b"", location="http://127.0.0.1:9/"),
        whole(200, b"[" * 100_000),
        stream(b"hello"),
    ],
)
async def test_other_software_is_left_alone(server: RawServer, answer: Answer) -> None:
    """A port that is busy with something else is no model server."""
    server.answers = [answer]
    assert await find_servers([Probe(server.port, "llamacpp")]) == ()


async def test_chunked_lists_are_read(server: RawServer) -> None:
    """The list may come in chunks."""
    body = LIST % b"vllm"
    server.answers = [stream(body[:20], body[20:], content_type="application/json")]
    assert len(await find_servers([Probe(server.port, "vllm")])) == 1


async def test_a_silent_port_does_not_hold_up_the_others(server: RawServer) -> None:
    """The whole search is bounded, and what answered in time is found."""
    silent = RawServer()
    await silent.start()

    async def waits(exchange: Exchange) -> None:
        await exchange.left()

    silent.answers = [waits]
    server.answers = [whole(200, LIST % b"x")]
    started = time.perf_counter()
    found = await find_servers(
        [Probe(silent.port, "ollama"), Probe(server.port, "lmstudio"), Probe(9, "vllm")], seconds=0.5
    )
    assert [one.profile for one in found] == ["lmstudio"]
    assert time.perf_counter() - started < 5
    await silent.stop()


async def test_a_server_of_another_user_is_left_alone(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who listens is asked before a server is accepted."""
    server.answers = [whole(200, LIST % b"x")]
    monkeypatch.setattr(discovery, "listener_owners", lambda _port: frozenset({os.getuid() + 1}))
    assert await find_servers([Probe(server.port, "ollama")]) == ()
    monkeypatch.setattr(discovery, "listener_owners", lambda _port: None)
    assert len(await find_servers([Probe(server.port, "ollama")])) == 1


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells who listens")
async def test_the_system_tells_who_listens(server: RawServer) -> None:
    """Our own listening socket is ours."""
    assert await asyncio.to_thread(listener_owners, server.port) == frozenset({os.getuid()})


def test_tables_of_listeners_are_read(tmp_path: Path) -> None:
    """Listening sockets count, connected ones do not; a missing table tells nothing."""
    table = tmp_path / "tcp"
    lines = [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1",
        "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1001        0 2",
        "   2: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1002        0 3",
        "",
    ]
    table.write_text("\n".join(lines))
    assert listener_owners(8080, [table]) == frozenset({1000})
    assert listener_owners(8081, [table]) == frozenset({1002})
    assert listener_owners(9, [table]) == frozenset()
    assert listener_owners(8080, [tmp_path / "none"]) is None


def test_probes_name_profiles() -> None:
    """Each place to look has a profile, and no port is asked twice."""
    assert all(probe.profile in PROFILES for probe in PROBES)
    ports: list[Any] = [probe.port for probe in PROBES]
    assert len(set(ports)) == len(ports)
