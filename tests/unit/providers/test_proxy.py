"""Which proxy is gone through, by the settings and by the environment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from unit.providers.raw_server import RawServer, collect, provider_for, text_of

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
SOCKS = "socks5://127.0.0.1:9"


@pytest.fixture
async def proxy() -> AsyncIterator[tuple[str, list[str]]]:
    """The address of a proxy that lets nobody through, and whom it was asked for."""
    asked: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b" ")[1].decode())
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def surroundings(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], address: str = "") -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(address))


@pytest.mark.parametrize(
    "variables",
    [
        {"HTTPS_PROXY": "http://{}"},
        {"https_proxy": "{}"},
        {"ALL_PROXY": "http://{}"},
        {"HTTPS_PROXY": "http://{}", "ALL_PROXY": SOCKS, "HTTP_PROXY": SOCKS},
        {"HTTPS_PROXY": "http://name:word@{}", "NO_PROXY": "other.invalid,10.0.0.0/8"},
    ],
)
async def test_the_environments_proxy_is_gone_through(
    monkeypatch: pytest.MonkeyPatch, proxy: tuple[str, list[str]], variables: Mapping[str, str]
) -> None:
    """The one for the address's scheme, else the one for all; another one that cannot be used does no harm."""
    address, asked = proxy
    surroundings(monkeypatch, variables, address)
    async with provider_for("https://models.invalid/v1") as provider:
        with pytest.raises(RequestError, match=r"(HTTPS|ALL)_PROXY in the environment"):
            await collect(provider)
    assert asked == ["models.invalid:443"]


@pytest.mark.parametrize(
    ("host", "exceptions"),
    [
        ("models.invalid", "models.invalid"),
        ("models.invalid", ".invalid"),
        ("models.invalid", "*"),
        ("0.0.0.1", "0.0.0.0/8"),
    ],
)
async def test_whom_the_environment_excepts_is_asked_directly(
    monkeypatch: pytest.MonkeyPatch, proxy: tuple[str, list[str]], host: str, exceptions: str
) -> None:
    """A name, a domain, everything, or a network."""
    address, asked = proxy
    surroundings(monkeypatch, {"HTTPS_PROXY": f"http://{address}", "NO_PROXY": exceptions})
    async with provider_for(f"https://{host}/v1", connect_timeout_seconds=0.5) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert (caught.value.kind, asked) == (ErrorKind.NETWORK, [])


@pytest.mark.parametrize("value", [SOCKS, "nonsense://x", "http://", "http://[bad", "http://h:99999"])
async def test_a_proxy_of_the_environment_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, server: RawServer, value: str
) -> None:
    """The variable is, not its value; and nothing on this machine is the worse for it."""
    surroundings(monkeypatch, {"ALL_PROXY": value})
    with pytest.raises(RequestError, match=r"ALL_PROXY of the environment .* providers\.mine\.proxy") as caught:
        async with provider_for("https://models.invalid/v1"):
            pass
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert "127.0.0.1" not in caught.value.message
    async with provider_for(server.base_url) as provider:
        assert text_of(await collect(provider)) == "hello"
