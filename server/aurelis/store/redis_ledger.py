"""A quota that a whole team shares, because its members share one key of a provider.

The user's own ledger is asked first, then the team's Redis, by one script that counts and takes in a single step and
by the server's own clock, as the clocks of several machines differ. A server that fails is left alone for a while and
the user's own ledger alone decides.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import math
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from aurelis.core.deadline import Clock
from aurelis.core.ports import QuotaLedger, QuotaRule

LOGGER: Final = logging.getLogger("aurelis.store")

SILENCE_SECONDS: Final = 30.0
MAX_RESERVATIONS: Final = 1_000
"""Reservations of this process that can still be given back; a request that was sent is never given back."""

_PREFIX: Final = "aurelis:1:quota:"

_RESERVE: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local longest, wait = 0, 0
for place = 2, #ARGV, 2 do
  local allowed, seconds = tonumber(ARGV[place]), tonumber(ARGV[place + 1])
  longest = math.max(longest, seconds)
  local after = string.format('(%.6f', now - seconds)
  local surplus = redis.call('ZCOUNT', KEYS[1], after, '+inf') - allowed
  if surplus >= 0 then
    local row = redis.call('ZRANGEBYSCORE', KEYS[1], after, '+inf', 'WITHSCORES', 'LIMIT', surplus, 1)
    wait = math.max(wait, tonumber(row[2]) + seconds - now, 0.001)
  end
end
if wait == 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now - longest))
  redis.call('ZADD', KEYS[1], string.format('%.6f', now), ARGV[1])
  redis.call('EXPIRE', KEYS[1], math.ceil(longest) + 60)
end
return string.format('%.6f', wait)
"""


class TeamQuotaLedger:
    """The `QuotaLedger` port over the user's own ledger and a team's Redis.

    Args:
        clock: for how long a failed server is left alone.
        own: the user's own ledger, which counts whether or not the team's server answers.
        url: the server's address, judged safe by whoever composes the program.
        team_key: the team's secret; it hides the names of providers and models from others on the server.
        wait_seconds: how long a request may be held up by the server before the user's own count decides alone.
    """

    def __init__(self, clock: Clock, own: QuotaLedger, url: str, team_key: bytes, *, wait_seconds: float = 1.0) -> None:
        self._clock = clock
        self._own = own
        self._wait_seconds = wait_seconds
        self._naming = hmac.digest(team_key, b"aurelis-quota name", "sha256")
        # The library's own types mix the answers of its synchronous and asynchronous clients.
        self._client: Any = redis.asyncio.Redis.from_url(
            url,
            socket_connect_timeout=wait_seconds,
            socket_timeout=wait_seconds,
            retry=Retry(NoBackoff(), 0),
        )
        self._taken: OrderedDict[tuple[str, float], str] = OrderedDict()
        self._giving_back: set[asyncio.Task[None]] = set()  # One for each request that was cancelled at this moment.
        self._silent_until = float("-inf")
        self._warned = False

    async def reserve(self, key: str, rules: Sequence[QuotaRule], now: float) -> float:
        """Count one request if every rule allows it for the user and for the team; else the seconds until it would."""
        wait = await self._own.reserve(key, rules, now)
        finite = [rule for rule in rules if math.isfinite(rule.seconds)]
        if wait > 0.0 or not finite:
            return wait
        member = secrets.token_hex(12)
        words = [word for rule in finite for word in (rule.requests, rule.seconds)]
        try:
            answer = await self._ask("eval", _RESERVE, 1, self._name(key), member, *words)
        except asyncio.CancelledError:
            # Whoever asked is gone and sends nothing; the team's place may be taken all the same.
            work = asyncio.create_task(self._give_back(key, now, member))
            self._giving_back.add(work)
            work.add_done_callback(self._giving_back.discard)
            raise
        told = _wait(answer, max(rule.seconds for rule in finite))
        wait = told or 0.0
        if wait > 0.0:
            await self._own.cancel(key, now)
        elif told is not None:
            self._taken[key, now] = member
            while len(self._taken) > MAX_RESERVATIONS:
                self._taken.popitem(last=False)
        return wait

    async def cancel(self, key: str, now: float) -> None:
        """Give back a reservation made at `now` whose request was never sent."""
        await self._give_back(key, now, self._taken.pop((key, now), None))

    async def aclose(self) -> None:
        """Close the connections; the user's own ledger is its maker's to close."""
        await asyncio.gather(*self._giving_back, return_exceptions=True)
        await self._client.aclose()

    async def _give_back(self, key: str, now: float, member: str | None) -> None:
        await self._own.cancel(key, now)
        if member is not None:
            await self._ask("zrem", self._name(key), member)

    def _name(self, key: str) -> str:
        return _PREFIX + hmac.digest(self._naming, key.encode("utf-8", "surrogatepass"), "sha256").hex()

    async def _ask(self, command: str, *words: Any) -> Any:
        """The server's answer, or None while it fails."""
        if self._clock.monotonic() < self._silent_until:
            return None
        try:
            async with asyncio.timeout(self._wait_seconds):
                return await getattr(self._client, command)(*words)
        except Exception as error:  # noqa: BLE001 - what speaks in the server's place makes anything of the library
            self._silent_until = self._clock.monotonic() + SILENCE_SECONDS
            if not self._warned:
                self._warned = True
                LOGGER.warning("The team's quota cannot be asked (%s); your own count decides.", type(error).__name__)
            return None


def _wait(answer: Any, longest: float) -> float | None:
    """The seconds that the server's script answered, no longer than a window; None for what it would not answer."""
    try:
        wait = float(answer)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(wait, longest) if wait >= 0.0 else None
