"""The one implementation of the `Provider` port: any server that speaks OpenAI's protocol, told apart by its profile.

In come a redacted request and a model's id; out come the provider's events. What a server refuses (a parameter, the
role system, a fill-in-the-middle dialect) is learned per model from the answer that says so, and left out from then
on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any, Final
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
from aurelis.providers.body import bounded, chat_body, refused_parameter
from aurelis.providers.catalogue import Catalogue
from aurelis.providers.error_bodies import read_details
from aurelis.providers.errors import Blame, error_from_answer, error_from_connection, gone_sentence, sentence
from aurelis.providers.learning import Lessons
from aurelis.providers.options import ProviderOptions, check_base_url, profile_of, root_of
from aurelis.providers.profile import Limits, Profile
from aurelis.providers.profiles import retired_vendor
from aurelis.providers.reasoning import ReasoningFilter
from aurelis.providers.tokens import TokenCheck
from aurelis.providers.waits import notice_of, requests_left
from aurelis.providers.wire import ConnectionBudget, EventListener, Post, TokenSource, UpstreamError, Wire

__all__ = ["ConnectionBudget", "OpenAICompatibleProvider", "TokenSource", "open_provider"]

LIST_SECONDS: Final = 10.0
"""Bound of fetching a list of models and of trying a token."""
_MOST_REFUSALS: Final = 4
_SPARE_IN_FIM: Final = frozenset({"stream_options", "temperature", "stop", "max_tokens", "think", "cache_prompt"})
"""What a fill can do without; the refusal of anything else is the refusal of the dialect."""
_NO_SUCH_LIST: Final = frozenset({400, 403, 404, 405, 501})


@attrs.frozen
class _Call:
    url: str
    body: dict[str, Any]
    dialect: str | None = None


class OpenAICompatibleProvider:
    """One provider of the settings; see `Provider` in `aurelis.core.ports`."""

    def __init__(self, options: ProviderOptions, profile: Profile, base_url: str, wire: Wire) -> None:
        self._options = options
        self._profile = profile
        self._base_url = base_url
        self._wire = wire
        self._retired = retired_vendor(httpx2.URL(base_url).host)
        self._lessons = Lessons()
        self._spellings = {known.lower(): taken for known, taken in profile.spellings.items()}
        self._catalogue = Catalogue(options, profile, base_url, self._fetch_models)
        self._checked: tuple[str, TokenCheck] | None = None
        path = "chat/completions"
        if options.organization and profile.organization_path:
            path = profile.organization_path.format(organization=options.organization)
        self._chat_url = urljoin(f"{base_url}/", path)

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
        return self._spellings.get(model.lower(), model)

    def limits(self, model: str) -> Limits:
        """What the provider allows for a model: the user's word, the model's row, its tier, the profile's."""
        return self._catalogue.limits(model)

    def describe(self, model: str) -> ModelInfo:
        """What is known about a model, listed or not."""
        return attrs.evolve(self._catalogue.describe(model), fim=next(iter(self._dialects(model)), None))

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
                call, response = await self._ask(stack, request, model, blame, until)
            except RequestError as error:
                self._checked = None if error.kind is ErrorKind.AUTH else self._checked
                raise
            reasoning = ReasoningFilter(
                leading_only=call.dialect is not None, held=call.dialect is None and self._opens_reasoning(model)
            )
            reader = AnswerReader(
                response.headers.get("content-type", ""),
                reasoning,
                blame,
                lambda value: error_from_answer(200, {}, value, blame, now=time.time()),
                notice_of(response.headers, sentence(f"{blame.title} ({blame.host})")),
                requests_left(response.headers) if self._profile.counts_requests else None,
            )
            try:
                async with aclosing(reader.read(response.aiter_bytes())) as events:
                    async for event in events:
                        yield event
            except (httpx2.RequestError, httpx2.StreamError, ssl.SSLError, OSError) as error:
                raise error_from_connection(error, blame) from error
            finally:
                if reasoning.orphan:
                    self._lessons.of(model).opens_reasoning = True

    async def finished(self) -> None:
        """Take no more requests, and wait until the answers under way have ended."""
        await self._wire.finished()

    async def aclose(self) -> None:
        """Close its connections."""
        await self._catalogue.aclose()
        await self._wire.aclose()

    async def _ask(
        self, stack: AsyncExitStack, request: RedactedRequest, model: str, blame: Blame, until: float
    ) -> tuple[_Call, httpx2.Response]:
        """Send the request in the best words known, before `until`; a refused word is learned and left out.

        A dialect counts as refused once the same hole was taken in another way: until then it may be the model that is
        not there yet, or the server that has other troubles.
        """
        refused: set[str] = set()
        for dialect in self._dialects(model) if request.fim is not None else ():
            if dialect == "ollama" and not await self._can_insert(model, blame):
                continue
            filling = await self._fill(stack, dialect, request, model, blame, until)
            if filling is not None:
                self._lessons.of(model).dialects |= refused
                return filling
            refused.add(dialect)
        asking = await self._chat(stack, request, model, blame, until)
        if refused:
            self._lessons.of(model).dialects |= refused
        return asking

    async def _fill(
        self, stack: AsyncExitStack, dialect: str, request: RedactedRequest, model: str, blame: Blame, until: float
    ) -> tuple[_Call, httpx2.Response] | None:
        """Ask in one dialect; None when the server does not take it."""
        for _ in range(_MOST_REFUSALS):
            call = self._fim_call(dialect, request, model)
            request.sent[:] = [call.body]
            try:
                return call, await self._send(stack, call, model, blame, until)
            except UpstreamError as error:
                details = read_details(error.body)
                if _is_final(error) or not fim.refuses(error.answered, details.message):
                    raise
                name = refused_parameter(error.answered, details, call.body)
                if name not in _SPARE_IN_FIM:
                    return None
                self._lessons.of(model).refused |= {name}
        return None

    async def _chat(
        self, stack: AsyncExitStack, request: RedactedRequest, model: str, blame: Blame, until: float
    ) -> tuple[_Call, httpx2.Response]:
        for _ in range(_MOST_REFUSALS):
            call = self._chat_call(request, model)
            try:
                request.sent[:] = [call.body]
                return call, await self._send(stack, call, model, blame, until)
            except UpstreamError as error:
                name = refused_parameter(error.answered, read_details(error.body), call.body)
                if name is None or _is_final(error):
                    raise
                self._lessons.of(model).refused |= {name}
        call = self._chat_call(request, model)
        request.sent[:] = [call.body]
        return call, await self._send(stack, call, model, blame, until)

    async def _send(
        self, stack: AsyncExitStack, call: _Call, model: str, blame: Blame, until: float
    ) -> httpx2.Response:
        query = self._catalogue.known(model, "query") if call.dialect is None else None
        left = max(0.0, until - asyncio.get_running_loop().time())
        post = Post(url=call.url, blame=blame, timeout_seconds=left, body=call.body, query=query)
        return await self._wire.send(stack, post)

    def _chat_call(self, request: RedactedRequest, model: str) -> _Call:
        info = self._catalogue.describe(model)
        body = chat_body(
            request,
            self.spelling(model),
            self._profile,
            lambda field: self._catalogue.known(model, field),
            refused=self._lessons.known(model).refused,
            system_role=info.system_role,
            longest=info.output_tokens,
        )
        return _Call(self._chat_url, body)

    def _fim_call(self, dialect: str, request: RedactedRequest, model: str) -> _Call:
        if request.fim is None:
            raise ValueError(dialect)
        parameters = bounded(request.request.parameters, self._catalogue.describe(model).output_tokens)
        made = fim.call(dialect, self.spelling(model), request.fim, parameters)
        body = dict(made.body)
        if made.path == "completions" and self._profile.stream_usage:
            body["stream_options"] = {"include_usage": True}
        refused = self._lessons.known(model).refused
        body = {name: value for name, value in body.items() if name not in refused}
        base = root_of(self._base_url) if made.from_root or self._profile.fim_root else self._base_url
        folder = f"/{self._profile.fim_root}" if self._profile.fim_root else ""
        return _Call(f"{base}{folder}/{made.path}", body, dialect)

    async def _can_insert(self, model: str, blame: Blame) -> bool:
        """Whether Ollama says that a model's template can fill holes; asked once, and believed only when it says no."""
        learned = self._lessons.of(model)
        if learned.shown:
            return True
        url = f"{root_of(self._base_url)}/api/show"
        post = Post(url=url, blame=blame, timeout_seconds=LIST_SECONDS, body={"model": model})
        try:
            able = fim.can_insert(await self._wire.read(post))
        except RequestError:
            able = True
        learned.shown = True
        if not able:
            learned.dialects |= {"ollama"}
        return able

    def _dialects(self, model: str) -> tuple[str, ...]:
        """The fill-in-the-middle dialects worth trying, the best first, without those that were refused."""
        own = self._options.models.get(model)
        if own is not None and own.fim is False:
            return ()
        chosen = own.fim if own is not None else None
        raw = self._profile.raw_completions or chosen == "suffix"  # A refused suffix can go into a raw prompt.
        family = None
        if raw and chosen not in fim.FAMILIES:
            family = fim.family_of(self._catalogue.base_of(model) or model)
        wanted = (chosen or self._catalogue.known(model, "fim") or self._profile.fim, family)
        refused = self._lessons.known(model).dialects
        return tuple(dict.fromkeys(name for name in wanted if name and name not in refused))

    def _opens_reasoning(self, model: str) -> bool:
        learned = self._lessons.known(model).opens_reasoning
        return learned or self._catalogue.known(model, "opens_reasoning") is True

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


def _is_final(error: RequestError) -> bool:
    """Whether other words would not help."""
    return error.kind in {ErrorKind.TOO_LARGE, ErrorKind.CONTENT_FILTER, ErrorKind.AUTH, ErrorKind.GONE}


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
        token: fetches the token before each request; None means that there is none.
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
