"""Everything behind the services, built from one set of settings and rebuilt part by part when they change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from random import SystemRandom
from typing import Any, Final, Literal, Self

from aurelis.cache.invalidation import invalidation_for
from aurelis.cache.key import cache_key
from aurelis.cache.layered import LayeredCache
from aurelis.composition.authentication import Authentication
from aurelis.composition.consent import ConsentFile
from aurelis.composition.directory import SettingsDirectory
from aurelis.composition.entries import price_sources, providers_differ
from aurelis.composition.health import HealthWatch, health_report, known_state
from aurelis.composition.keeping import OpenCache, open_cache, store_file
from aurelis.composition.observing import Observation
from aurelis.composition.places import named_place
from aurelis.composition.policies import policy_of
from aurelis.composition.project_watch import ProjectWatch
from aurelis.composition.reports import model_rows, stats_report
from aurelis.composition.security_events import SecurityEvents
from aurelis.composition.sources import ProviderSources
from aurelis.composition.status import status_of
from aurelis.composition.team_quota import TeamQuota
from aurelis.config.folders import Folders, open_folders
from aurelis.config.settings import Problem, Settings
from aurelis.core.deadline import Clock
from aurelis.core.errors import RequestError
from aurelis.core.ports import Invalidation
from aurelis.core.reply import Answer, AnswerEvent
from aurelis.core.request import Request, Urgency
from aurelis.observe.health import HealthAlert
from aurelis.observe.recorder import FanOutRecorder
from aurelis.orchestrator.orchestrator import Orchestrator, Parts
from aurelis.orchestrator.policy import Policy, RoutingPolicy
from aurelis.providers.openai_compatible import ConnectionBudget
from aurelis.providers.pricing import GenaiPricing
from aurelis.providers.tokens import TokenCheck
from aurelis.security.egress import DocumentEgress, EgressRules
from aurelis.security.redact import SecretRedactor
from aurelis.store.batches import BatchProgress
from aurelis.store.database import Database
from aurelis.store.health_history import HealthHistory
from aurelis.store.leases import SqliteLeaseLedger
from aurelis.store.ledger import SqliteQuotaLedger
from aurelis.store.project_files import ProjectFiles
from aurelis.store.spend import SqliteSpendLedger
from aurelis.store.usage import UsageStore
from aurelis.workflow.services import Status

LOGGER: Final = logging.getLogger("aurelis")


class Engine:
    """The parts in use.

    Attributes:
        orchestrator: answers requests.
        egress: which documents may leave.
        cache: kept answers.
        cache_faults: what keeps the cache from being what the settings want.
        recorder: the last prompts, and every sink of records.
        watch: drops kept answers when a project is configured anew.
    """

    orchestrator: Orchestrator
    egress: DocumentEgress
    cache: LayeredCache
    cache_faults: tuple[str, ...]
    _open_cache: OpenCache
    directory: SettingsDirectory
    _policy: Policy

    def __init__(
        self,
        kept_in: Folders,
        consent: ConsentFile,
        environ: Mapping[str, str],
        clock: Clock,
        changed: Callable[[], None],
        alert: Callable[[HealthAlert], None],
    ) -> None:
        self.clock = clock
        self._kept_in = kept_in
        self._consent = consent
        self._environ = environ
        self._changed = changed
        self._settings = Settings()
        self._folders: tuple[Path, ...] = ()
        self._warming: asyncio.Task[None] | None = None
        self._taking = asyncio.Lock()
        self._budget = ConnectionBudget()
        self._database = Database(store_file(kept_in))
        self._leases = SqliteLeaseLedger(self._database)
        self._spend = SqliteSpendLedger(self._database)
        self._team = TeamQuota(clock, SqliteQuotaLedger(self._database), environ)
        self.usage = UsageStore(self._database)
        self.batches = BatchProgress(self._database)
        self.watch = ProjectWatch(clock, ProjectFiles(self._database), self._drop)
        self.authentication = Authentication(kept_in, environ)
        self._sources = ProviderSources(kept_in, environ, clock, self.authentication, self._move)
        self.health_history = HealthHistory(self._database)
        self._health_watch = HealthWatch(self.health_history, alert)
        self.recorder = FanOutRecorder()
        self.events = SecurityEvents(self.recorder, clock)
        self._observation = Observation(kept_in, clock, self.usage, self.recorder)

    @classmethod
    async def open(
        cls,
        settings: Settings,
        folders: Sequence[Path],
        problems: Sequence[Problem],
        environ: Mapping[str, str],
        clock: Clock,
        changed: Callable[[], None],
        alert: Callable[[HealthAlert], None],
    ) -> Self:
        """Build every part."""
        kept_in = await asyncio.to_thread(open_folders)
        for problem in kept_in.problems:
            LOGGER.warning("%s: %s", problem.path, problem.message)
        consent = await asyncio.to_thread(ConsentFile.open, kept_in)
        engine = cls(kept_in, consent, environ, clock, changed, alert)
        await engine._take(settings, folders, first=True)
        engine.events.ignored(problems)
        engine._warming = asyncio.create_task(engine._warm())
        return engine

    async def _warm(self) -> None:
        """Have what the first requests would wait for, or would do better with."""
        await asyncio.gather(self._recall(), self._connect())

    async def _recall(self) -> None:
        """What earlier sessions learned of the models."""
        self.orchestrator.statistics.judgements.remember(await self.usage.judgements())

    async def _connect(self) -> None:
        """A connection, the list of models, the table of prices."""
        await self.watch.look(closely=True)
        await self.directory.warm()
        self._changed()  # The list may have come with a warning.
        if self.directory.reaches_out():
            await asyncio.to_thread(GenaiPricing({}).warm)

    async def adopt(self, settings: Settings, folders: Sequence[Path], problems: Sequence[Problem]) -> None:
        """Go on with other settings; parts whose settings are the same stay as they are."""
        await self._take(settings, folders, first=False)
        self.events.ignored(problems)

    async def _take(self, settings: Settings, folders: Sequence[Path], *, first: bool) -> None:
        before, self._settings = self._settings, settings
        self._folders = tuple(folders)
        self.watch.adopt(self._folders)
        if first or before.cache != settings.cache:
            old = None if first else self._open_cache
            self._open_cache = await open_cache(settings.cache, self._kept_in, self.clock, self._environ)
            self.cache, self.cache_faults = self._open_cache.answers, self._open_cache.faults
            if old is not None:
                await old.aclose()
        await self._observation.adopt(settings)
        self._redactor = SecretRedactor(
            settings.privacy.secrets, tuple(settings.privacy.patterns.values()), self.events.redacted
        )
        self.egress = DocumentEgress(
            EgressRules(
                folders=self._folders,
                exclude=tuple(settings.privacy.exclude),
                respect_ignore_files=settings.privacy.respect_ignore_files,
            ),
            self.events.excluded,
        )
        await self._take_providers(first=first, changed=first or providers_differ(before, settings))

    async def _take_providers(self, *, first: bool, changed: bool) -> None:
        """Open what the settings name, one call after the other."""
        async with self._taking:
            await self._take_providers_now(first=first, changed=changed)

    async def _take_providers_now(self, *, first: bool, changed: bool) -> None:
        differing: frozenset[str] = frozenset()
        if changed:
            entries = await self._sources.entries(self._settings)
            named = self._settings.provider if self._settings.provider != "auto" else None
            directory = SettingsDirectory(
                entries, self.authentication.source, self._budget, named=named, listener=self.events.note
            )
            if not first:
                differing = directory.succeed(self.directory)
            self.directory = directory
            await asyncio.to_thread(directory.open_all)
        policy = self._policy = policy_of(self._settings, self._consent.hosts)
        parts = Parts(
            directory=self.directory,
            redactor=self._redactor,
            egress=self.egress,
            cache=self.cache,
            cache_key=cache_key,
            recorder=self.recorder,
            pricing=GenaiPricing(price_sources(self.directory.entries)),
            ledger=await self._team.ledger(self._settings.cache.redis),
            spend=self._spend,
            clock=self.clock,
            random=SystemRandom(),
            quota=self.directory.quota,
            leases=self._leases,
            token_changed=self._token_changed,
        )
        if first:
            self.orchestrator = Orchestrator(parts, policy, self._request_changed)
        else:
            self.orchestrator.adopt(parts, policy)
            for name in differing:
                self.orchestrator.provider_changed(name)

    async def _token_changed(self, provider: str) -> bool:
        entry = next((entry for entry in self.directory.entries if entry.options.name == provider), None)
        return entry is not None and await self.authentication.changed(entry.options)

    async def stream(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        """Run a request through the orchestrator.

        Raises:
            RequestError: of kind `configuration`, when the audit log is required and cannot be written; as the
                orchestrator does.
        """
        await self._observation.require()
        explicit = request.urgency is Urgency.EXPLICIT
        await self._give_way(closely=explicit)
        await self.watch.look(closely=explicit)
        async with aclosing(self.orchestrator.stream(request)) as events:
            async for event in events:
                yield event

    async def cached(self, request: Request) -> Answer | None:
        """The kept answer to a request, if there is one."""
        await self.watch.look(closely=False)
        return await self.orchestrator.cached(request)

    def _request_changed(self) -> None:
        """A request began or ended."""
        self._changed()
        if self._may_move():
            self._sources.look()

    def _may_move(self) -> bool:
        """Whether only the sandbox answers, and nothing is asked of it just now."""
        stands_in = any(entry.why == "nothing else is there" for entry in self.directory.entries)
        return stands_in and self.orchestrator.statistics.active == 0

    async def _move(self) -> None:
        if self._may_move():
            await self._take_providers(first=False, changed=True)
            self._changed()

    async def _give_way(self, *, closely: bool) -> None:
        """Go on with what else there is where a model server that was found on this machine has stopped."""
        if await self._sources.misses(self.directory.entries, closely=closely):
            await self._take_providers(first=False, changed=True)
            self._changed()

    async def set_token(self, provider: str, token: str | None, origin: str | None = None) -> None:
        """Take a token for this process; whoever was out because of it is asked again."""
        self.authentication.hand_over(provider, token, origin)
        await self._take_providers(first=False, changed=True)
        self.orchestrator.provider_changed(provider)

    async def login(self, provider: str, token: str, *, where: Literal["keychain", "file"]) -> None:
        """Keep a token for later sessions."""
        await self.authentication.login(provider, token, self._settings, where=where)
        await self._take_providers(first=False, changed=True)
        self.orchestrator.provider_changed(provider)

    async def logout(self, provider: str) -> tuple[str, ...]:
        """Remove a token wherever it is kept."""
        removed = await self.authentication.logout(provider)
        await self._take_providers(first=False, changed=True)
        self.orchestrator.provider_changed(provider)
        return removed

    async def auth_status(self, *, check: bool = False) -> tuple[Mapping[str, Any], ...]:
        """Per provider: where its token comes from, with `check` whether it works; never a token."""
        rows = await self.authentication.status(self.directory.entries)
        if check:
            checks = await asyncio.gather(*(self.token_check(row["provider"]) for row in rows))
            rows = tuple(
                row if found is None else {**row, "state": found.state, "detail": found.message}
                for row, found in zip(rows, checks, strict=True)
            )
        return (*rows, *self.authentication.mentioned(self.directory.entries))

    async def token_check(self, provider: str) -> TokenCheck | None:
        """Whether a provider's token works, found out within 10 s; None where there is none to try."""
        try:
            opened = self.directory.get(provider)
        except RequestError as error:
            return TokenCheck("unknown", error.message)
        found = await opened.check_token() if opened is not None else None
        return None if found is None or found.state == "none" else found

    async def try_token(self, provider: str, token: str) -> tuple[TokenCheck, str | None]:
        """Whether a token that is not kept yet works, and a warning about its form."""
        return await self.authentication.attempt(provider, token, self._settings)

    def routing(self) -> RoutingPolicy:
        """Which models the user chose for what."""
        return self._policy.routing

    async def consent(self, host: str, *, allowed: bool) -> None:
        """Remember the user's answer about a host."""
        if allowed:
            await asyncio.to_thread(self._consent.allow, host)
        await self._take_providers(first=False, changed=False)

    def accepted(self, request_id: str, length: int, language: str) -> None:  # noqa: ARG002 - the row has it
        """A shown completion was accepted."""
        self.usage.accepted(request_id, length)

    async def invalidate(
        self, event: str, *, language: str | None = None, path: str | None = None, project: str | None = None
    ) -> int:
        """Drop what an event made stale; `path` and `project` in any form that `named_place` takes.

        Raises:
            RequestError: of kind `configuration`, for an unknown event.
        """
        place = await asyncio.to_thread(named_place, path, project, self._folders)
        return await self.cache.invalidate(
            invalidation_for(event, language=language, path=place.path, project=place.project)
        )

    def _drop(self, stale: Invalidation) -> Awaitable[int]:
        return self.cache.invalidate(stale)

    async def models(self, *, refresh: bool) -> tuple[Mapping[str, Any], ...]:
        """What can be routed to, a row for each model."""
        await self._give_way(closely=True)
        pricing = GenaiPricing(price_sources(self.directory.entries))
        return await model_rows(self.directory, self.orchestrator, pricing, self.routing(), refresh=refresh)

    async def health(self, *, deep: bool) -> Mapping[str, Any]:
        """The contract's health record."""
        await self._give_way(closely=True)
        return await health_report(self, deep=deep)

    async def stats(self) -> Mapping[str, Any]:
        """Requests, latency, tokens, cost and hit rates."""
        return await stats_report(self)

    def status(self) -> Status:
        """What the status item shows."""
        self._observation.observe(self.orchestrator)
        self._health_watch.look(known_state(self))
        return status_of(self)

    async def aclose(self) -> None:
        """Finish writing and close every connection and file."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        await self._sources.stop_looking()
        await self.orchestrator.aclose()
        await self.directory.aclose()
        await self.watch.aclose()
        await self._open_cache.aclose()
        await self._team.aclose()
        await self._observation.aclose()
        await self._database.aclose()
        await self._sources.aclose()
