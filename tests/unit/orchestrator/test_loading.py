from __future__ import annotations

from contextlib import aclosing

import pytest

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Answer, Completed, Waiting
from aurelis.core.request import Request, Urgency
from fixtures.pipeline import Bench, Fail, Say, ScriptedProvider, ask, bench, error, outcomes_of
from fixtures.virtual_time import run

LOADING = RequestError(
    ErrorKind.UNAVAILABLE, "llama.cpp failed with HTTP 503. It said: Loading model", status=503, retryable=True
)


async def followed(on: Bench, request: Request) -> tuple[list[str], Answer]:
    """What the reader was told while it waited, and the answer."""
    told: list[str] = []
    async with aclosing(on.orchestrator.stream(request)) as events:
        async for event in events:
            if isinstance(event, Waiting):
                told.append(event.reason)
            if isinstance(event, Completed):
                return told, event.answer
    raise AssertionError("the stream ended without an answer")


def test_a_model_that_is_being_loaded_is_waited_for() -> None:
    """llama-server's 503 is asked again until the model is there, with progress; it is no failure of the model."""

    async def scenario() -> None:
        local = ScriptedProvider("local", *[Fail(LOADING)] * 12, Say(("ready",)), local=True)
        on = bench(local)
        told, got = await followed(on, ask())

        assert (got.text, outcomes_of(got)) == ("ready", ["local/m ok"])
        assert told == ["is being loaded"] * 12
        assert on.orchestrator.availability.breakers.states() == {}

    run(scenario())


def test_a_model_that_never_loads_fails_at_the_deadline() -> None:
    """The wait ends with the time to the first token, as one failed attempt, and the next candidate has its turn."""

    async def scenario() -> None:
        local, other = ScriptedProvider("local", Fail(LOADING), local=True), ScriptedProvider("other", local=True)
        on = bench(local, other)
        _, got = await followed(on, ask(timing=Timing(first_token=20)))
        assert outcomes_of(got) == ["local/m error:unavailable", "other/m ok"]
        assert 8_000 <= got.duration_ms <= 10_000

        with pytest.raises(RequestError, match="Loading"):
            await followed(bench(ScriptedProvider("local", Fail(LOADING), local=True)), ask())

    run(scenario())


@pytest.mark.parametrize(
    ("urgency", "told"), [(Urgency.EXPLICIT, ["is being loaded, or reads a long prompt"]), (Urgency.GHOST_TEXT, [])]
)
def test_a_silent_local_model_is_told_of_once(urgency: Urgency, told: list[str]) -> None:
    """A server that loads on the first request says nothing; after some seconds a person who waits hears why."""

    async def scenario() -> None:
        on = bench(ScriptedProvider("local", Say(("a", "b"), pause=4), local=True))
        assert (await followed(on, ask(urgency=urgency)))[0] == told

    run(scenario())


def test_a_wait_before_another_try_is_told() -> None:
    """Whoever waits for a rate limit sees for how long."""

    async def scenario() -> None:
        busy = Fail(error(ErrorKind.RATE_LIMIT, retry_after_seconds=7.0))
        told, got = await followed(bench(ScriptedProvider("one", busy, Say(("ok",)))), ask())
        assert (told, got.duration_ms) == (["is asked again in 7.0 s (rate_limit)"], 7000)

    run(scenario())
