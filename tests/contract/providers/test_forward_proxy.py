"""The provider behind a real forward proxy, which nobody here wrote."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.providers.options import TlsOptions
from fixtures.needs import require
from fixtures.processes import end, free_port, wait_until
from unit.providers.raw_server import collect, provider_for, text_of
from unit.providers.test_transport import Authority, Secure, authority, secure

__all__ = ["authority", "secure"]
pytestmark = pytest.mark.needs("tinyproxy")


@attrs.frozen
class Proxy:
    """A running proxy: its port and what it has noted."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


def _listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    """Starts a proxy with further lines in its configuration."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*lines: str) -> Proxy:
        port, log, output = free_port(), tmp_path / "proxy.log", tmp_path / "proxy.out"
        settings = [f"Port {port}", "Listen 127.0.0.1", "Allow 127.0.0.1", "Timeout 60", f'LogFile "{log}"', *lines]
        (tmp_path / "proxy.conf").write_text("\n".join([*settings, "LogLevel Connect", ""]))
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [require("tinyproxy"), "-d", "-c", tmp_path / "proxy.conf"],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        processes.append(process)
        wait_until(lambda: _listens(port), process, output, 30.0)
        return Proxy(port, log)

    yield start
    for process in processes:
        end(process)


async def test_tls_goes_through_a_tunnel(
    start_proxy: Callable[..., Proxy], secure: Secure, authority: Authority
) -> None:
    """An answer streams through the proxy, which sees the host's name and neither token nor prompt."""
    server, url, _ = await secure()
    proxy = start_proxy(f"ConnectPort {server.port}")
    tls = TlsOptions(ca_file=authority.file)
    async with provider_for(url, token="t-planted", proxy=proxy.url, tls=tls) as provider:
        assert text_of(await collect(provider)) == "hello"
    noted = proxy.log.read_text()
    assert f"CONNECT 127.0.0.1:{server.port}" in noted
    assert "t-planted" not in noted


async def test_a_proxy_that_asks_who_we_are(
    start_proxy: Callable[..., Proxy], secure: Secure, authority: Authority
) -> None:
    """Name and password stand in the proxy's URL; without them the error names the setting and nothing secret."""
    server, url, _ = await secure()
    proxy = start_proxy(f"ConnectPort {server.port}", "BasicAuth reader p-planted")
    tls = TlsOptions(ca_file=authority.file)
    named = proxy.url.replace("http://", "http://reader:p-planted@")
    async with provider_for(url, proxy=named, tls=tls) as provider:
        assert text_of(await collect(provider)) == "hello"
    wrong = proxy.url.replace("http://", "http://reader:w-planted@")
    for address in (proxy.url, wrong):
        async with provider_for(url, proxy=address, tls=tls) as provider:
            with pytest.raises(RequestError) as refused:
                await collect(provider)
        assert refused.value.kind is ErrorKind.NETWORK
        assert "providers.mine.proxy" in refused.value.message
        assert "planted" not in refused.value.message
    assert len(server.received) == 1


async def test_a_proxy_that_forbids_the_host(
    start_proxy: Callable[..., Proxy], secure: Secure, authority: Authority
) -> None:
    """A tunnel that is not allowed is an error of the network that names the proxy, found at once."""
    _, url, _ = await secure()
    proxy = start_proxy("ConnectPort 1")
    began = time.monotonic()
    async with provider_for(url, proxy=proxy.url, tls=TlsOptions(ca_file=authority.file)) as provider:
        with pytest.raises(RequestError) as refused:
            await collect(provider)
    assert refused.value.kind is ErrorKind.NETWORK
    assert "The proxy does not let requests through" in refused.value.message
    assert time.monotonic() - began < 5
