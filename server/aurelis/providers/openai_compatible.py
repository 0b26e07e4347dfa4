"""The one implementation of the `Provider` port: any server that speaks OpenAI's protocol, told apart by its profile.

In come a redacted request and a model's id; out come the provider's events. The SDK carries the request (its own retries
are off, its events are not used: reading them directly costs a tenth); the answer is read by `answers.py`.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Any, Final

import anyio
import attrs
import httpx2
import openai

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo
from aurelis.core.reply import ProviderEvent
from aurelis.core.request import RedactedRequest
from aurelis.providers import fim
from aurelis.providers.answers import AnswerReader
from aurelis.providers.body import chat_body, refused_parameter
from aurelis.providers.catalogue import Catalogue
from aurelis.providers.errors import (
    Blame,
    error_from_answer,
    error_from_connection,
    gone_sentence,
    read_details,
)
from aurelis.providers.options import (
    ProviderOptions,
    check_base_url,
    check_headers,
    host_and_port,
    is_loopback,
    profile_of,
    root_of,
)
from aurelis.providers.profile import Limits, Profile
from aurelis.providers.reasoning import ReasoningFilter
from aurelis.providers.transport.client import CONNECTIONS_PER_PROVIDER, PLACEHOLDER_KEY, ErrorReader, HttpClientBuilder
from aurelis.providers.waits import notice_of

CONNECTIONS_IN_ALL: Final = 100
_LEARNED_MODELS: Final = 512
"""Bound of what is remembered about models: refused parameters, refused dialects, ways of reasoning."""
_MOST_REFUSALS: Final = 4
_FIM_REFUSED: Final = frozenset({400, 404, 405, 422, 500, 501})

TokenSource = Callable[[], Awaitable[str | None]]


class ConnectionBudget:
    """The connections that all providers together may hold; one object is shared by the providers of a process."""

    def __init__(self, connections: int = CONNECTIONS_IN_ALL) -> None:
        self.slots = asyncio.Semaphore(connections)


class _UpstreamError(RequestError):
    """An answer that was no success, with what it said, so that a refused parameter can be recognised."""

    def __init__(self, error: RequestError, status: int, body: bytes, headers: Mapping[str, str]) -> None:
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
        self.answered = status
        self.body = body
        self.headers = headers


@attrs.define
class _Learned:
    """What one model's answers taught."""

    refused: frozenset[str] = frozenset()
    dialects: frozenset[str] = frozenset()
    opens_reasoning: bool = False


@attrs.frozen
class _Call:
    url: str
    body: dict[str, Any]
    dialect: str | None = None


class OpenAICompatibleProvider:
    """One provider of the settings; see `Provider` in `aurelis.core.ports`."""

    def __init__(
        self,
        options: ProviderOptions,
        profile: Profile,
        base_url: str,
        token: TokenSource,
        budget: ConnectionBudget,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._options = options
        self._profile = profile
        self._base_url = base_url
        self._token = token
        self._budget = budget
        self._slots = asyncio.Semaphore(CONNECTIONS_PER_PROVIDER)
        self._headers = {**profile.headers, **check_headers(options)}
        if options.organization and profile.organization_header:
            self._headers[profile.organization_header] = options.organization
        own = {name.lower() for name in self._headers} | {profile.key_header.lower(), "user-agent"}
        if options.signing is not None:
            own.add(options.signing.header.lower())
        self._builder = HttpClientBuilder(options, base_url, frozenset(own))
        self._http = self._builder.build(self._reader_of, transport)
        self._sdk = openai.AsyncOpenAI(
            api_key=PLACEHOLDER_KEY,
            base_url=base_url,
            max_retries=0,
            timeout=self._http.timeout,
            http_client=self._http,
            organization="",
            project="",
        )
        self._learned: dict[str, _Learned] = {}
        self._catalogue = Catalogue(options, profile, self._fetch_models)

    @property
    def name(self) -> str:
        """The provider's name in the settings."""
        return self._options.name

    @property
    def host(self) -> str:
        """Host and port that requests go to."""
        return host_and_port(self._base_url)

    @property
    def local(self) -> bool:
        """Whether requests stay on this machine."""
        return is_loopback(httpx2.URL(self._base_url).host) and not self._options.proxy

    @property
    def profile(self) -> Profile:
        """What differs for this vendor."""
        return self._profile

    def limits(self, model: str) -> Limits:
        """What the provider allows for a model: the user's word, then the model's row, then the profile's."""
        row = self._profile.known(model, "limits") or Limits()
        return self._options.limits.over(row).over(self._profile.limits)

    def describe(self, model: str) -> ModelInfo:
        """What is known about a model, listed or not."""
        info = self._catalogue.describe(model)
        dialect = next(iter(self._dialects(model)), None)
        return attrs.evolve(info, fim=dialect)

    async def models(self, *, refresh: bool = False) -> tuple[ModelInfo, ...]:
        """The models that the provider lists, the user's own first.

        Raises:
            RequestError: when the list cannot be had and the user named none.
        """
        self._refuse_retired()
        await self._catalogue.load(refresh=refresh)
        return tuple(self.describe(model) for model in self._catalogue.ids())

    async def stream(
        self, request: RedactedRequest, model: str, timeout_seconds: float
    ) -> AsyncGenerator[ProviderEvent, None]:
        """Ask once and yield events; `Finished` comes last. Closing the generator closes the connection.

        Raises:
            RequestError: with the contract's kind.
        """
        self._refuse_retired()
        blame = self._blame(model, request)
        async with AsyncExitStack() as stack:
            call, response = await self._ask(stack, request, model, blame, timeout_seconds)
            reasoning = ReasoningFilter(
                leading_only=call.dialect is not None, held=call.dialect is None and self._opens_reasoning(model)
            )
            reader = AnswerReader(
                response.headers.get("content-type", ""),
                reasoning,
                blame,
                lambda value: error_from_answer(200, {}, value, blame, now=time.time()),
                notice_of(response.headers, blame.title),
            )
            try:
                async with aclosing(reader.read(response.aiter_bytes())) as events:
                    async for event in events:
                        yield event
            except (httpx2.RequestError, httpx2.StreamError, ssl.SSLError, anyio.EndOfStream, OSError) as error:
                raise error_from_connection(error, blame) from error
            finally:
                if reasoning.orphan:
                    self._learn(model, opens_reasoning=True)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()
        await self._catalogue.aclose()

    async def _ask(
        self, stack: AsyncExitStack, request: RedactedRequest, model: str, blame: Blame, timeout_seconds: float
    ) -> tuple[_Call, httpx2.Response]:
        """Send the request in the best words that the model is known to take; a refused word is learned and left out."""
        for dialect in self._dialects(model) if request.fim is not None else ():
            call = self._fim_call(dialect, request, model)
            try:
                return call, await self._send(stack, call, model, blame, timeout_seconds)
            except _UpstreamError as error:
                if error.answered not in _FIM_REFUSED or error.kind in {ErrorKind.TOO_LARGE, ErrorKind.CONTENT_FILTER}:
                    raise
                self._learn(model, dialect=dialect)
        for _ in range(_MOST_REFUSALS):
            call = self._chat_call(request, model)
            try:
                return call, await self._send(stack, call, model, blame, timeout_seconds)
            except _UpstreamError as error:
                name = refused_parameter(error.answered, read_details(error.body), call.body)
                if name is None or error.kind in {ErrorKind.TOO_LARGE, ErrorKind.CONTENT_FILTER}:
                    raise
                self._learn(model, refused=name)
        call = self._chat_call(request, model)
        return call, await self._send(stack, call, model, blame, timeout_seconds)

    async def _send(
        self, stack: AsyncExitStack, call: _Call, model: str, blame: Blame, timeout_seconds: float
    ) -> httpx2.Response:
        """Post and wait for the headers; the stack then owns the response and its place among the connections."""
        async with AsyncExitStack() as attempt:
            try:
                async with asyncio.timeout(timeout_seconds):
                    headers = await self._request_headers(blame)
                    await attempt.enter_async_context(self._slots)
                    await attempt.enter_async_context(self._budget.slots)
                    response: httpx2.Response = await self._sdk.post(
                        call.url,
                        body=call.body,
                        cast_to=httpx2.Response,
                        stream=True,
                        stream_cls=openai.AsyncStream[Any],
                        options={"headers": headers, "params": dict(self._profile.known(model, "query") or {})},
                    )  # type: ignore[assignment]  # asked for the plain response, the SDK hands it over unread
            except TimeoutError as error:
                raise error_from_connection(error, blame, timed_out=True) from error
            except RequestError as error:
                raise self._blamed(error, blame) from None
            except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
                timed_out = isinstance(error, openai.APITimeoutError)
                raise error_from_connection(error, blame, timed_out=timed_out) from error
            attempt.push_async_callback(response.aclose)
            stack.push_async_exit(attempt.pop_all().__aexit__)
            return response
        raise AssertionError  # the block above returns or raises

    def _blamed(self, error: RequestError, blame: Blame) -> RequestError:
        """An error of the hooks, told about this request's model."""
        if not isinstance(error, _UpstreamError):
            return error
        told = error_from_answer(error.answered, error.headers, error.body, blame, now=time.time())
        return _UpstreamError(told, error.answered, error.body, error.headers)

    async def _request_headers(self, blame: Blame) -> dict[str, str]:
        headers = dict(self._headers)
        token = await self._token()
        if token:
            name = self._profile.key_header
            headers[name] = f"Bearer {token}" if name.lower() == "authorization" else token
        elif self._profile.key_required and not is_loopback(httpx2.URL(self._base_url).host):
            raise self._no_token(blame)
        return headers

    def _no_token(self, blame: Blame) -> RequestError:
        variable = f" or set {blame.key_variable}" if blame.key_variable else ""
        message = f"There is no token for {blame.title}; sign in with `aurelis login {self.name}`{variable}."
        return RequestError(ErrorKind.AUTH, message, provider=self.name, final_for_provider=True)

    def _chat_call(self, request: RedactedRequest, model: str) -> _Call:
        learned = self._learned.get(model, _Learned())
        system_role = self.describe(model).system_role
        body = chat_body(request, model, self._profile, refused=learned.refused, system_role=system_role)
        path = "chat/completions"
        if self._options.organization and self._profile.organization_path:
            path = self._profile.organization_path.format(organization=self._options.organization)
        return _Call(path, body)

    def _fim_call(self, dialect: str, request: RedactedRequest, model: str) -> _Call:
        if request.fim is None:
            raise ValueError(dialect)
        made = fim.call(dialect, model, request.fim, request.request.parameters)
        base = root_of(self._base_url) if made.from_root else (self._profile.fim_base_url or self._base_url)
        return _Call(f"{base}/{made.path}", made.body, dialect)

    def _dialects(self, model: str) -> tuple[str, ...]:
        """The fill-in-the-middle dialects worth trying, the best first, without those that were refused."""
        own = self._options.models.get(model)
        if own is not None and own.fim is False:
            return ()
        if own is not None and own.fim:
            wanted: tuple[str | None, ...] = (own.fim,)
        else:
            family = fim.family_of(model) if self._profile.raw_completions else None
            wanted = (self._profile.known(model, "fim") or self._profile.fim, family)
        refused = self._learned.get(model, _Learned()).dialects
        return tuple(dict.fromkeys(name for name in wanted if name and name not in refused))

    def _opens_reasoning(self, model: str) -> bool:
        learned = self._learned.get(model)
        return (learned is not None and learned.opens_reasoning) or self._profile.known(
            model, "opens_reasoning"
        ) is True

    def _learn(
        self, model: str, *, refused: str | None = None, dialect: str | None = None, opens_reasoning: bool = False
    ) -> None:
        if model not in self._learned and len(self._learned) >= _LEARNED_MODELS:
            del self._learned[next(iter(self._learned))]
        known = self._learned.setdefault(model, _Learned())
        if refused is not None:
            known.refused |= {refused}
        if dialect is not None:
            known.dialects |= {dialect}
        known.opens_reasoning = known.opens_reasoning or opens_reasoning

    def _blame(self, model: str = "", request: RedactedRequest | None = None) -> Blame:
        private: tuple[str, ...] = ()
        if request is not None:
            private = tuple(message.content for message in request.messages)
            private += (request.fim.prefix, request.fim.suffix) if request.fim is not None else ()
        variable = self._options.key_variable or self._profile.key_variable
        return Blame(
            provider=self.name,
            title=self._profile.title,
            host=self.host,
            model=model,
            key_variable=variable,
            private=private,
        )

    def _reader_of(self, request: httpx2.Request) -> ErrorReader:
        secret = request.headers.get(self._profile.key_header, "").removeprefix("Bearer ")
        blame = attrs.evolve(self._blame(), secrets=(secret,) if secret else ())

        def read(status: int, headers: Mapping[str, str], body: bytes) -> RequestError:
            if secret:
                body = body.replace(secret.encode(), b"...")
            return _UpstreamError(
                error_from_answer(status, headers, body, blame, now=time.time()), status, body, headers
            )

        return read

    def _refuse_retired(self) -> None:
        if httpx2.URL(self._base_url).host in self._profile.retired_hosts:
            raise RequestError(
                ErrorKind.GONE,
                gone_sentence(f"{self._profile.title} ({self.host})"),
                provider=self.name,
                final_for_provider=True,
            )

    async def _fetch_models(self) -> bytes:
        """The body of the model list."""
        blame = self._blame()
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._catalogue.timeout_seconds):
                    headers = await self._request_headers(blame)
                    await stack.enter_async_context(self._slots)
                    await stack.enter_async_context(self._budget.slots)
                    url = self._profile.models_url or "models"
                    response: httpx2.Response = await self._sdk.get(
                        url if "://" in url else f"{self._base_url}/{url}",
                        cast_to=httpx2.Response,
                        stream=True,
                        stream_cls=openai.AsyncStream[Any],
                        options={"headers": headers},
                    )  # type: ignore[assignment]  # as in _send
                    stack.push_async_callback(response.aclose)
                    return await self._catalogue.read_bounded(response.aiter_bytes())
            except TimeoutError as error:
                raise error_from_connection(error, blame, timed_out=True) from error
            except (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, OSError) as error:
                timed_out = isinstance(error, openai.APITimeoutError)
                raise error_from_connection(error, blame, timed_out=timed_out) from error
        raise AssertionError  # the block above returns or raises


def open_provider(
    options: ProviderOptions,
    token: TokenSource,
    *,
    budget: ConnectionBudget | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> OpenAICompatibleProvider:
    """A provider, ready to be asked. Nothing is sent yet; call it off the event loop, as TLS takes up to 50 ms.

    Args:
        options: what the settings say.
        token: fetches the token before each request; None means that there is none.
        budget: shared by all providers of a process.
        transport: stands in for the network in tests.

    Raises:
        RequestError: of kind `configuration`, naming the setting that cannot be used.
    """
    profile = profile_of(options)
    base_url = check_base_url(options, profile)
    for model, own in options.models.items():
        if own.fim and own.fim not in fim.DIALECTS:
            known = ", ".join(sorted(fim.DIALECTS))
            message = f"providers.{options.name}.models.{model}.fim: '{own.fim}' is not known; choose one of {known}."
            raise RequestError(ErrorKind.CONFIGURATION, message, provider=options.name, final_for_provider=True)
    return OpenAICompatibleProvider(options, profile, base_url, token, budget or ConnectionBudget(), transport)
