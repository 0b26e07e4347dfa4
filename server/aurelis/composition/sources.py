"""Where providers come from: the settings and sign-ins, model servers on this machine, and the sandbox that stands in.

In come the settings; out come entries in the order of `auto`. The sandbox is started once it is needed, and goes on
until the end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from aurelis.composition.authentication import Authentication
from aurelis.composition.directory import Entry, Why
from aurelis.composition.entries import SANDBOX
from aurelis.composition.on_this_machine import Lookout, entries_without_sandbox
from aurelis.config.folders import Folders
from aurelis.config.settings import Settings
from aurelis.core.deadline import Clock
from aurelis.providers.options import ProviderOptions

if TYPE_CHECKING:
    from aurelis.sandbox.server import Sandbox


class ProviderSources:
    """Everything that providers come from. `found` is called when a model server on this machine answers now."""

    def __init__(
        self,
        kept_in: Folders,
        environ: Mapping[str, str],
        clock: Clock,
        authentication: Authentication,
        found: Callable[[], Awaitable[None]],
    ) -> None:
        self._kept_in = kept_in
        self._environ = environ
        self._authentication = authentication
        self._lookout = Lookout(clock, kept_in.state, environ, found)
        self._sandbox: Sandbox | None = None

    async def entries(self, settings: Settings) -> list[Entry]:
        """The providers to use, the preferred one first."""
        signed_in = await self._authentication.signed_in()
        entries = await entries_without_sandbox(settings, signed_in, self._kept_in, self._environ)
        if settings.provider == SANDBOX and SANDBOX not in settings.providers:
            entries.insert(0, await self._sandbox_entry("chosen"))
        elif settings.provider == "auto" and not entries:
            entries.append(await self._sandbox_entry("nothing else is there"))
        return entries

    def look(self) -> None:
        """Look in the background whether a model server was started, unless that was done a moment ago."""
        self._lookout.look()

    async def misses(self, entries: Iterable[Entry], *, closely: bool) -> bool:
        """Whether one of the model servers that were found on this machine has stopped."""
        return await self._lookout.misses(entries, closely=closely)

    async def _sandbox_entry(self, why: Why) -> Entry:
        if self._sandbox is None:
            from aurelis.sandbox.server import start  # noqa: PLC0415 - for those who have nothing else to ask

            self._sandbox = await start()
        return Entry(ProviderOptions(name=SANDBOX, profile=SANDBOX, base_url=self._sandbox.base_url), why)

    async def stop_looking(self) -> None:
        """Look no more."""
        await self._lookout.aclose()

    async def aclose(self) -> None:
        """Stop the sandbox."""
        if self._sandbox is not None:
            await self._sandbox.aclose()
