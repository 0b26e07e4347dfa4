"""The quota ledger in use: the user's own, or a team's over it while the settings name a Redis that may be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aurelis.cache.redis_address import redis_problem
from aurelis.config.settings import RedisCacheSettings
from aurelis.core.deadline import Clock
from aurelis.core.ports import QuotaLedger

if TYPE_CHECKING:
    from aurelis.store.redis_ledger import TeamQuotaLedger


class TeamQuota:
    """Follows the settings of the team's Redis."""

    def __init__(self, clock: Clock, own: QuotaLedger, environ: Mapping[str, str]) -> None:
        self._clock = clock
        self._own = own
        self._environ = environ
        self._settings = RedisCacheSettings()
        self._team: TeamQuotaLedger | None = None

    async def ledger(self, settings: RedisCacheSettings) -> QuotaLedger:
        """The ledger for these settings."""
        if settings != self._settings:
            await self.aclose()
            self._settings = settings
            if settings.url:
                self._open(settings)
        return self._team or self._own

    def _open(self, settings: RedisCacheSettings) -> None:
        key = self._environ.get(settings.key_env or "", "").encode()
        if redis_problem(settings.url or "", key) is not None:
            return  # The cache, which goes by the same settings, says so.
        from aurelis.store.redis_ledger import TeamQuotaLedger  # noqa: PLC0415 - redis only where it is configured

        self._team = TeamQuotaLedger(self._clock, self._own, settings.url or "", key)

    async def aclose(self) -> None:
        """Close the connections to the team's server."""
        team, self._team = self._team, None
        if team is not None:
            await team.aclose()
