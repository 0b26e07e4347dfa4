from __future__ import annotations

import asyncio
import threading

import pytest

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Alive, Thinking, Verdict
from fixtures.pipeline import Say, ScriptedProvider, answer, ask, bench, outcomes_of
from fixtures.virtual_time import run

LIMITS = Timing(first_token=60, chunk=45, answer=600)


def test_signs_of_life_do_not_replace_the_first_token() -> None:
    """A server that only keeps the stream open has its time, no more, and the next candidate its own."""

    async def scenario() -> None:
        idle = ScriptedProvider("idle", Say((Alive(),) * 100, pause=10))
        got = await answer(bench(idle, ScriptedProvider("two")), ask(timing=LIMITS))

        assert outcomes_of(got) == ["idle/m error:timeout", "two/m ok"]
        assert got.duration_ms == 30_000

    run(scenario())


def test_a_model_that_thinks_has_begun() -> None:
    """Reasoning counts as the beginning of the answer; from then on only silence and the whole answer are bounded."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say((*(Thinking(),) * 4, "done"), pause=40))
        got = await answer(bench(one), ask(timing=LIMITS))
        assert (got.text, got.duration_ms) == ("done", 240_000)

    run(scenario())


def test_signs_of_life_within_an_answer_are_no_silence() -> None:
    """Once the answer has begun, whatever the server sends shows for a while that it goes on."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("a", Alive(), Alive(), "b"), pause=40))
        assert (await answer(bench(one), ask(timing=LIMITS))).text == "ab"

    run(scenario())


def test_signs_of_life_alone_end_some_day() -> None:
    """A server that has nothing to say but that it is there may be three times as long without a word."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("a", *(Alive(),) * 99), pause=10))
        got = await answer(bench(one), ask(timing=LIMITS))
        assert (got.text, got.incomplete, got.duration_ms) == ("a", True, 145_000)

    run(scenario())


def test_silence_within_an_answer_ends_it() -> None:
    """What was delivered before the silence is kept and marked."""

    async def scenario() -> None:
        one = ScriptedProvider("one", Say(("a", "b"), pause=46))
        got = await answer(bench(one), ask(timing=LIMITS))
        assert (got.text, got.incomplete, got.duration_ms) == ("a", True, 91_000)
        assert outcomes_of(got) == ["one/m error:timeout"]

    run(scenario())


def test_no_answer_outlasts_its_limit() -> None:
    """A model that talks on and on is cut off; before anything was delivered that is an error."""

    async def scenario() -> None:
        def talker() -> ScriptedProvider:
            return ScriptedProvider("one", Say(("x",) * 99, pause=10))

        got = await answer(bench(talker()), ask(timing=LIMITS))
        assert (got.incomplete, got.duration_ms) == (True, 600_000)
        with pytest.raises(RequestError, match="600 s") as caught:
            await answer(bench(talker()), ask(timing=LIMITS, streams=False))
        assert caught.value.kind is ErrorKind.TIMEOUT

    run(scenario())


@pytest.mark.parametrize(
    ("length", "apart", "here"), [(1_000, False, True), (1_001, False, False), (1_000, True, False)]
)
def test_long_answers_are_judged_off_the_event_loop(length: int, *, apart: bool, here: bool) -> None:
    """What a judge does with a long answer, as parsing nonsense, or in a document that takes long, holds nobody up."""
    threads: list[int] = []

    def judge(_: str) -> Verdict:
        threads.append(threading.get_ident())
        return Verdict(usable=True)

    async def scenario() -> None:
        request = ask(judge=judge, judged_apart=lambda _: apart)
        got = await answer(bench(ScriptedProvider("one", Say(("a" * length,)))), request)
        assert len(got.text) == length

    asyncio.run(scenario())
    assert [thread == threading.get_ident() for thread in threads] == [here]
