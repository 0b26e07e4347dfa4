from __future__ import annotations

import asyncio
from contextlib import aclosing

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import Price
from aurelis.core.reply import Alive, Answer, Chosen, Completed, Delta, FinishReason, Thinking, Verdict
from aurelis.core.request import Request, Urgency
from aurelis.orchestrator.policy import AutomaticPolicy, ConcurrencyPolicy, ModelQuota, Policy
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
NAMES = ("one", "two", "six")
MOST_ATTEMPTS = 6


@st.composite
def steps(draw: st.DrawFn, name: str) -> Script:
    """One behaviour of an upstream; its words carry its name."""
    pause = draw(st.sampled_from([0.0, 0.5, 50.0]))
    if draw(st.booleans()):
        wait = draw(st.none() | st.sampled_from([0.0, 3.0, 4000.0]))
        kind = draw(KINDS)
        unsent = kind is ErrorKind.NETWORK and draw(st.booleans())
        failure = error(kind, unsent=unsent, retry_after_seconds=wait, final_for_provider=kind is ErrorKind.AUTH)
        if kind is ErrorKind.RATE_LIMIT:
            failure.refused_by = draw(st.none() | st.sampled_from([(1, 60.0), (2, 0.0)]))
        return Fail(failure, pause)
    words = tuple(f"<{name}{n}>" for n in range(draw(st.integers(0, 4))))
    before = draw(st.lists(st.sampled_from([Alive(), Thinking(), " "]), max_size=3))
    pieces = (*before, *words)
    reasons = [reason for reason in FinishReason if reason is not FinishReason.ENOUGH]  # which is ours alone to say
    finish = draw(st.sampled_from([*reasons, error(ErrorKind.NETWORK), error(ErrorKind.INVALID_RESPONSE)]))
    return Say(pieces, pause, finish)


@attrs.frozen
class Asking:
    """One reader: which question, for whom, streamed or not, and when it leaves (seconds after its start).

    `wants` is what an answer must hold to be of use, `suffices` what makes the rest of it needless.
    """

    question: int
    urgency: Urgency
    streams: bool
    leaves: float | None
    wants: str
    suffices: str | None


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
        urgency=st.sampled_from(Urgency),
        streams=st.booleans(),
        leaves=st.none() | st.sampled_from([0.0, 0.25, 1.0, 20.0, 65.0]),
        wants=st.sampled_from(["", "two", "1>"]),
        suffices=st.none() | st.sampled_from(["0>", "2>"]),
    ),
    min_size=1,
    max_size=5,
)
POLICIES = st.builds(
    Policy,
    hedging=st.booleans(),
    automatic=st.just(AutomaticPolicy(remote="allow")),
    concurrency=st.builds(ConcurrencyPolicy, st.integers(1, 3), st.integers(1, 3), st.integers(1, 4)),
    quotas=st.dictionaries(st.sampled_from(NAMES), st.builds(ModelQuota, st.integers(1, 3), st.integers(2, 4))),
    daily_budget_usd=st.none() | st.just(0.5),
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


def request_of(asking: Asking) -> Request:
    suffices = asking.suffices
    return ask(
        f"Question {asking.question}?",
        urgency=asking.urgency,
        streams=asking.streams,
        timing=Timing(60, 45, 600),
        judge=lambda text: Verdict(usable=asking.wants in text, reason="not what was wanted"),
        enough=None if suffices is None else lambda text: suffices in text,
    )


@settings(max_examples=150, deadline=None)
@given(
    scripts=st.tuples(*(st.lists(steps(name), min_size=1, max_size=4) for name in NAMES)),
    askings=ASKINGS,
    policy=POLICIES,
    known_speed=st.booleans(),
    seed=st.integers(0, 5),
)
def test_no_interleaving_breaks_the_promises_of_the_pipeline(
    scripts: tuple[list[Script], ...], askings: list[Asking], policy: Policy, known_speed: bool, seed: int
) -> None:
    """Bounded requests, one voice per answer, nothing partial cached, no connection left open, one record each."""

    async def scenario() -> None:
        price = {"price": Price(0.01e6, 0.01e6)}
        providers = [ScriptedProvider(name, *script, info=price) for name, script in zip(NAMES, scripts, strict=True)]
        on = bench(*providers, seed=seed, policy=policy)
        if known_speed:
            for _ in range(20):
                on.orchestrator.statistics.answered(providers[0].describe("m").reference, 200.0)

        async def reader(asking: Asking) -> Seen:
            seen = Seen()
            task = asyncio.create_task(read(on, request_of(asking), seen))
            await asyncio.wait([task], timeout=asking.leaves)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return seen

        everything = await asyncio.gather(*(reader(asking) for asking in askings))
        await on.orchestrator.aclose()

        assert all(len(provider.calls) <= MOST_ATTEMPTS * len(askings) for provider in providers)
        assert all(provider.open == 0 for provider in providers)
        assert len(on.recorder.records) == len(askings)
        live = on.orchestrator.live()
        assert (live["active"], live["calls"], live["waiting"]) == (0, 0, 0)
        for asking, seen in zip(askings, everything, strict=True):
            voices = {piece.strip()[1:4] for piece in "".join(seen.deltas).split(">") if piece.strip()}
            assert len(voices) <= 1
            assert len(seen.speakers) <= 1
            if seen.answer is not None and asking.streams:
                assert "".join(seen.deltas) == seen.answer.text
            if seen.answer is not None and not asking.streams:
                assert asking.wants in seen.answer.text
            if asking.leaves is None:
                assert (seen.answer is not None) != seen.failed
        for record in on.recorder.records:
            ended = [attempt for attempt in record.attempts if attempt.outcome in {"ok", "cached"}]
            assert len(ended) <= 1
            skipped = [attempt.model for attempt in record.attempts if attempt.outcome.startswith("skipped")]
            assert len(skipped) == len(set(skipped))
        assert {kept.text for kept in on.cache.entries.values()} <= whole_answers(scripts, askings)

    run(scenario())


def whole_answers(scripts: tuple[list[Script], ...], askings: list[Asking]) -> set[str]:
    """Every text that a cache may hold: an answer that ended by itself, or as much of one as sufficed."""
    found = set()
    for step in (step for script in scripts for step in script if isinstance(step, Say)):
        texts = [piece for piece in step.pieces if isinstance(piece, str)]
        if step.finish is FinishReason.STOP:
            found.add("".join(texts))
        for suffices in {asking.suffices for asking in askings} - {None}:
            end = next((n for n, text in enumerate(texts) if suffices and suffices in text), None)
            if end is not None:
                found.add("".join(texts[: end + 1]))
    return found
