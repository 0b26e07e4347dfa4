"""The providers of the present settings: which are configured, which comes first, opened when first asked for.

`auto` means, in order: a provider that the user configured or signed in to, a model server that answers on this
machine, the sandbox. A key in the environment for a provider that nobody configured does not make it one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import attrs

from aurelis.composition.retiring import Retiring
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.request import Task
from aurelis.orchestrator.policy import ModelQuota
from aurelis.providers.default_models import default_models
from aurelis.providers.openai_compatible import ConnectionBudget, OpenAICompatibleProvider, open_provider
from aurelis.providers.options import ProviderOptions
from aurelis.providers.profiles import PROFILES
from aurelis.providers.tokens import TokenSource
from aurelis.providers.wire import EventListener

LOGGER: Final = logging.getLogger("aurelis.providers")

Why = Literal["chosen", "configured", "signed in", "found on this machine", "nothing else is there"]


@attrs.frozen
class Entry:
    """One provider that may be used: its options, why it is here, and what is wrong with it, if anything is."""

    options: ProviderOptions
    why: Why
    fault: str | None = None


class SettingsDirectory:
    """The `ProviderDirectory` port over entries in order of preference.

    `named` is the provider that the user chose by name: then defaults come from it alone. `listener` is told of the
    providers' security events.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        tokens: Callable[[ProviderOptions], TokenSource],
        budget: ConnectionBudget,
        *,
        named: str | None,
        listener: EventListener,
    ) -> None:
        self._listener = listener
        self._entries: Mapping[str, Entry] = {entry.options.name: entry for entry in entries}
        self._tokens = tokens
        self._budget = budget
        self._named = named
        self._open: dict[str, OpenAICompatibleProvider] = {}
        self._retiring = Retiring()
        self._unopened: dict[str, str] = {}  # Bounded by the entries: why some could not be opened the last time.

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, the preferred one first."""
        return tuple(self._entries.values())

    @property
    def preferred(self) -> str | None:
        """The provider that is asked first: the one that was chosen by name, whether it is configured or not."""
        return self._named or next(iter(self._entries), None)

    def open_all(self) -> None:
        """Open every provider that can be opened; takes up to 50 ms each, so call it off the event loop."""
        for name, entry in self._entries.items():
            if entry.fault is None and name not in self._open:
                try:
                    self.get(name)
                except RequestError as error:
                    LOGGER.info("%s", error.message)

    def fault(self) -> str | None:
        """What keeps the preferred provider from being used, as a sentence; None when nothing is known to."""
        name = self.preferred
        if name is None:
            return "No provider is configured."
        if name not in self._entries:
            return _not_configured(name)
        fault = self._entries[name].fault
        return _not_used(name, fault) if fault is not None else self._unopened.get(name)

    def quota(self, model: ModelReference) -> ModelQuota:
        """What a model's provider grants: the user's word, the profile's rows and tiers."""
        provider = self._open.get(model.provider)
        if provider is None:
            return ModelQuota()
        limits = provider.limits(model.model)
        return ModelQuota(
            requests_per_minute=limits.requests_per_minute,
            requests_per_day=limits.requests_per_day,
            concurrent=limits.concurrent,
            input_tokens=limits.input_tokens,
            output_tokens=limits.output_tokens,
        )

    def notice(self, name: str) -> str | None:
        """What a provider that is open announced about its own end."""
        provider = self._open.get(name)
        return provider.notice if provider is not None else None

    def reaches_out(self) -> bool:
        """Whether a provider that is open is another machine's."""
        return any(not provider.local for provider in self._open.values())

    async def warm(self) -> None:
        """Connect to the preferred provider and fetch its list, so that the first request finds both; never raises."""
        for name in self.names()[:1]:
            try:
                provider = self.get(name)
                if provider is not None:
                    await provider.models()
            except RequestError as error:
                LOGGER.debug("%s could not be reached beforehand (%s).", name, error.kind)

    def succeed(self, other: SettingsDirectory) -> frozenset[str]:
        """Take another directory's place: its open providers go on if their options are the same, else they retire.

        Returns the names of the providers that are new, gone, or configured in another way.
        """
        self._retiring = other._retiring
        for name, provider in other._open.items():
            entry = self._entries.get(name)
            if entry is not None and entry.options == other._entries[name].options:
                self._open[name] = provider
            else:
                self._retiring.start(provider)
        names = {*self._entries, *other._entries}
        return frozenset(name for name in names if self._entries.get(name) != other._entries.get(name))

    def get(self, name: str) -> OpenAICompatibleProvider | None:
        """The provider of that name, if it is configured.

        Raises:
            RequestError: of kind `configuration`, when its settings are wrong.
        """
        provider = self._open.get(name)
        if provider is not None:
            return provider
        entry = self._entries.get(name)
        if entry is None:
            return None
        if entry.fault is not None:
            raise RequestError(ErrorKind.CONFIGURATION, _not_used(name, entry.fault), provider=name)
        try:
            provider = open_provider(
                entry.options, self._tokens(entry.options), budget=self._budget, listener=self._listener
            )
        except RequestError as error:
            self._unopened[name] = error.message
            raise
        self._unopened.pop(name, None)
        self._open[name] = provider
        return provider

    def names(self) -> tuple[str, ...]:
        """All configured names, the preferred one first."""
        return tuple(self._entries)

    async def defaults(
        self, task: Task, *, unlisted: Mapping[str, RequestError] = MappingProxyType({})
    ) -> tuple[ModelReference, ...]:
        """The models that suit the task, of each provider (the chosen provider alone, if one was chosen by name).

        Those that are `unlisted` have just refused their list, for that reason, and are not asked for it again.

        Raises:
            RequestError: when no provider can say what it offers: the first one's reason.
        """
        names = (self._named,) if self._named is not None else self.names()
        references: list[ModelReference] = []
        first: RequestError | None = None
        for name in names:
            try:
                references.extend(await self._defaults_of(name, task, unlisted.get(name)))
            except RequestError as error:
                first = first or error
        if not references and first is not None:
            raise first
        return tuple(references)

    async def _defaults_of(
        self, name: str, task: Task, refusal: RequestError | None = None
    ) -> tuple[ModelReference, ...]:
        provider = self.get(name)
        if provider is None:
            raise RequestError(ErrorKind.CONFIGURATION, _not_configured(name), provider=name)
        entry = self._entries[name]
        profile = PROFILES.get(entry.options.profile)
        if entry.options.models:
            return (ModelReference(name, next(iter(entry.options.models))),)
        wanted = profile.routes.get(task, ()) if profile is not None else ()
        try:
            if refusal is not None:
                raise refusal.with_traceback(None)
            listed = await provider.models()
        except RequestError as error:
            if not wanted or error.final_for_provider:
                raise
            listed = ()
        names = tuple(info.reference.model for info in listed)
        chosen = default_models(wanted, names, provider.spelling)
        if not chosen:
            message = f"{provider.host} lists no model; name one in the setting models.code."
            raise RequestError(ErrorKind.CONFIGURATION, message, provider=name)
        return tuple(ModelReference(name, model) for model in chosen)

    async def aclose(self) -> None:
        """Close every open provider, those that retire included."""
        await self._retiring.aclose()
        providers, self._open = tuple(self._open.values()), {}
        for provider in providers:
            await provider.aclose()


def _not_configured(name: str) -> str:
    return f"The provider '{name}' is not configured; add it under providers.{name} or choose another."


def _not_used(name: str, fault: str) -> str:
    return f"The provider '{name}' is not used: {fault}"
