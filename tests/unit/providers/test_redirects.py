"""Redirects are followed within a provider's origin alone; others are named."""

from __future__ import annotations

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from unit.providers.raw_server import DONE, RawServer, collect, delta, provider_for, stream, text_of, whole


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_origin_is_not_followed(server: RawServer, status: int) -> None:
    """The token stays with the origin that it belongs to, and the log gets a security event."""
    other = RawServer()
    await other.start()
    server.answers = [whole(status, b"", location=f"{other.base_url}/chat/completions")]
    async with provider_for(server.base_url, token="t-1") as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
        with pytest.raises(RequestError) as listing:
            await provider.models()
    await other.stop()
    assert other.received == []
    assert caught.value.security_event == listing.value.security_event == "redirect_blocked"


async def test_a_redirect_within_the_origin_is_followed(server: RawServer) -> None:
    """A moved path of the same origin gets the same request, the key included."""
    server.answers = [whole(308, b"", location="/v2/chat"), stream(delta("hello", "stop"), DONE)]
    async with provider_for(server.base_url, token="t-1") as provider:
        assert text_of(await collect(provider)) == "hello"
    first, second = server.received
    assert second.path == "/v2/chat"
    assert (second.method, second.body, second.headers["authorization"]) == (first.method, first.body, "Bearer t-1")


@pytest.mark.parametrize("location", ["/v2", "http://[bad", "http://[::", "", "file:///etc/passwd", "//127.0.0.2/v1"])
async def test_odd_redirects_are_errors(server: RawServer, location: str) -> None:
    """A redirect that would turn the request into another, or leads nowhere, is a clear error."""
    server.answers = [whole(302, b"", location=location)]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert caught.value.kind in {ErrorKind.CONFIGURATION, ErrorKind.REJECTED, ErrorKind.INVALID_RESPONSE}
    assert len(server.received) == 1


async def test_redirects_without_end_are_an_error(server: RawServer) -> None:
    """A circle of redirects ends, is said to be one, and is not run through again."""
    server.answers = [whole(307, b"", location="/v1/chat/completions")]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError, match="in a circle") as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.CONFIGURATION, False)
    assert len(server.received) < 10


@pytest.mark.parametrize("status", [300, 302, 304, 307])
async def test_a_redirect_without_an_address_is_a_wrong_address(server: RawServer, status: int) -> None:
    """An answer between success and failure that leads nowhere is no fault of the model's, and is not tried again."""
    server.answers = [whole(status, b"")]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError, match=f"HTTP {status}") as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.CONFIGURATION, False)
