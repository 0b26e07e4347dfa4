from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import FinishReason, Verdict
from fixtures.pipeline import (
    Directory,
    Fail,
    Say,
    ScriptedProvider,
    answer,
    ask,
    bench,
    error,
    outcomes_of,
    routes,
    until,
)
from fixtures.virtual_time import run

K = ErrorKind


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
        assert outcomes_of(got) == [f"bad/m error:{kind}"] * calls + ["good/m ok"]

    run(scenario())


def test_a_provider_that_the_settings_drop_meanwhile_is_passed_over() -> None:
    """It stood in the plan when the request began; the one behind it answers."""

    async def scenario() -> None:
        providers = ScriptedProvider("one", Fail(error(K.REJECTED), after=1)), *map(ScriptedProvider, ("two", "three"))
        directory = Directory(providers)
        asked = asyncio.create_task(answer(bench(directory=directory), ask()))
        await until(lambda: providers[0].open == 1)
        del directory.providers["two"]

        assert outcomes_of(await asked) == ["one/m error:rejected", "two/m skipped:capability", "three/m ok"]

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


def test_a_hanging_first_candidate_leaves_time_for_the_second() -> None:
    """The time to the first token is shared among the candidates that can still be asked."""

    async def scenario() -> None:
        hanging = ScriptedProvider("hanging", Say(("late",), pause=3600))
        got = await answer(bench(hanging, ScriptedProvider("two")), ask(timing=Timing(first_token=60)))

        assert outcomes_of(got) == ["hanging/m error:timeout", "two/m ok"]
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


@pytest.mark.parametrize(("text", "streams"), [("ha", False), ("", True), (" \n", True)])
@pytest.mark.parametrize("end", [error(K.NETWORK), FinishReason.CUT])
def test_a_failure_before_delivery_starts_over(end: FinishReason | RequestError, text: str, *, streams: bool) -> None:
    """While nothing has reached the reader, a cut answer is asked for again and only the whole one counts."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say((text,), finish=end), Say(("whole",)))
        got = await answer(bench(one), ask(streams=streams))

        assert (got.text, got.incomplete, outcomes_of(got)) == ("whole", False, ["one/m error:network", "one/m ok"])

    run(scenario())


@pytest.mark.parametrize(
    ("step", "judge"),
    [
        (Say(("  \n",)), None),
        (Say(("\u200b\ufeff ",)), None),
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


def test_blanks_are_not_delivered_before_the_first_word() -> None:
    """A stream of blanks alone is no answer, so the next candidate is asked; blanks before a word come with it."""

    async def scenario() -> None:
        on = bench(
            ScriptedProvider("one", Say(("  ", "\u200b", "\n"))), ScriptedProvider("two", Say(("\n", "word", " more")))
        )
        deltas: list[str] = []

        got = await answer(on, ask(), deltas)

        assert (got.text, str(got.model), got.incomplete) == ("\nword more", "two/m", False)
        assert deltas == ["\nword", " more"]

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
