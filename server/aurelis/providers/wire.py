"""One provider's way to its server: places among the connections, its requests, errors with the right blame.

In comes a URL and a body; out comes the response with its body still to be read, or a `RequestError`. Lists are
fetched through the SDK, with its own retries off; what is posted goes over the same client directly, because the SDK's
making of a request takes as long as a whole exchange with a server near by (benchmarks/request_overhead.py).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Final

import attrs
import httpx2

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import RedactedRequest
from aurelis.providers.connection_errors import error_from_connection
from aurelis.providers.errors import Blame, error_from_answer, sentence
from aurelis.providers.options import ProviderOptions, host_and_port, is_loopback
from aurelis.providers.profile import Profile
from aurelis.providers.request_headers import RequestHeaders
from aurelis.providers.tokens import TokenSource
from aurelis.providers.transport.client import CONNECTIONS_PER_PROVIDER, PLACEHOLDER_KEY, ErrorReader, HttpClientBuilder
from aurelis.providers.transport.connection_steps import closed_while_kept
from aurelis.providers.transport.proxy import proxy_for
from aurelis.providers.transport.sdk import openai
from aurelis.providers.waits import notice_of

_JSON_HEADERS: Final = {"accept": "application/json", "content-type": "application/json"}

CONNECTIONS_IN_ALL: Final = 100
URLS: Final = 32
"""Addresses that are kept read: reading one takes as long as all the rest of making a request."""
MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024

EventListener = Callable[[str, str], None]
"""Told of each security event: its name, and whom it is about."""


class ConnectionBudget:
    """The connections that all providers together may hold; one object is shared by the providers of a process."""

    def __init__(self, connections: int = CONNECTIONS_IN_ALL) -> None:
        self.slots = asyncio.Semaphore(connections)


class UpstreamError(RequestError):
    """An answer that was no success, with what it said, so that a refused parameter can be recognised."""

    def __init__(self, error: RequestError, answered: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(
            error.kind,
            error.message,
            status=error.status,
            retry_after_seconds=error.retry_after_seconds,
            provider=error.provider,
            retryable=error.retryable,
            final_for_provider=error.final_for_provider,
            security_event=error.security_event,
        )
        self.refused_by = error.refused_by
        self.answered = answered
        self.headers = headers
        self.body = body


@attrs.frozen(kw_only=True)
class Post:
    """One request: a GET when there is no body; `timeout_seconds` bounds the wait for the headers."""

    url: str
    blame: Blame
    timeout_seconds: float
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None
    key_header: str | None = None


class Wire:
    """The connections of one provider.

    Attributes:
        notice: the latest warning about the provider's future, as a sentence.
    """

    def __init__(
        self,
        options: ProviderOptions,
        profile: Profile,
        base_url: str,
        token: TokenSource,
        budget: ConnectionBudget,
        transport: httpx2.AsyncBaseTransport | None = None,
        listener: EventListener = lambda _name, _detail: None,
    ) -> None:
        self._listener = listener
        self._options = options
        self._profile = profile
        self._budget = budget
        self._slots = asyncio.Semaphore(CONNECTIONS_PER_PROVIDER)
        self._open = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._retired = False
        self._urls: dict[str, httpx2.URL] = {}  # At most URLS.
        self.host = host_and_port(base_url)
        self.loopback = is_loopback(httpx2.URL(base_url).host)
        self._headers = RequestHeaders(options, profile, token, loopback=self.loopback)
        self._proxy = proxy_for(options, httpx2.URL(base_url))
        own, keep_alive = self._headers.names, profile.keep_alive
        builder = HttpClientBuilder(options, base_url, own, keep_alive=keep_alive, proxy=self._proxy)
        self.notice: str | None = None
        self._http = builder.build(self._reader_of, transport)
        self._sdk = openai.AsyncOpenAI(
            api_key=PLACEHOLDER_KEY,
            base_url=base_url,
            max_retries=0,
            timeout=self._http.timeout,
            http_client=self._http,
            organization="",
            project="",
        )

    def blame(self, model: str = "", request: RedactedRequest | None = None, became: str | None = None) -> Blame:
        """Whom an error is about."""
        private: tuple[str, ...] = ()
        if request is not None:
            private = tuple(message.content for message in request.messages)
            private += (request.fim.prefix, request.fim.suffix) if request.fim is not None else ()
        return Blame(
            provider=self._options.name,
            title=self._profile.title,
            host=self.host,
            model=model,
            key_variable=self._options.key_variable or self._profile.key_variable,
            became=became,
            proxy=self._proxy.named_by if self._proxy is not None else None,
            private=private,
        )

    async def token(self) -> str | None:
        """The token, fit for a header; None when there is none.

        Raises:
            RequestError: of kind `auth`, when it cannot be sent.
        """
        return await self._headers.token()

    async def send(self, stack: AsyncExitStack, post: Post) -> httpx2.Response:
        """Send and wait for the headers; the stack then owns the response and its place among the connections.

        Raises:
            UpstreamError: when the answer is no success.
            RequestError: when there is no answer.
        """
        try:
            return await self._send(stack, post)
        except RequestError as error:
            if error.security_event is not None:
                self._listener(error.security_event, f"{self._options.name} at {self.host}")
            raise

    async def _send(self, stack: AsyncExitStack, post: Post) -> httpx2.Response:
        async with AsyncExitStack() as attempt:
            attempt.enter_context(self._counted())
            sending = False
            try:
                async with asyncio.timeout(post.timeout_seconds):
                    headers = await self._headers.of_request(post.blame, post.key_header)
                    await attempt.enter_async_context(self._slots)
                    await attempt.enter_async_context(self._budget.slots)
                    sending = True
                    response = await self._pass_on(post, headers)
            except TimeoutError as error:
                if not sending:
                    raise self._never_free(post.blame) from error
                raise error_from_connection(error, post.blame, timed_out=True) from error
            except UpstreamError as error:
                blame = await self._headers.judged(post.blame, headers)
                told = error_from_answer(error.answered, error.headers, error.body, blame, now=time.time())
                raise UpstreamError(told, error.answered, error.headers, error.body) from None
            except RequestError as error:
                error.unsent = error.unsent or not sending
                raise
            except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
                timed_out = isinstance(error, openai.APITimeoutError | httpx2.TimeoutException)
                raise error_from_connection(error, post.blame, timed_out=timed_out) from error
            attempt.push_async_callback(response.aclose)
            stack.push_async_exit(attempt.pop_all().__aexit__)
        return response

    async def read(self, post: Post) -> bytes:
        """Send and read the whole body within the same time.

        Raises:
            RequestError: as `send`, and for a body that is too large.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(post.timeout_seconds):
                    response = await self.send(stack, post)
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        body += chunk
                        if len(body) > MAX_DOCUMENT_BYTES:
                            raise self._too_large()
                    return bytes(body)
            except TimeoutError as error:
                raise error_from_connection(error, post.blame, timed_out=True) from error
            except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
                raise error_from_connection(error, post.blame) from error

    async def finished(self) -> None:
        """Send nothing more, and wait until every answer under way has been read or left."""
        self._retired = True
        await self._idle.wait()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        if self._retired:
            message = f"The settings of {self._options.name} have changed meanwhile; ask again."
            error = RequestError(ErrorKind.UNAVAILABLE, message, provider=self._options.name)
            error.unsent = True
            raise error
        self._open += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    @staticmethod
    def _never_free(blame: Blame) -> RequestError:
        message = (
            f"All connections to {blame.title} ({blame.host}), or the keychain, were busy for too long; try again."
        )
        error = RequestError(ErrorKind.TIMEOUT, message, provider=blame.provider)
        error.unsent = True
        return error

    def _too_large(self) -> RequestError:
        name = self._options.name
        message = f"{self._profile.title} answered with more than fits; check providers.{name}.baseUrl."
        return RequestError(ErrorKind.INVALID_RESPONSE, sentence(message), provider=name)

    async def _pass_on(self, post: Post, headers: dict[str, str]) -> httpx2.Response:
        """Ask over kept connections as long as they turn out to be closed; over a new one, once."""
        for _ in range(CONNECTIONS_PER_PROVIDER):
            try:
                return await self._ask(post, headers)
            except (openai.APIConnectionError, httpx2.RequestError) as error:
                if not closed_while_kept(error if isinstance(error, httpx2.RequestError) else error.__cause__):
                    raise
        return await self._ask(post, headers)

    async def _ask(self, post: Post, headers: dict[str, str]) -> httpx2.Response:
        plain = await (self._through_sdk(post, headers) if post.body is None else self._directly(post, headers))
        self._note(plain.headers)
        return plain

    async def _through_sdk(self, post: Post, headers: dict[str, str]) -> httpx2.Response:
        # Asked for the plain response and for a stream, the SDK hands the response over unread.
        response: Any = await self._sdk.get(
            post.url,
            cast_to=httpx2.Response,
            stream=True,
            stream_cls=openai.AsyncStream[Any],
            options={"headers": headers, "params": dict(post.query or {})},
        )
        plain: httpx2.Response = response
        return plain

    async def _directly(self, post: Post, headers: dict[str, str]) -> httpx2.Response:
        content = json.dumps(post.body, ensure_ascii=False, separators=(",", ":")).encode()
        headers |= _JSON_HEADERS
        url = self._read_url(post.url)
        request = self._http.build_request("POST", url, content=content, headers=headers, params=post.query)
        return await self._http.send(request, stream=True)

    def _read_url(self, url: str) -> httpx2.URL:
        read = self._urls.get(url)
        if read is None:
            read = httpx2.URL(url)
            if len(self._urls) < URLS:
                self._urls[url] = read
        return read

    def _note(self, headers: Mapping[str, str]) -> None:
        """Keep what an answer, a refusal too, says about the provider's future."""
        self.notice = notice_of(headers, sentence(f"{self._profile.title} ({self.host})")) or self.notice

    def _reader_of(self, request: httpx2.Request) -> ErrorReader:
        blame = attrs.evolve(self.blame(), secrets=self._headers.keys_in(request.headers))

        def read(status: int, headers: Mapping[str, str], body: bytes) -> RequestError:
            self._note(headers)
            for secret in blame.secrets:
                body = body.replace(secret.encode(), b"...")
            told = error_from_answer(status, headers, body, blame, now=time.time())
            return UpstreamError(told, status, headers, body)

        return read
