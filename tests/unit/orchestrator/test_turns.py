from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Answer, ProviderEvent
from aurelis.core.request import RedactedRequest, Urgency
from aurelis.orchestrator.policy import AutomaticPolicy, BreakerPolicy, ConcurrencyPolicy, ModelQuota, Policy
from aurelis.orchestrator.turn import LEASE_SECONDS
from fixtures.pipeline import Bench, Fail, Say, ScriptedProvider, answer, ask, bench, error, outcomes_of
from fixtures.virtual_time import run

K = ErrorKind
ONE_AT_A_TIME = ConcurrencyPolicy(max_per_model=1)


class Timed(ScriptedProvider):
    """Notes when it was asked."""

    def __init__(self, name: str, *script: Say | Fail) -> None:
        super().__init__(name, *script)
        self.times: list[float] = []

    def stream(
        self, request: RedactedRequest, model: str, timeout_seconds: float
    ) -> AsyncGenerator[ProviderEvent, None]:
        self.times.append(asyncio.get_running_loop().time())
        return super().stream(request, model, timeout_seconds)


def test_a_refusal_gives_those_who_wait_a_rest_too() -> None:
    """Requests that queued before a 429 are not sent during its cooldown, and are answered after it."""

    async def scenario() -> None:
        refused = Fail(error(K.RATE_LIMIT, retry_after_seconds=5.0), after=1)
        one = Timed("one", refused, Say(("ok",)))
        on = bench(one, policy=Policy(concurrency=ONE_AT_A_TIME))
        begun = asyncio.get_running_loop().time()

        got = await asyncio.gather(*(answer(on, ask(f"{n}")) for n in range(4)))

        assert [time - begun for time in one.times] == [0.0, 6.0, 6.0, 6.0, 6.0]
        assert sorted(outcomes_of(each) for each in got) == [
            ["one/m error:rate_limit", "one/m ok"],
            *[["one/m ok"]] * 3,
        ]

    run(scenario())


def test_a_rest_that_does_not_fit_passes_over_those_who_wait() -> None:
    """The next candidate answers at once what cannot be asked of the first in time."""

    async def scenario() -> None:
        refused = Fail(error(K.RATE_LIMIT, retry_after_seconds=900.0), after=1)
        one = Timed("one", refused)
        on = bench(one, ScriptedProvider("two"), policy=Policy(concurrency=ONE_AT_A_TIME))
        got = await asyncio.gather(*(answer(on, ask(f"{n}")) for n in range(4)))

        assert len(one.calls) == 1
        assert [outcomes_of(each)[0] for each in got] == ["one/m error:rate_limit", *["one/m skipped:quota"] * 3]
        assert {str(each.model) for each in got} == {"two/m"}

    run(scenario())


REFUSED = Fail(error(K.RATE_LIMIT, retry_after_seconds=40.0))
IN_HALF_A_MINUTE = Timing(first_token=30.0)


async def refused_by(on: Bench) -> None:
    """Give every model of a bench a rest that nobody waits for."""
    with pytest.raises(RequestError) as caught:
        await answer(on, ask("first", timing=IN_HALF_A_MINUTE))
    assert caught.value.kind is K.RATE_LIMIT


def test_a_rest_that_fits_is_waited_for_where_nobody_else_can_be_asked() -> None:
    """A request during a cooldown is answered after it; one that comes too early fails at once, with the time."""

    async def scenario() -> None:
        one = Timed("one", REFUSED, Say(("ok",)))
        on, begun = bench(one), asyncio.get_running_loop().time()
        await refused_by(on)
        await asyncio.sleep(5)
        with pytest.raises(RequestError) as caught:
            await answer(on, ask("early", timing=IN_HALF_A_MINUTE))
        assert caught.value.retry_after_seconds == pytest.approx(35.0)
        await asyncio.sleep(20)
        got = await answer(on, ask("late", timing=IN_HALF_A_MINUTE))

        assert [time - begun for time in one.times] == [0.0, 40.0]
        assert (outcomes_of(got), got.duration_ms) == (["one/m ok"], 15_000)

    run(scenario())


def test_the_shortest_of_several_rests_is_waited_for() -> None:
    """The others are passed over, whatever their place in the plan."""

    async def scenario() -> None:
        longer = Fail(error(K.RATE_LIMIT, retry_after_seconds=50.0))
        on = bench(ScriptedProvider("one", longer), ScriptedProvider("two", REFUSED, Say(("ok",))))
        await refused_by(on)
        await asyncio.sleep(25)
        got = await answer(on, ask("late", timing=IN_HALF_A_MINUTE))

        assert outcomes_of(got) == ["one/m skipped:quota", "two/m ok"]
        assert got.duration_ms == 15_000

    run(scenario())


def test_nobody_waits_for_a_rest_where_another_model_can_be_asked() -> None:
    """The next candidate answers at once."""

    async def scenario() -> None:
        on = bench(ScriptedProvider("one", REFUSED), ScriptedProvider("two"))
        await answer(on, ask("first", timing=IN_HALF_A_MINUTE))
        await asyncio.sleep(25)
        got = await answer(on, ask("late", timing=IN_HALF_A_MINUTE))

        assert (outcomes_of(got), got.duration_ms) == (["one/m skipped:quota", "two/m ok"], 0)

    run(scenario())


@pytest.mark.parametrize("urgency", [Urgency.GHOST_TEXT, Urgency.HOVER])
def test_automatic_features_wait_for_no_rest(urgency: Urgency) -> None:
    """What nobody asked for is not worth waiting for."""

    async def scenario() -> None:
        policy = Policy(automatic=AutomaticPolicy(remote="allow"))
        on = bench(ScriptedProvider("one", REFUSED, Say(("ok",))), policy=policy)
        await refused_by(on)
        await asyncio.sleep(39)
        with pytest.raises(RequestError) as caught:
            await answer(on, ask("late", urgency=urgency, timing=IN_HALF_A_MINUTE))
        assert caught.value.kind is K.RATE_LIMIT

    run(scenario())


def test_a_breaker_that_opens_spares_the_model_those_who_wait() -> None:
    """Of many requests at once no more are sent than it takes to open the breaker."""

    async def scenario() -> None:
        one = Timed("one", Fail(error(K.UNAVAILABLE, retryable=False), after=1))
        policy = Policy(concurrency=ONE_AT_A_TIME, breaker=BreakerPolicy(failure_threshold=2))
        on = bench(one, policy=policy)
        got = await asyncio.gather(*(answer(on, ask(f"{n}")) for n in range(9)), return_exceptions=True)

        assert len(one.calls) == 2
        assert {error.kind for error in got if isinstance(error, RequestError)} == {K.UNAVAILABLE}
        assert [record.attempts[-1].outcome for record in on.recorder.records].count("skipped:breaker") == 7

    run(scenario())


def test_the_time_in_the_queue_is_no_part_of_an_attempt() -> None:
    """An attempt is as long as the model took, however long its turn was waited for."""

    async def scenario() -> None:
        on = bench(ScriptedProvider("one", Say(("x",), pause=5)), policy=Policy(concurrency=ONE_AT_A_TIME))
        got: list[Answer] = await asyncio.gather(*(answer(on, ask(f"{n}", timing=Timing())) for n in range(3)))

        assert [each.attempts[0].duration_ms for each in got] == [10_000] * 3
        assert [each.duration_ms for each in got] == [10_000, 20_000, 30_000]

    run(scenario())


class Places:
    """Leases as the store has them, in memory."""

    def __init__(self) -> None:
        self.ends: dict[str, float] = {}

    async def acquire(self, _key: str, limit: int, seconds: float, now: float) -> str | None:
        self.ends = {lease: end for lease, end in self.ends.items() if end > now}
        lease = f"{len(self.ends)} at {now}"
        return None if len(self.ends) >= limit else await self._keep(lease, now + seconds)

    async def _keep(self, lease: str, end: float) -> str:
        self.ends[lease] = end
        return lease

    async def renew(self, lease: str, seconds: float, now: float) -> None:
        await self._keep(lease, now + seconds)

    async def release(self, lease: str) -> None:
        self.ends.pop(lease, None)


def test_a_place_of_a_killed_process_is_free_before_anybody_gives_up() -> None:
    """The next server's requests wait a few seconds, while a place that is in use stays taken for as long as that."""

    async def scenario() -> None:
        one, places = Timed("one", Say(("long",), pause=50), Say(("ok",))), Places()
        policy = Policy(quotas={"one": ModelQuota(concurrent=1)})
        killed, on = bench(one, policy=policy, leases=places), bench(one, policy=policy, leases=places)
        begun = asyncio.get_running_loop().time()

        at_work = asyncio.create_task(answer(killed, ask("Long.")))
        waiting = asyncio.create_task(answer(on, ask("Short.")))
        await asyncio.sleep(40)
        assert len(one.times) == 1
        places.release = places.renew = _nothing  # type: ignore[method-assign]  # a killed process does neither
        at_work.cancel()
        assert (await waiting).text == "ok"
        assert 40 < one.times[1] - begun <= 41 + LEASE_SECONDS

    run(scenario())


async def _nothing(*_: object) -> None:
    pass
