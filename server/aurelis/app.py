"""The composition root: settings in, services out, opened and closed once.

The parts are heavy (the SDK alone takes half a second to import), so an `Application` is cheap to make and to
configure, and builds its parts in `start`, off the event loop, after the editor has its answer to `initialize`.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from aurelis.composition.memory import give_back
from aurelis.config.load import editor_layer, environment_layer, load
from aurelis.config.settings import Problem, Settings
from aurelis.config.settings_files import SettingsFiles
from aurelis.core.deadline import Clock, SystemClock
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.security.worker import Worker
from aurelis.workflow.services import Alert, Services, Status

if TYPE_CHECKING:
    from aurelis.composition.engine import Engine
    from aurelis.core.model import ModelInfo, ModelReference
    from aurelis.core.ports import CachedAnswer, EgressPolicy
    from aurelis.core.record import Judgement, SentPrompt
    from aurelis.core.reply import Answer, AnswerEvent
    from aurelis.core.request import Request
    from aurelis.observe.health import HealthAlert
    from aurelis.store.batches import BatchProgress

__all__ = ["Application", "create_services"]

LOGGER: Final = logging.getLogger("aurelis")

LOOK_SECONDS: Final = 1.0
"""How long a look at the settings files may take before it is given up."""

WRITTEN_SECONDS: Final = 0.1
"""How long the writer of a settings file may take from emptying it to having it written."""

PROMPTS: Final = "prompts"
"""The folder of the user's own prompt files, within the configuration folder."""


class Application:
    """The `Services` of one process; see `aurelis.workflow.services`.

    `environ` is the process's environment, `clock` its time; `log_level` is told of the setting `log.level`.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        *,
        log_level: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._clock = clock or SystemClock()
        self._log_level = log_level
        self._editor: Mapping[str, Any] | None = None
        self._folders: tuple[Path, ...] = ()
        self._trusted = True
        self._files = SettingsFiles(self._environ)
        self._looks = Worker("aurelis-settings")
        self._settings = Settings()
        self._problems: tuple[Problem, ...] = ()
        self._engine: Engine | None = None
        self._starting: asyncio.Task[Engine] | None = None
        self._listeners: list[Callable[[Status], None]] = []
        self._alert_listeners: list[Callable[[Alert], None]] = []
        self._tokens: dict[str, tuple[str | None, str | None]] = {}  # Those that come before the parts are built.
        self._status: Status | None = None
        self._config_folder: Path | None = None
        self._reconfigure = asyncio.Lock()

    @property
    def settings(self) -> Settings:
        """The settings in force now."""
        return self._settings

    @property
    def egress(self) -> EgressPolicy:
        """Which documents may leave the machine; known once the parts are built."""
        if self._engine is None:
            raise RequestError(ErrorKind.UNAVAILABLE, "The server is still starting; try again in a moment.")
        return self._engine.egress

    @property
    def trusted(self) -> bool:
        """Whether the workspace is trusted."""
        return self._trusted

    async def configure(
        self,
        *,
        editor: Mapping[str, Any] | None = None,
        folders: Sequence[Path] | None = None,
        trusted: bool | None = None,
    ) -> tuple[Problem, ...]:
        """Take new editor settings, workspace folders or trust; None leaves that part as it is."""
        async with self._reconfigure:
            if editor is not None:
                self._editor = editor
            if folders is not None:
                self._folders = tuple(folders)
            if trusted is not None:
                self._trusted = trusted
            self._settings, self._problems = await asyncio.to_thread(self._load)
            self._log_level(self._settings.log.level)
            if self._engine is not None:
                await self._engine.adopt(self._settings, self._folders, self._problems)
                self._changed()
            return self._problems

    async def settings_files_changed(self) -> bool:
        """Whether a settings file has changed since it was read; told a moment later, once its writer is done."""
        try:
            changed = await self._looks.call(self._files.changed, LOOK_SECONDS)
        except TimeoutError:
            return False  # The disk is away; what was read holds.
        if not changed:
            return False
        await self._clock.sleep(WRITTEN_SECONDS)
        return True

    def _load(self) -> tuple[Settings, tuple[Problem, ...]]:
        layers = self._files.layers(self._folders)
        layers += [environment_layer(self._environ), editor_layer(self._editor)]
        return load(layers, trusted=self._trusted)

    async def start(self) -> None:
        """Import and build the heavy parts off the event loop; further calls wait for the first."""
        await self._ready()

    async def _ready(self) -> Engine:
        if self._engine is not None:
            return self._engine
        if self._starting is None:
            self._starting = asyncio.create_task(self._build())
        return await asyncio.shield(self._starting)

    async def _build(self) -> Engine:
        engine_type = await asyncio.to_thread(_import_engine)
        async with self._reconfigure:
            engine = await engine_type.open(
                self._settings, self._folders, self._problems, self._environ, self._clock, self._changed, self._alerted
            )
            while self._tokens:  # More may come while one is taken.
                provider, (token, origin) = self._tokens.popitem()
                await _take_token(engine, provider, token, origin)
            self._engine = engine
        self._changed()
        await asyncio.to_thread(give_back)
        return engine

    async def stream(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        """Run a request through the orchestrator. Close the generator to cancel.

        Raises:
            RequestError: with the contract's kind and `request_id` set.
        """
        engine = await self._ready()
        async with aclosing(engine.stream(request)) as events:
            async for event in events:
                yield event

    async def cached(self, request: Request) -> Answer | None:
        """The kept answer to a request, if there is one; asks no model."""
        return await (await self._ready()).cached(request)

    async def replay(self, request: Request, kept: CachedAnswer) -> Answer:
        """An answer that the caller kept for this very request, with its redactions anew; asks no model."""
        return await (await self._ready()).orchestrator.replay(request, kept)

    async def models(self, *, refresh: bool = False) -> tuple[Mapping[str, Any], ...]:
        """What can be routed to."""
        return await (await self._ready()).models(refresh=refresh)

    async def describe(self, request: Request) -> ModelInfo | None:
        """What is known of the model that would be asked first for this request."""
        candidate = await (await self._ready()).orchestrator.first_candidate(request)
        return candidate.info if candidate is not None else None

    async def health(self, *, deep: bool = False) -> Mapping[str, Any]:
        """The contract's health record."""
        return await (await self._ready()).health(deep=deep)

    async def stats(self) -> Mapping[str, Any]:
        """Requests, latency, tokens, cost and hit rates, as plain JSON data."""
        return await (await self._ready()).stats()

    async def clear_cache(self) -> int:
        """Drop all kept answers and count them."""
        return await (await self._ready()).cache.clear()

    async def cache_stats(self) -> Mapping[str, Any]:
        """Entries, sizes and hits of each layer."""
        return await (await self._ready()).cache.stats()

    async def invalidate(
        self, event: str, *, language: str | None = None, path: str | None = None, project: str | None = None
    ) -> int:
        """Drop what an event made stale and count it.

        Raises:
            RequestError: of kind `configuration`, for an unknown event.
        """
        return await (await self._ready()).invalidate(event, language=language, path=path, project=project)

    def watched_globs(self) -> tuple[str, ...]:
        """Globs of the files whose changes `files_changed` wants to hear of."""
        from aurelis.cache.invalidation import watched_globs  # noqa: PLC0415 - not needed before the parts are built

        return watched_globs()

    async def files_changed(self, paths: Sequence[Path]) -> None:
        """Drop what files that changed on disk made stale; what changed before the start is found at the start."""
        if self._engine is not None:
            await self._engine.watch.changed(paths)

    async def set_token(self, provider: str, token: str | None, origin: str | None = None) -> None:
        """Take a token from the editor for this process; None falls back to the next source.

        Raises:
            RequestError: of kind `configuration`, for something that is no token.
        """
        if self._engine is None:
            from aurelis.security.token import handed_over  # noqa: PLC0415 - only where an editor keeps tokens

            self._tokens[provider] = (None, None) if token is None else handed_over(token, origin)
            return
        await self._engine.set_token(provider, token, origin)
        self._changed()

    async def login(self, provider: str, token: str, *, where: Literal["keychain", "file"] = "keychain") -> None:
        """Keep a token for later sessions, bound to the provider's address.

        Raises:
            RequestError: of kind `configuration`, when it cannot be kept; the message says why.
        """
        await (await self._ready()).login(provider, token, where=where)

    async def logout(self, provider: str) -> tuple[str, ...]:
        """Remove a token wherever it is kept; returns where it was."""
        return await (await self._ready()).logout(provider)

    async def try_token(self, provider: str, token: str) -> tuple[str, str, str | None]:
        """Whether a token works, found out within 10 s and without keeping it.

        Returns `valid`, `invalid` or `unknown`, a sentence, and a warning about the token's form, if it is unfamiliar.

        Raises:
            RequestError: of kind `configuration`, for an unknown provider or one whose settings are wrong.
        """
        check, warning = await (await self._ready()).try_token(provider, token)
        return check.state, check.message, warning

    async def auth_status(self, *, check: bool = False) -> tuple[Mapping[str, Any], ...]:
        """Per provider: where its token comes from, with `check` whether it works; never a token."""
        return await (await self._ready()).auth_status(check=check)

    def sent(self, request_id: str | None = None) -> tuple[SentPrompt, ...]:
        """The last 20 requests as they were sent, newest last, or the one with that id."""
        return self._engine.recorder.sent(request_id) if self._engine is not None else ()

    def accepted(self, request_id: str, length: int, language: str) -> None:
        """A shown completion was accepted."""
        if self._engine is not None:
            self._engine.accepted(request_id, length, language)

    def offered(self, request_id: str) -> None:
        """A completion was given to an editor."""
        if self._engine is not None:
            self._engine.usage.offered(request_id)

    def typed(self, request_id: str, length: int) -> None:
        """The person typed so many characters of what a completion said."""
        if self._engine is not None:
            self._engine.usage.typed(request_id, length)

    def judged(self, judgement: Judgement) -> None:
        """What became of a request for ghost text."""
        if self._engine is not None:
            self._engine.orchestrator.statistics.judgements.judged(judgement)

    def often_right(self, model: ModelReference | None, language_id: str) -> float:
        """The share of a model's requests for ghost text, 0 to 1, that lately were of use."""
        if self._engine is None:
            from aurelis.orchestrator.judgements import UNKNOWN  # noqa: PLC0415 - not needed before the parts are built

            return UNKNOWN
        return self._engine.orchestrator.statistics.judgements.often_right(model, language_id)

    def security_event(self, name: str, detail: str, request_id: str | None = None) -> None:
        """Tell the audit log of something; `detail` holds no secret and no source text."""
        if self._engine is not None:
            self._engine.events.note(name, detail, request_id)

    async def consent(self, host: str, *, allowed: bool) -> None:
        """The user's answer to whether automatic features may send text to a host."""
        await (await self._ready()).consent(host, allowed=allowed)
        self._changed()

    async def batch_progress(self) -> BatchProgress:
        """What of earlier batches is done."""
        return (await self._ready()).batches

    async def prompts_folder(self) -> Path | None:
        """The folder of the user's own prompt files, whether it exists or not; None where there is no home."""
        from aurelis.config.folders import config_folder  # noqa: PLC0415 - platformdirs stays off the import path

        if self._config_folder is None:  # Each hover asks.
            self._config_folder = await asyncio.to_thread(config_folder)
        return None if self._config_folder is None else self._config_folder / PROMPTS

    def on_status(self, listener: Callable[[Status], None]) -> None:
        """Call the listener at once and whenever the status changes."""
        self._listeners.append(listener)
        listener(self._status or Status("ok", busy=False))

    def on_alert(self, listener: Callable[[Alert], None]) -> None:
        """Call the listener when the state of a part of the whole changes, once for each change."""
        self._alert_listeners.append(listener)

    def _alerted(self, alert: HealthAlert) -> None:
        LOGGER.info("%s", alert.message)
        for listener in self._alert_listeners:
            listener(Alert(alert.message, alert.worse))

    def _changed(self) -> None:
        if self._engine is None:
            return
        status = self._engine.status()
        if status == self._status:
            return
        self._status = status
        for listener in self._listeners:
            listener(status)

    async def aclose(self) -> None:
        """Finish writing and close every connection and file."""
        if self._starting is not None:
            await asyncio.wait([self._starting])
        if self._engine is not None:
            await self._engine.aclose()


def _import_engine() -> type[Engine]:
    give_back()  # What the start left is reused by the imports.
    from aurelis.composition.engine import Engine as EngineType  # noqa: PLC0415 - it is heavy, so only after `initialized`

    return EngineType


async def _take_token(engine: Engine, provider: str, token: str | None, origin: str | None) -> None:
    """Hand a token over that came early; one that cannot be taken leaves its provider without, and nothing else."""
    try:
        await engine.set_token(provider, token, origin)
    except RequestError as error:
        LOGGER.warning("The token for %s was not taken: %s", provider, error.message)


def create_services(*, log_level: Callable[[str], None] = lambda _: None) -> Services:
    """The application, not yet configured or started; `log_level` is told of the setting `log.level`."""
    return Application(log_level=log_level)
