from __future__ import annotations

import asyncio
from contextlib import aclosing

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Answer, Chosen, Completed, Delta, FinishReason
from aurelis.core.request import Request
from fixtures.pipeline import Bench, Fail, Say, Script, ScriptedProvider, ask, bench, error
from fixtures.virtual_time import run

KINDS = st.sampled_from(
    [
        ErrorKind.RATE_LIMIT,
        ErrorKind.NETWORK,
        ErrorKind.UNAVAILABLE,
        ErrorKind.AUTH,
        ErrorKind.REJECTED,
        ErrorKind.CONTENT_FILTER,
    ]
)
MOST_ATTEMPTS = 6


@st.composite
def steps(draw: st.DrawFn, name: str) -> Script:
    """One behaviour of an upstream; its words carry its name."""
    pause = draw(st.sampled_from([0.0, 0.5, 50.0]))
    if draw(st.booleans()):
        wait = draw(st.none() | st.sampled_from([0.0, 3.0, 4000.0]))
        kind = draw(KINDS)
        final = kind is ErrorKind.AUTH
        return Fail(error(kind, retry_after_seconds=wait, final_for_provider=final), pause)
    pieces = tuple(f"<{name}{n}>" for n in range(draw(st.integers(0, 4))))
    finish = draw(st.sampled_from([*FinishReason, error(ErrorKind.NETWORK), error(ErrorKind.INVALID_RESPONSE)]))
    return Say(pieces, pause, finish)


@attrs.frozen
class Asking:
    """One reader: which question, streamed or not, when it leaves (seconds after its start, None: stays)."""

    question: int
    streams: bool
    leaves: float | None


@attrs.define
class Seen:
    """What one reader saw."""

    deltas: list[str] = attrs.field(factory=list)
    speakers: set[str] = attrs.field(factory=set)
    answer: Answer | None = None
    failed: bool = False


ASKINGS = st.lists(
    st.builds(
        Asking,
        question=st.integers(0, 1),
        streams=st.booleans(),
        leaves=st.none() | st.sampled_from([0.0, 0.25, 1.0, 20.0]),
    ),
    min_size=1,
    max_size=5,
)


async def read(on: Bench, request: Request, seen: Seen) -> None:
    speaker = ""
    try:
        async with aclosing(on.orchestrator.stream(request)) as events:
            async for event in events:
                if isinstance(event, Chosen):
                    speaker = str(event.model)
                elif isinstance(event, Delta):
                    seen.deltas.append(event.text)
                    seen.speakers.add(speaker)
                elif isinstance(event, Completed):
                    seen.answer = event.answer
    except RequestError:
        seen.failed = True


@settings(max_examples=150, deadline=None)
@given(
    scripts=st.tuples(*(st.lists(steps(name), min_size=1, max_size=4) for name in ("one", "two", "three"))),
    askings=ASKINGS,
    seed=st.integers(0, 5),
)
def test_no_interleaving_breaks_the_promises_of_the_pipeline(
    scripts: tuple[list[Script], ...], askings: list[Asking], seed: int
) -> None:
    """Bounded requests, one voice per answer, nothing partial cached, no connection left open, one record each."""

    async def scenario() -> None:
        providers = [
            ScriptedProvider(name, *script) for name, script in zip(("one", "two", "three"), scripts, strict=True)
        ]
        on = bench(*providers, seed=seed)

        async def reader(asking: Asking) -> Seen:
            seen = Seen()
            request = ask(f"Question {asking.question}?", streams=asking.streams, timing=Timing(60, 45, 600))
            task = asyncio.create_task(read(on, request, seen))
            await asyncio.wait([task], timeout=asking.leaves)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return seen

        everything = await asyncio.gather(*(reader(asking) for asking in askings))

        assert all(len(provider.calls) <= MOST_ATTEMPTS * len(askings) for provider in providers)
        assert all(provider.open == 0 for provider in providers)
        assert len(on.recorder.records) == len(askings)
        for asking, seen in zip(askings, everything, strict=True):
            voices = {piece[1:4] for piece in "".join(seen.deltas).split(">") if piece}
            assert len(voices) <= 1
            assert len(seen.speakers) <= 1
            if seen.answer is not None and asking.streams:
                assert "".join(seen.deltas) == seen.answer.text
            if asking.leaves is None:
                assert (seen.answer is not None) != seen.failed
        whole = {
            "".join(step.pieces)
            for script in scripts
            for step in script
            if isinstance(step, Say) and step.finish in {FinishReason.STOP, FinishReason.ENOUGH}
        }
        assert {kept.text for kept in on.cache.entries.values()} <= whole

    run(scenario())
