"""The one implementation of the `Provider` port: any server that speaks OpenAI's protocol, told apart by its profile.

In come a redacted request and a model's id; out come the provider's events.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Final
from urllib.parse import urljoin

import attrs
import httpx2

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo
from aurelis.core.reply import ProviderEvent
from aurelis.core.request import RedactedRequest
from aurelis.providers import fim, github
from aurelis.providers.answers import AnswerReader
from aurelis.providers.azure import deployment_lists
from aurelis.providers.catalogue import Catalogue
from aurelis.providers.connection_errors import error_from_connection
from aurelis.providers.errors import error_from_answer, gone_sentence, sentence
from aurelis.providers.options import ProviderOptions, check_base_url, profile_of
from aurelis.providers.phrasing import LIST_SECONDS, Phrasing
from aurelis.providers.profile import Limits, Profile
from aurelis.providers.profiles import retired_vendor
from aurelis.providers.reasoning import ReasoningFilter
from aurelis.providers.tokens import TokenCheck, TokenSource
from aurelis.providers.waits import notice_of, requests_left
from aurelis.providers.wire import ConnectionBudget, EventListener, Post, UpstreamError, Wire

__all__ = ["ConnectionBudget", "OpenAICompatibleProvider", "open_provider"]

_NO_SUCH_LIST: Final = frozenset({400, 403, 404, 405, 501})


class OpenAICompatibleProvider:
    """One provider of the settings; see `Provider` in `aurelis.core.ports`."""

    def __init__(self, options: ProviderOptions, profile: Profile, base_url: str, wire: Wire) -> None:
        self._options = options
        self._profile = profile
        self._base_url = base_url
        self._wire = wire
        self._retired = retired_vendor(httpx2.URL(base_url).host)
        self._catalogue = Catalogue(options, profile, base_url, self._fetch_models)
        self._phrasing = Phrasing(options, profile, base_url, wire, self._catalogue)
        self._checked: tuple[str, TokenCheck] | None = None

    @property
    def name(self) -> str:
        """The provider's name in the settings."""
        return self._options.name

    @property
    def host(self) -> str:
        """Host and port that requests go to."""
        return self._wire.host

    @property
    def local(self) -> bool:
        """Whether requests stay on this machine."""
        return self._wire.loopback and not self._options.proxy

    @property
    def notice(self) -> str | None:
        """What the server announced about its own end, in a list or a refusal too; None when it did not."""
        return self._wire.notice

    @property
    def profile(self) -> Profile:
        """What differs for this vendor."""
        return self._profile

    def spelling(self, model: str) -> str:
        """How the host writes a model's name."""
        return self._phrasing.spelling(model)

    def limits(self, model: str) -> Limits:
        """What the provider allows for a model: the user's word, the model's row, its tier, the profile's."""
        return self._catalogue.limits(model)

    def describe(self, model: str) -> ModelInfo:
        """What is known about a model, listed or not."""
        return attrs.evolve(self._catalogue.describe(model), fim=next(iter(self._phrasing.dialects(model)), None))

    async def models(self, *, refresh: bool = False) -> tuple[ModelInfo, ...]:
        """The models that the provider lists, the user's own first.

        Raises:
            RequestError: when the list cannot be had and none is known from before.
        """
        self._refuse_retired()
        await self._catalogue.load(refresh=refresh)
        return tuple(self.describe(model) for model in self._catalogue.ids())

    async def reach(self) -> None:
        """See whether the server answers at all, whatever it says, within 10 s.

        Raises:
            RequestError: when no answer comes.
        """
        self._refuse_retired()
        with contextlib.suppress(UpstreamError):
            await self._fetch_models()

    async def check_token(self, *, refresh: bool = False) -> TokenCheck:
        """Whether the token works, found out within 10 s and remembered until a request is refused; never raises."""
        try:
            self._refuse_retired()
            token = await self._wire.token()
            if token is None:
                return TokenCheck("none", f"There is no token for {self._profile.title}.")
            if not refresh and self._checked is not None and self._checked[0] == token:
                return self._checked[1]
            check = self._profile.check_url
            if check is None:
                await self._fetch_models()
            else:
                await self._wire.read(self._list_post(urljoin(f"{self._base_url}/", check)))
            found = TokenCheck("valid", sentence(f"{self._profile.title} accepts the token."))
        except RequestError as error:
            refused = error.kind in {ErrorKind.AUTH, ErrorKind.GONE}
            found = TokenCheck("invalid" if refused else "unknown", error.message)
            if not refused:
                return found
            token = ""
        self._checked = (token, found) if token else None
        return found

    async def stream(
        self, request: RedactedRequest, model: str, timeout_seconds: float
    ) -> AsyncGenerator[ProviderEvent, None]:
        """Ask once and yield events; `Finished` comes last. Closing the generator closes the connection.

        Raises:
            RequestError: with the contract's kind.
        """
        self._refuse_retired()
        blame = self._wire.blame(model, request, self._catalogue.known(model, "became"))
        until = asyncio.get_running_loop().time() + timeout_seconds
        async with AsyncExitStack() as stack:
            try:
                call, response = await self._phrasing.ask(stack, request, model, blame, until)
            except RequestError as error:
                self._checked = None if error.kind is ErrorKind.AUTH else self._checked
                raise
            reasoning = ReasoningFilter(
                leading_only=call.dialect is not None,
                held=call.dialect is None and self._phrasing.opens_reasoning(model),
            )
            reader = AnswerReader(
                response.headers.get("content-type", ""),
                reasoning,
                blame,
                lambda value: error_from_answer(200, {}, value, blame, now=time.time()),
                notice_of(response.headers, sentence(f"{blame.title} ({blame.host})")),
                requests_left(response.headers, time.time()) if self._profile.counts_requests else None,
            )
            try:
                async with aclosing(reader.read(response.aiter_bytes())) as events:
                    async for event in events:
                        yield event
            except (httpx2.RequestError, httpx2.StreamError, ssl.SSLError, OSError) as error:
                raise error_from_connection(error, blame, begun=True) from error
            finally:
                if reasoning.orphan:
                    self._phrasing.reasons_unmarked(model)

    async def finished(self) -> None:
        """Take no more requests, and wait until the answers under way have ended."""
        await self._wire.finished()

    async def aclose(self) -> None:
        """Close its connections."""
        await self._catalogue.aclose()
        await self._wire.aclose()

    def _refuse_retired(self) -> None:
        vendor = self._retired
        if vendor is not None:
            message = sentence(gone_sentence(f"{vendor.title} ({self.host})"))
            error = RequestError(ErrorKind.GONE, message, provider=self.name, final_for_provider=True)
            error.unsent = True
            raise error

    def _list_post(self, url: str) -> Post:
        header = self._profile.list_key_header
        return Post(url=url, blame=self._wire.blame(), timeout_seconds=LIST_SECONDS, key_header=header)

    async def _fetch_models(self) -> bytes:
        """The body of the list of models, or of deployments where those are what can be asked."""
        deployments = deployment_lists(self._options.base_url or "") if self._profile.azure else ()
        for url in deployments:
            try:
                return await self._wire.read(self._list_post(url))
            except UpstreamError as error:
                if error.answered not in _NO_SUCH_LIST:
                    raise
        if deployments:
            name = self._options.name
            message = f"{self._profile.title} ({self.host}) does not list its deployments here; name them in "
            message += f"providers.{name}.deployments."
            raise RequestError(ErrorKind.CONFIGURATION, sentence(message), provider=name)
        return await self._wire.read(
            self._list_post(urljoin(f"{self._base_url}/", self._profile.models_url or "models"))
        )


def open_provider(
    options: ProviderOptions,
    token: TokenSource,
    *,
    budget: ConnectionBudget | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
    listener: EventListener = lambda _name, _detail: None,
) -> OpenAICompatibleProvider:
    """A provider, ready to be asked. Nothing is sent yet.

    Call it off the event loop: TLS takes up to 50 ms, and a kept list of models is read from the disk.

    Args:
        options: what the settings say.
        token: where the token of each request comes from.
        budget: shared by all providers of a process.
        transport: stands in for the network in tests.
        listener: told of refused tokens, blocked redirects and wrong pins.

    Raises:
        RequestError: of kind `configuration`, naming the setting that cannot be used.
    """
    profile = profile_of(options)
    base_url = check_base_url(options, profile)
    if profile is github.GITHUB:
        profile = github.for_base(base_url)
    for model, own in options.models.items():
        if own.fim and own.fim not in fim.DIALECTS:
            known = ", ".join(sorted(fim.DIALECTS))
            message = f"providers.{options.name}.models.{model}.fim: '{own.fim}' is not known; choose one of {known}."
            raise RequestError(ErrorKind.CONFIGURATION, message, provider=options.name, final_for_provider=True)
    wire = Wire(options, profile, base_url, token, budget or ConnectionBudget(), transport, listener)
    return OpenAICompatibleProvider(options, profile, base_url, wire)
