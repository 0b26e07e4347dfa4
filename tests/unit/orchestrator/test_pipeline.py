from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Answer, Chosen, Delta, FinishReason, Verdict
from aurelis.core.request import Source, Urgency
from aurelis.orchestrator.policy import AutomaticPolicy, ConcurrencyPolicy, ModelQuota, Policy
from fixtures.pipeline import Bench, Fail, Say, ScriptedProvider, answer, ask, bench, error, routes, until
from fixtures.virtual_time import run

K = ErrorKind


def outcomes(of: Answer) -> list[str]:
    return [f"{a.model} {a.outcome}" for a in of.attempts]


def test_an_answer_streams_and_is_recorded() -> None:
    """Deltas come as the model speaks, and one record says which model answered, from where, in what time."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("a", "b", "c"), pause=1.0))
        on = bench(one)
        deltas: list[str] = []

        got = await answer(on, ask(), deltas)

        assert (got.text, deltas) == ("abc", ["a", "b", "c"])
        assert (got.time_to_first_token_ms, got.duration_ms) == (1000, 4000)
        assert outcomes(got) == ["one/m ok"]
        [record] = on.recorder.records
        assert (record.outcome, record.host, str(record.model)) == ("ok", "one.test:443", "one/m")

    run(scenario())


@pytest.mark.parametrize(
    ("kind", "calls"),
    [(K.UNAVAILABLE, 3), (K.NETWORK, 4), (K.RATE_LIMIT, 6), (K.AUTH, 1), (K.REJECTED, 1), (K.CONTENT_FILTER, 1)],
)
def test_each_kind_of_failure_is_tried_as_often_as_its_rule_says(kind: ErrorKind, calls: int) -> None:
    """Attempts count the first call; what cannot get better is asked once; then the next candidate answers."""

    async def scenario() -> None:
        bad, good = ScriptedProvider("bad", Fail(error(kind))), ScriptedProvider("good")

        got = await answer(bench(bad, good), ask(timing=Timing(first_token=200)))

        assert len(bad.calls) == calls
        assert outcomes(got) == [f"bad/m error:{kind}"] * calls + ["good/m ok"]

    run(scenario())


def test_a_wait_that_the_upstream_asks_for_is_obeyed_when_it_fits() -> None:
    """`retry-after` replaces the back-off; the second call comes exactly then."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(K.RATE_LIMIT, retry_after_seconds=7.0)), Say(("ok",)))
        got = await answer(bench(one), ask())

        assert got.duration_ms == 7000

    run(scenario())


def test_a_wait_that_does_not_fit_is_not_waited_for() -> None:
    """The next candidate has its turn at once; alone, the error carries the time to wait."""

    async def scenario() -> None:
        busy = Fail(error(K.RATE_LIMIT, retry_after_seconds=3600.0))
        got = await answer(bench(ScriptedProvider("one", busy), ScriptedProvider("two")), ask())
        assert (str(got.model), got.duration_ms) == ("two/m", 0)

        alone = bench(ScriptedProvider("one", busy))
        for expected in (3600.0, 3600.0):
            with pytest.raises(RequestError) as caught:
                await answer(alone, ask())
            assert (caught.value.kind, caught.value.retry_after_seconds) == (K.RATE_LIMIT, expected)
        assert len(alone.recorder.records[1].attempts) == 1
        assert alone.recorder.records[1].attempts[0].outcome == "skipped:quota"

    run(scenario())


def test_five_failures_open_the_breaker_and_a_trial_closes_it() -> None:
    """An open breaker spares the upstream for its rest; the first success afterwards closes it."""

    async def scenario() -> None:
        one = ScriptedProvider("one", *[Fail(error(K.UNAVAILABLE, retryable=False))] * 5, Say(("well",)))
        on = bench(one)
        for _ in range(5):
            with pytest.raises(RequestError):
                await answer(on, ask())
        with pytest.raises(RequestError) as caught:
            await answer(on, ask())
        assert (len(one.calls), caught.value.kind, caught.value.retry_after_seconds) == (5, K.UNAVAILABLE, 60.0)

        await asyncio.sleep(60)
        assert (await answer(on, ask())).text == "well"
        assert (await answer(on, ask("Again."))).text == "well"

    run(scenario())


@pytest.mark.parametrize("kind", [K.RATE_LIMIT, K.CONTENT_FILTER, K.REJECTED, K.TOO_LARGE, K.INVALID_RESPONSE])
def test_what_says_nothing_about_the_model_does_not_open_its_breaker(kind: ErrorKind) -> None:
    """429, filters and the request's own faults leave the breaker closed however often they come."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(kind, retryable=False)))
        on = bench(one)
        for _ in range(8):
            with pytest.raises(RequestError):
                await answer(on, ask())
        assert len(one.calls) == 8

    run(scenario())


def test_a_refused_token_ends_the_provider_until_it_changes() -> None:
    """After a 401 no model of the provider is asked again; a new token brings it back."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Fail(error(K.AUTH, final_for_provider=True, status=401)), Say(("in",)))
        on = bench(one, ScriptedProvider("two"), policy=routes("one/a", "one/b", "two/m"))

        got = await answer(on, ask())
        assert outcomes(got) == ["one/a error:auth", "one/b skipped:health", "two/m ok"]

        on.orchestrator.availability.provider_changed("one")
        assert str((await answer(on, ask("Now?"))).model) == "one/a"

    run(scenario())


def test_a_hanging_first_candidate_leaves_time_for_the_second() -> None:
    """The time to the first token is shared among the candidates that can still be asked."""

    async def scenario() -> None:
        hanging = ScriptedProvider("hanging", Say(("late",), pause=3600))
        got = await answer(bench(hanging, ScriptedProvider("two")), ask(timing=Timing(first_token=60)))

        assert outcomes(got) == ["hanging/m error:timeout", "two/m ok"]
        assert got.duration_ms == 30_000
        assert hanging.open == 0

    run(scenario())


def test_a_failure_after_the_first_delta_keeps_the_partial_answer() -> None:
    """What was delivered stays, marked incomplete and not cached; no other model continues it."""

    async def scenario() -> None:
        cut = Say(("half",), finish=error(K.NETWORK))
        one, two = ScriptedProvider("one", cut), ScriptedProvider("two")
        on = bench(one, two)
        deltas: list[str] = []

        got = await answer(on, ask(), deltas)

        assert (got.text, got.incomplete, deltas, two.calls) == ("half", True, ["half"], [])
        assert on.cache.entries == {}

    run(scenario())


def test_a_failure_before_delivery_starts_over() -> None:
    """When nothing is streamed to the reader, a cut answer is asked for again and only the whole one counts."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("ha",), finish=error(K.NETWORK)), Say(("whole",)))
        got = await answer(bench(one), ask(streams=False))

        assert (got.text, got.incomplete) == ("whole", False)

    run(scenario())


@pytest.mark.parametrize(
    ("step", "judge"),
    [
        (Say(("  \n",)), None),
        (Say((), finish=FinishReason.LENGTH), None),
        (Say(("prose",)), lambda text: Verdict(usable=text != "prose", reason="no code")),
        (Say(("half",), finish=FinishReason.CUT), None),
        (Say(("bad",), finish=FinishReason.CONTENT_FILTER), None),
    ],
)
def test_an_unusable_answer_moves_on_to_the_next_candidate(step: Say, judge: Any) -> None:
    """Empty, filtered, cut and unusable answers are not shown while nothing of them was delivered."""

    async def scenario() -> None:
        on = bench(ScriptedProvider("one", step), ScriptedProvider("two", Say(("code",))))
        got = await answer(on, ask(streams=False, **({"judge": judge} if judge else {})))

        assert (got.text, str(got.model)) == ("code", "two/m")

    run(scenario())


def test_when_nobody_answers_the_error_names_each_reason() -> None:
    """Different failures become `unavailable`, equal ones keep their kind."""

    async def scenario() -> None:
        on = bench(ScriptedProvider("one", Fail(error(K.AUTH))), ScriptedProvider("two", Fail(error(K.GONE))))
        with pytest.raises(RequestError, match="one/m: it was auth two/m: it was gone") as caught:
            await answer(on, ask())
        assert caught.value.kind is K.UNAVAILABLE
        assert caught.value.request_id is not None
        assert on.recorder.records[0].outcome == "error:unavailable"

    run(scenario())


def test_a_kept_answer_needs_neither_breaker_nor_quota_nor_network() -> None:
    """The second asking is answered from the cache although the provider is out."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("kept",)), Fail(error(K.AUTH, final_for_provider=True)))
        on = bench(one)
        await answer(on, ask())
        with pytest.raises(RequestError):
            await answer(on, ask("Another question."))

        got = await answer(on, ask())

        assert (got.text, got.cached, outcomes(got), got.cost_usd) == ("kept", "memory", ["one/m cached"], 0.0)

    run(scenario())


def test_cancelling_closes_the_connection_and_is_neither_success_nor_failure() -> None:
    """Closing the stream closes the upstream at once; nothing is cached or counted, but it is recorded."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("a", "b"), pause=5))
        on = bench(one)
        for _ in range(7):
            async with aclosing(on.orchestrator.stream(ask())) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        break
            assert one.open == 0
        assert {r.outcome for r in on.recorder.records} == {"cancelled"}
        assert [a.outcome for a in on.recorder.records[-1].attempts] == ["cancelled"]
        assert (on.cache.entries, len(one.calls)) == ({}, 7)

    run(scenario())


def test_identical_requests_in_flight_share_one_call() -> None:
    """Both readers see every delta; one leaving does not disturb the other; the last one closes the connection."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("a", "b", "c"), pause=1))
        on = bench(one)

        async def leave_early() -> None:
            async with aclosing(on.orchestrator.stream(ask())) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        return

        deltas: list[str] = []
        got, _ = await asyncio.gather(answer(on, ask(), deltas), leave_early())

        assert (got.text, deltas, len(one.calls)) == ("abc", ["a", "b", "c"], 1)
        assert len(on.recorder.records) == 2

    run(scenario())


def test_at_most_so_many_requests_run_at_once() -> None:
    """Places are limited in all and per model, and everybody is served in the end."""

    async def scenario() -> None:
        one, two = (ScriptedProvider(name, Say(("x",), pause=1)) for name in ("one", "two"))
        on = bench(one, two, policy=Policy(concurrency=ConcurrencyPolicy(max_concurrent=4, max_per_model=3)))

        await asyncio.gather(
            *(answer(on, ask(f"Question {n}.", model=f"{('one', 'two')[n % 2]}/m")) for n in range(30))
        )

        assert one.most_open <= 3
        assert two.most_open <= 3
        assert len(one.calls) == len(two.calls) == 15

    run(scenario())


def test_explicit_requests_overtake_batches_and_nothing_starves() -> None:
    """An explicit request that comes last is served first; a batch still ends."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("x",), pause=1))
        on = bench(one, policy=Policy(concurrency=ConcurrencyPolicy(max_concurrent=1)))
        order: list[str] = []

        async def go(name: str, urgency: Urgency) -> None:
            await answer(on, ask(name, urgency=urgency))
            order.append(name)

        batch = [asyncio.create_task(go(f"batch {n}", Urgency.BATCH)) for n in range(5)]
        await until(lambda: one.open == 1)
        await asyncio.gather(go("explicit", Urgency.EXPLICIT), *batch)

        assert order[1] == "explicit"
        assert len(order) == 6

    run(scenario())


def test_automatic_requests_go_to_a_remote_host_only_with_consent() -> None:
    """Without a yes for the host nothing is sent; loopback needs none."""

    async def scenario() -> None:
        remote, local = ScriptedProvider("remote"), ScriptedProvider("local", local=True)
        on = bench(remote)
        with pytest.raises(RequestError, match=r"remote\.test:443") as caught:
            await answer(on, ask(urgency=Urgency.GHOST_TEXT))
        assert (caught.value.kind, remote.calls) == (K.CONSENT, [])

        assert (await answer(bench(local), ask(urgency=Urgency.GHOST_TEXT))).text
        asked = AutomaticPolicy(allowed_hosts=frozenset({"remote.test:443"}))
        assert (await answer(bench(remote, policy=Policy(automatic=asked)), ask(urgency=Urgency.HOVER))).text

    run(scenario())


def test_the_daily_sum_stops_requests_that_cost() -> None:
    """Over the budget a request is refused in words before anything is sent."""

    async def scenario() -> None:
        one = ScriptedProvider("one")
        on: Bench = bench(one, policy=Policy(daily_budget_usd=1.0))
        await on.purse.add(1.0, automatic=False, at=1_700_000_900.0)
        with pytest.raises(RequestError, match="dailyBudgetUsd") as caught:
            await answer(on, ask())
        assert (caught.value.kind, one.calls) == (K.BUDGET, [])

    run(scenario())


def test_a_spent_quota_falls_back_or_says_when() -> None:
    """What would be refused upstream is not sent; without another candidate the error says when it can be."""

    async def scenario() -> None:
        quotas = {"one": ModelQuota(requests_per_minute=2)}
        one = ScriptedProvider("one")
        on = bench(one, policy=Policy(quotas=quotas))
        for n in range(2):
            await answer(on, ask(f"Question {n}."))
        with pytest.raises(RequestError) as caught:
            await answer(on, ask("Question 3."))
        assert caught.value.kind is K.RATE_LIMIT
        assert 60 <= (caught.value.retry_after_seconds or 0) <= 62

        await asyncio.sleep(62)
        await answer(on, ask("Question 4."))
        assert len(one.calls) == 3

    run(scenario())


def test_an_excluded_document_stops_the_request() -> None:
    """Nothing is asked when any document of the prompt must not leave; it is a security event."""

    async def scenario() -> None:
        one = ScriptedProvider("one")
        on = bench(one)
        on.egress.excluded = frozenset({"file:///x/.env"})
        with pytest.raises(RequestError) as caught:
            await answer(on, ask(sources=(Source("file:///x/.env", None, name=".env"),)))
        assert (caught.value.kind, one.calls) == (K.EXCLUDED, [])
        assert [event.name for event in on.recorder.events] == ["excluded_file"]

    run(scenario())


def test_enough_text_closes_the_connection_early() -> None:
    """A reader that has what it needs ends the stream, and that is a success."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("line\n", "more\n", "more\n"), pause=1))
        got = await answer(bench(one), ask(streams=False, enough=lambda text: "\n" in text))

        assert (got.text, got.finish, one.open) == ("line\n", FinishReason.ENOUGH, 0)

    run(scenario())


def test_a_local_provider_never_falls_back_to_a_remote_one_by_itself() -> None:
    """Only a route that names the remote model lets text leave the machine."""

    async def scenario() -> None:
        local = ScriptedProvider("local", Fail(error(K.REJECTED)), local=True)
        remote = ScriptedProvider("remote")
        with pytest.raises(RequestError):
            await answer(bench(local, remote), ask())
        assert remote.calls == []

        assert (await answer(bench(local, remote, policy=routes("local/m", "remote/m")), ask())).text

    run(scenario())


def test_the_reader_learns_who_is_asked() -> None:
    """Before a candidate speaks, its name is told."""

    async def scenario() -> None:
        on = bench(ScriptedProvider("one", Fail(error(K.REJECTED))), ScriptedProvider("two"))
        names: list[str] = []
        async with aclosing(on.orchestrator.stream(ask())) as events:
            async for event in events:
                if isinstance(event, Chosen):
                    names.append(str(event.model))
        assert names == ["one/m", "two/m"]

    run(scenario())
