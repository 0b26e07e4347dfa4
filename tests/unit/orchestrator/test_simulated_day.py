from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from random import Random

import pytest

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Finished, FinishReason, ProviderEvent, TextDelta
from aurelis.core.request import RedactedRequest, Source, Urgency
from aurelis.orchestrator.policy import AutomaticPolicy, ModelQuota, Policy
from fixtures.pipeline import ScriptedProvider, WindowLedger, answer, ask, bench, error
from fixtures.virtual_time import run

PER_MINUTE, PER_DAY, AT_ONCE = 10, 50, 2
HOUR = 3600.0


class FreeTier(ScriptedProvider):
    """An upstream with GitHub Models' free limits of its high tier: 10 a minute, 50 a day, 2 at once."""

    def __init__(self) -> None:
        super().__init__("tier")
        self.accepted: deque[float] = deque()
        self.refused = 0

    async def stream(
        self, request: RedactedRequest, model: str, timeout_seconds: float
    ) -> AsyncGenerator[ProviderEvent, None]:
        await asyncio.sleep(0.2)
        now = asyncio.get_running_loop().time()
        minute = sum(1 for at in self.accepted if at > now - 60)
        day = sum(1 for at in self.accepted if at > now - 86_400)
        if minute >= PER_MINUTE or day >= PER_DAY or self.open >= AT_ONCE:
            self.refused += 1
            raise error(ErrorKind.RATE_LIMIT, status=429)
        self.accepted.append(now)
        self.open += 1
        try:
            await asyncio.sleep(0.8)
            yield TextDelta("text")
            yield Finished(FinishReason.STOP)
        finally:
            self.open -= 1


class Places:
    """Requests at once over all windows, as the store counts them."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.given = 0

    async def acquire(self, key: str, limit: int, seconds: float, now: float) -> str | None:
        if len(self.taken) >= limit:
            return None
        self.given += 1
        self.taken.add(f"{key} {self.given}")
        return f"{key} {self.given}"

    async def renew(self, lease: str, seconds: float, now: float) -> None:
        pass

    async def release(self, lease: str) -> None:
        self.taken.discard(lease)


@pytest.mark.parametrize("windows", [1, 3])
def test_a_day_of_typing_and_commands_meets_no_429_and_wastes_no_quota(windows: int) -> None:
    """Under more demand than the tier allows, in one window or several, nothing is refused and 95 % of it is used."""

    async def scenario() -> None:
        tier = FreeTier()
        policy = Policy(
            quotas={"tier": ModelQuota(requests_per_minute=PER_MINUTE, requests_per_day=PER_DAY, concurrent=AT_ONCE)},
            automatic=AutomaticPolicy(remote="allow"),
        )
        shared = {"ledger": WindowLedger(), "leases": Places()}
        on = [bench(tier, policy=policy, **shared) for _ in range(windows)]
        random = Random(1)  # noqa: S311 - a simulation
        served = {Urgency.EXPLICIT: 0, Urgency.GHOST_TEXT: 0}

        async def one(urgency: Urgency, name: str) -> None:
            timing = Timing(first_token=5) if urgency is Urgency.GHOST_TEXT else Timing()
            source = Source(f"file:///{random.randrange(3)}.py", None)
            with suppress(RequestError):
                await answer(
                    random.choice(on), ask(name, urgency=urgency, timing=timing, sources=(source,), cacheable=False)
                )
                served[urgency] += 1

        async def typist() -> None:
            for n in range(2000):
                await asyncio.sleep(random.expovariate(1 / 12))
                tasks.append(asyncio.create_task(one(Urgency.GHOST_TEXT, f"ghost {n}")))

        async def commander() -> None:
            for n in range(40):
                await asyncio.sleep(random.expovariate(1 / 600))
                tasks.append(asyncio.create_task(one(Urgency.EXPLICIT, f"command {n}")))

        tasks: list[asyncio.Task[None]] = []
        await asyncio.gather(typist(), commander())
        await asyncio.gather(*tasks)

        assert tier.refused == 0
        assert len(tier.accepted) >= 0.95 * PER_DAY
        assert served[Urgency.GHOST_TEXT] <= 0.7 * PER_DAY
        assert served[Urgency.EXPLICIT] >= 0.3 * PER_DAY - 1

    run(scenario())
