"""Who watches: the audit log, metrics, OpenTelemetry and usage rows, switched by the settings while the server runs."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aurelis import __version__
from aurelis.composition.audit_key import signing_key
from aurelis.config.folders import Folders
from aurelis.config.settings import AuditSettings, Settings
from aurelis.core.deadline import Clock
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.home import expanded
from aurelis.core.model import ModelReference
from aurelis.core.ports import Recorder
from aurelis.observe.audit import AuditLog, AuditPolicy
from aurelis.observe.metrics import Metrics
from aurelis.observe.recorder import FanOutRecorder
from aurelis.orchestrator.breaker import BreakerState
from aurelis.orchestrator.orchestrator import Orchestrator
from aurelis.security.worker import Worker
from aurelis.store.usage import UsageStore

if TYPE_CHECKING:
    from aurelis.observe.metrics_server import MetricsServer
    from aurelis.observe.telemetry import Telemetry

LOGGER: Final = logging.getLogger("aurelis")

AUDIT_SECONDS: Final = 2.0
"""How long a required audit log that failed is waited for before a request is refused."""
TELEMETRY_SECONDS: Final = 3.0
"""How long the last spans and figures may take to be sent."""


class Observation:
    """The sinks of records."""

    def __init__(self, folders: Folders, clock: Clock, usage: UsageStore, recorder: FanOutRecorder) -> None:
        self._folders = folders
        self._clock = clock
        self._usage = usage
        self._recorder = recorder
        self._audit_settings: AuditSettings | None = None
        self._audit: AuditLog | None = None
        self._unwritable: str | None = None
        self._server: MetricsServer | None = None
        self._port: int | None = None
        self._telemetry: Telemetry | None = None
        self._otel = False
        self.metrics = Metrics()
        self._states: dict[ModelReference, BreakerState] = {}
        self._observed: Orchestrator | None = None

    async def adopt(self, settings: Settings) -> None:
        """Follow the settings."""
        if settings.privacy.audit != self._audit_settings:
            await self._open_audit(settings.privacy.audit)
        if settings.metrics.prometheus_port != self._port:
            await self._serve_metrics(settings.metrics.prometheus_port)
        if settings.metrics.otel != self._otel:
            await self._report_to_otel(on=settings.metrics.otel)
        sinks: list[Recorder] = [self._usage, self.metrics]
        sinks += [sink for sink in (self._audit, self._telemetry) if sink is not None]
        self._recorder.adopt(sinks)

    def observe(self, orchestrator: Orchestrator) -> None:
        """Take the breakers' states and the models' health into the metrics; called whenever a request ends."""
        self._observed = orchestrator
        if self._server is None:
            return
        health = orchestrator.health()
        # A model that was asked has a closed breaker from the first; an alarm cannot watch what is not there.
        states = dict.fromkeys(health, BreakerState.CLOSED) | orchestrator.availability.breakers.states()
        for model in self._states.keys() | states.keys():
            state = states.get(model, BreakerState.CLOSED)
            if state is not self._states.get(model):
                self.metrics.breaker_state(str(model), state)
        self._states = states
        for model, measured in health.items():
            self.metrics.model_health(str(model), measured)

    def _look_again(self) -> None:
        """Take them once more for whoever reads them: a breaker's rest and a cooldown end without any request."""
        if self._observed is not None:
            self.observe(self._observed)

    async def require(self) -> None:
        """Refuse to go on while the audit log is required and cannot be written, which is tried once more.

        Raises:
            RequestError: of kind `configuration`, saying what to do.
        """
        audit, reason = self._audit, self._unwritable
        if audit is not None and reason is None and audit.ready() is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AUDIT_SECONDS):
                    await audit.settled()
            reason = audit.ready()
        if reason is not None:
            raise RequestError(ErrorKind.CONFIGURATION, reason)

    async def _open_audit(self, settings: AuditSettings) -> None:
        old, self._audit, self._audit_settings, self._unwritable = self._audit, None, settings, None
        if old is not None:
            await old.aclose()
        folder = audit_folder(settings, self._folders)
        if not settings.enabled:
            return
        if folder is None:
            if settings.path:
                LOGGER.warning(
                    "There is no audit log: the home in privacy.audit.path is not known; name another folder."
                )
            if settings.required:
                self._unwritable = (
                    "There is no folder for the audit log and your settings require it; "
                    "set privacy.audit.path or turn privacy.audit.required off."
                )
            return
        policy = AuditPolicy(
            required=settings.required, level=settings.level, user_id=settings.user_id, content=settings.content
        )
        anchor = audit_anchor(settings, self._folders)
        self._audit = AuditLog(self._clock, folder, policy, key=self._signing_key, anchor_file=anchor)
        self._audit.start()
        if settings.required:
            await self._audit.settled()

    def _signing_key(self) -> bytes | None:
        return signing_key(self._folders.state) if self._folders.state is not None else None

    async def _serve_metrics(self, port: int | None) -> None:
        old, self._server, self._port = self._server, None, port
        if old is not None:
            await old.aclose()
        if port is not None and self._folders.state is None:
            LOGGER.warning("Metrics cannot be read: there is no folder for what the processes share.")
        elif port is not None and self._folders.state is not None:
            pages = await asyncio.to_thread(import_module, "aurelis.observe.metrics_server")
            folder = self._folders.state / "metrics"
            self._server = pages.MetricsServer(self._clock, self.metrics, folder, port, self._look_again)
            await self._server.start()

    async def _report_to_otel(self, *, on: bool) -> None:
        self._otel = on
        await self._close_telemetry()
        if not on:
            return
        try:
            telemetry = await asyncio.to_thread(import_module, "aurelis.observe.telemetry")
            self._telemetry = await asyncio.to_thread(telemetry.open_telemetry, __version__)
        except ImportError:
            LOGGER.warning("metrics.otel needs more packages: install them with `pip install 'aurelis[otel]'`.")
        except Exception as error:  # noqa: BLE001 - its variables hold whatever a person typed
            LOGGER.warning("OpenTelemetry cannot be used (%s); check its variables OTEL_*.", type(error).__name__)

    async def _close_telemetry(self) -> None:
        """Send what waits; a collector that does not answer holds nobody up."""
        old, self._telemetry = self._telemetry, None
        if old is not None:
            with contextlib.suppress(TimeoutError):
                await Worker("aurelis-telemetry").call(old.close, TELEMETRY_SECONDS)

    async def aclose(self) -> None:
        """Write what waits."""
        if self._server is not None:
            await self._server.aclose()
        if self._audit is not None:
            await self._audit.aclose()
        await self._close_telemetry()


def audit_folder(settings: AuditSettings, folders: Folders) -> Path | None:
    """Where the audit log lies."""
    if settings.path:
        return expanded(settings.path)
    return folders.state / "audit" if folders.state is not None else None


def audit_anchor(settings: AuditSettings, folders: Folders) -> Path | None:
    """What counts the lines of the usual folder's log from outside of it; of each such folder, as two may share this.

    None for a folder of the user's own: its anchor lies in it.
    """
    if settings.path or folders.data is None or folders.state is None:
        return None
    name = hashlib.sha256(str(folders.state).encode(errors="surrogatepass")).hexdigest()[:12]
    return folders.data / f"audit-{name}.anchor"
