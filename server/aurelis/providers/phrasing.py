"""One request put in the best words that a server is known to take.

In come a redacted request and a model's id; out comes the open response. What a server refuses (a parameter, the role
system, a fill-in-the-middle dialect) is learned per model from the answer that says so, and left out from then on.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Final
from urllib.parse import urljoin

import attrs
import httpx2

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import RedactedRequest
from aurelis.providers import fim
from aurelis.providers.body import bounded, chat_body, refused_parameter
from aurelis.providers.catalogue import Catalogue
from aurelis.providers.error_bodies import read_details
from aurelis.providers.errors import Blame
from aurelis.providers.learning import Lessons
from aurelis.providers.options import ProviderOptions, root_of
from aurelis.providers.profile import Profile
from aurelis.providers.wire import Post, UpstreamError, Wire

LIST_SECONDS: Final = 10.0
"""Bound of fetching a list of models, of trying a token and of asking what a model can do."""
_MOST_REFUSALS: Final = 4
_SPARE_IN_FIM: Final = frozenset({"stream_options", "temperature", "stop", "max_tokens", "think", "cache_prompt"})
"""What a fill can do without; the refusal of anything else is the refusal of the dialect."""


@attrs.frozen
class Call:
    """What is posted where; `dialect` is that of a hole to fill, None for a chat."""

    url: str
    body: dict[str, Any]
    dialect: str | None = None


class Phrasing:
    """How one provider is asked, and what was learned of that; as many lessons as `Lessons` keeps."""

    def __init__(
        self, options: ProviderOptions, profile: Profile, base_url: str, wire: Wire, catalogue: Catalogue
    ) -> None:
        self._options = options
        self._profile = profile
        self._base_url = base_url
        self._wire = wire
        self._catalogue = catalogue
        self._lessons = Lessons()
        self._spellings = {known.lower(): taken for known, taken in profile.spellings.items()}
        path = "chat/completions"
        if options.organization and profile.organization_path:
            path = profile.organization_path.format(organization=options.organization)
        self._chat_url = urljoin(f"{base_url}/", path)

    def spelling(self, model: str) -> str:
        """How the host writes a model's name."""
        return self._spellings.get(model.lower(), model)

    def reasons_unmarked(self, model: str) -> None:
        """Learn that it does; see `opens_reasoning`."""
        self._lessons.of(model).opens_reasoning = True

    async def ask(
        self, stack: AsyncExitStack, request: RedactedRequest, model: str, blame: Blame, until: float
    ) -> tuple[Call, httpx2.Response]:
        """Send the request in the best words known, before `until` on the loop's clock; a refused word is learned.

        A dialect counts as refused once the same hole was taken in another way: until then it may be the model that is
        not there yet, or the server that has other troubles.
        """
        refused: set[str] = set()
        for dialect in self.dialects(model) if request.fim is not None else ():
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
    ) -> tuple[Call, httpx2.Response] | None:
        """Ask in one dialect; None when the server does not take it, or shows a page where it knows no route."""
        for _ in range(_MOST_REFUSALS):
            call = self._fim_call(dialect, request, model)
            request.sent[:] = [call.body]
            try:
                async with AsyncExitStack() as attempt:
                    response = await self._send(attempt, call, model, blame, until)
                    if "html" in response.headers.get("content-type", "").lower():
                        return None
                    stack.push_async_exit(attempt.pop_all().__aexit__)
                    return call, response
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
    ) -> tuple[Call, httpx2.Response]:
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

    async def _send(self, stack: AsyncExitStack, call: Call, model: str, blame: Blame, until: float) -> httpx2.Response:
        query = self._catalogue.known(model, "query") if call.dialect is None else None
        left = max(0.0, until - asyncio.get_running_loop().time())
        post = Post(url=call.url, blame=blame, timeout_seconds=left, body=call.body, query=query)
        return await self._wire.send(stack, post)

    def _chat_call(self, request: RedactedRequest, model: str) -> Call:
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
        return Call(self._chat_url, body)

    def _fim_call(self, dialect: str, request: RedactedRequest, model: str) -> Call:
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
        return Call(f"{base}{folder}/{made.path}", body, dialect)

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

    def dialects(self, model: str) -> tuple[str, ...]:
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

    def opens_reasoning(self, model: str) -> bool:
        """Whether a model's answer begins within its reasoning, without a mark."""
        learned = self._lessons.known(model).opens_reasoning
        return learned or self._catalogue.known(model, "opens_reasoning") is True


def _is_final(error: RequestError) -> bool:
    """Whether other words would not help."""
    return error.kind in {ErrorKind.TOO_LARGE, ErrorKind.CONTENT_FILTER, ErrorKind.AUTH, ErrorKind.GONE}
