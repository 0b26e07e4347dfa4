"""The pooled client of one provider, bound to one origin.

Two hooks carry the promises: no request leaves for another origin than the provider's, with no header that was not
meant (the SDK's fingerprint and whatever its environment variables add are taken away); and an answer that is not a
success becomes an error here, with a bounded part of its body read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2

from aurelis import __version__
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.providers.options import ProviderOptions
from aurelis.providers.transport.connection_steps import ConnectionSteps, came_unasked
from aurelis.providers.transport.gzip_members import unpack
from aurelis.providers.transport.proxy import Proxy
from aurelis.providers.transport.signing import signature
from aurelis.providers.transport.tls import build_context

CONNECTIONS_PER_PROVIDER: Final = 20
KEEP_ALIVE_SECONDS: Final = 60.0
PLACEHOLDER_KEY: Final = "none"
"""The SDK refuses to be built without a key; requests carry the real one themselves, or none."""

_MAX_REDIRECTS: Final = 3
_MAX_ERROR_BYTES: Final = 64 * 1024
_ERROR_BODY_SECONDS: Final = 1.0
"""How long the words of a refusal are waited for: its status and headers say what to do."""
_WRITE_SECONDS: Final = 60.0
_READ_SECONDS: Final = 600.0
"""Only a last resort: callers bound the wait for headers and the silence between chunks themselves."""
_CLOSES_UNANNOUNCED: Final = "llama.cpp"
"""A server of this name closes connections after streamed answers without saying so; using one again would fail."""
_WIRE_HEADERS: Final = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "transfer-encoding"}
)

ErrorReader = Callable[[int, Mapping[str, str], bytes], RequestError]


def user_agent() -> str:
    """What every request calls itself."""
    return f"Aurelis/{__version__}"


def _origin(url: httpx2.URL) -> tuple[str, str, int]:
    port = url.port or (443 if url.scheme == "https" else 80)
    return url.scheme, url.host, port


def _spelled(url: httpx2.URL) -> str:
    """An origin for people, shortened, without user and password."""
    port = f":{url.port}" if url.port is not None else ""
    return f"{url.scheme[:10]}://{url.host[:100]}{port}"


async def _words_of(response: httpx2.Response) -> bytes:
    """The beginning of what a refusal says, as far as it comes in time."""
    body = bytearray()
    try:
        async with asyncio.timeout(_ERROR_BODY_SECONDS):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_ERROR_BYTES:
                    break
    except (httpx2.HTTPError, TimeoutError):
        pass  # the status, and what has come, must do
    return bytes(body[:_MAX_ERROR_BYTES])


class HttpClientBuilder:
    """Builds the client of one provider; `own_headers` are the names that its requests may carry beside the usual."""

    def __init__(
        self,
        options: ProviderOptions,
        base_url: str,
        own_headers: frozenset[str],
        *,
        keep_alive: bool,
        proxy: Proxy | None = None,
    ) -> None:
        self._proxy = proxy
        self._options = options
        self._base_url = base_url
        self._own_headers = own_headers
        self._keep_alive = keep_alive

    def build(
        self, read_error: Callable[[httpx2.Request], ErrorReader], transport: httpx2.AsyncBaseTransport | None = None
    ) -> httpx2.AsyncClient:
        """The client. Building it may take 50 ms for the trust store: do it off the event loop.

        Raises:
            RequestError: of kind `configuration`, for a TLS setting that cannot be used.
        """
        for name in ("openai", "httpx2", "httpcore2"):  # they would log addresses, and with OPENAI_LOG whole prompts
            logging.getLogger(name).setLevel(logging.WARNING)
        url = httpx2.URL(self._base_url)
        context = build_context(self._options, secure=url.scheme == "https")
        return httpx2.AsyncClient(
            verify=context,
            proxy=self._proxy.address if self._proxy is not None else None,
            trust_env=False,
            transport=transport,
            timeout=httpx2.Timeout(
                connect=self._options.connect_timeout_seconds, read=_READ_SECONDS, write=_WRITE_SECONDS, pool=None
            ),
            limits=httpx2.Limits(
                max_connections=CONNECTIONS_PER_PROVIDER,
                max_keepalive_connections=CONNECTIONS_PER_PROVIDER,
                keepalive_expiry=KEEP_ALIVE_SECONDS,
            ),
            # Nobody is to be told apart by what a server once said; nor would what it says be bounded.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=True,
            max_redirects=_MAX_REDIRECTS,
            headers={"user-agent": user_agent()},
            event_hooks={
                "request": [self._guard(_origin(url))],
                "response": [self._check(_origin(url), read_error)],
            },
        )

    def _guard(self, origin: tuple[str, str, int]) -> Callable[[httpx2.Request], Awaitable[None]]:
        allowed = _WIRE_HEADERS | self._own_headers
        signing = self._options.signing
        placeholder = f"Bearer {PLACEHOLDER_KEY}"

        async def guard(request: httpx2.Request) -> None:
            if _origin(request.url) != origin:
                raise self._blocked(request.url)
            # A redirected request has its predecessor's: the connection is no old one because it is used twice.
            request.extensions = {"trace": ConnectionSteps(), **request.extensions}
            headers = request.headers
            for name in [name for name in headers if name not in allowed]:
                del headers[name]
            if headers.get("authorization") == placeholder:
                del headers["authorization"]
            headers["user-agent"] = user_agent()
            if not self._keep_alive:
                headers["connection"] = "close"
            if signing is not None:
                path = request.url.raw_path.decode("ascii")
                headers[signing.header] = signature(signing.key, int(time.time()), path, request.content)

        return guard

    def _check(
        self, origin: tuple[str, str, int], read_error: Callable[[httpx2.Request], ErrorReader]
    ) -> Callable[[httpx2.Response], Awaitable[None]]:
        async def check(response: httpx2.Response) -> None:
            if came_unasked(response):
                message = "The connection was kept with more in it than one answer."
                raise httpx2.RemoteProtocolError(message, request=response.request)
            unpack(response)
            if response.headers.get("server", "").startswith(_CLOSES_UNANNOUNCED):
                self._keep_alive = False
            if response.is_success:
                return
            if response.has_redirect_location:
                target = self._target(response)
                if _origin(target) != origin:
                    raise self._blocked(target)
                if response.status_code in {307, 308} or response.request.method == "GET":
                    return
                raise self._moved(target)
            body = await _words_of(response)
            raise read_error(response.request)(response.status_code, response.headers, body)

        return check

    def _target(self, response: httpx2.Response) -> httpx2.URL:
        try:
            return response.url.join(response.headers["location"])
        except (httpx2.InvalidURL, ValueError) as error:
            name = self._options.name
            message = f"The server of provider '{name}' redirects to nowhere; check providers.{name}.baseUrl."
            raise RequestError(ErrorKind.CONFIGURATION, message, provider=name) from error

    def _blocked(self, target: httpx2.URL) -> RequestError:
        name = self._options.name
        message = (
            f"The server of provider '{name}' redirects to {_spelled(target)}, another origin; this was not followed. "
            f"If that is right, set providers.{name}.baseUrl to it and sign in there."
        )
        return RequestError(
            ErrorKind.CONFIGURATION,
            message,
            provider=name,
            final_for_provider=True,
            security_event="redirect_blocked",
        )

    def _moved(self, target: httpx2.URL) -> RequestError:
        name = self._options.name
        message = (
            f"The server of provider '{name}' says that its address is {target.path[:100]!a} now; correct "
            f"providers.{name}.baseUrl."
        )
        return RequestError(ErrorKind.CONFIGURATION, message, provider=name)
