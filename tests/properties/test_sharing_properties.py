"""Any number of requests that come and go at any time: nobody is disturbed by another, and nothing is asked twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.reply import ProviderEvent
from aurelis.core.request import RedactedRequest
from fixtures.pipeline import Say, ScriptedProvider, answer, ask, bench
from fixtures.virtual_time import run
from unit.orchestrator.test_sharing import NoCache, SlowCache

PIECES = ("one ", "two ", "three")


@attrs.frozen
class Visit:
    """A request: when it comes, what it asks, and after how long its caller gives up."""

    comes: float
    question: str
    patience: float


VISITS = st.lists(
    st.builds(
        Visit,
        comes=st.integers(0, 40).map(lambda tenths: tenths / 10),
        question=st.sampled_from(["first", "second"]),
        patience=st.one_of(st.just(1_000.0), st.integers(0, 30).map(lambda tenths: tenths / 10)),
    ),
    min_size=1,
    max_size=12,
)


class Counted(ScriptedProvider):
    """Notes which questions are being answered, and whether one ever was twice at once."""

    def __init__(self) -> None:
        super().__init__("one", Say(PIECES, pause=0.3))
        self.under_way: list[str] = []
        self.twice = False

    async def stream(
        self, request: RedactedRequest, model: str, timeout_seconds: float
    ) -> AsyncGenerator[ProviderEvent, None]:
        question = request.messages[-1].content
        self.twice = self.twice or question in self.under_way
        self.under_way.append(question)
        try:
            async for event in super().stream(request, model, timeout_seconds):
                yield event
        finally:
            self.under_way.remove(question)


@settings(deadline=None, max_examples=150)
@given(VISITS, st.booleans(), st.sampled_from([0.0, 0.1, 0.5]))
def test_requests_that_come_and_go_at_any_time(visits: list[Visit], cached: bool, slow: float) -> None:
    """Who stays gets the whole answer, a question is never answered twice at once, and at the end nothing is open.

    With a cache, however slow, a question that was answered once is not asked again.
    """

    async def scenario() -> None:
        one = Counted()
        on = bench(one, cache=SlowCache(slow) if cached else NoCache())

        async def visit(each: Visit) -> str | None:
            await asyncio.sleep(each.comes)
            deltas: list[str] = []
            try:
                async with asyncio.timeout(each.patience):
                    got = await answer(on, ask(each.question), deltas)
            except TimeoutError:
                return None
            assert "".join(deltas) == got.text
            return got.text

        texts = await asyncio.gather(*map(visit, visits))
        await on.orchestrator.aclose()
        assert {text for text in texts if text is not None} <= {"".join(PIECES)}
        assert all(text is not None for each, text in zip(visits, texts, strict=True) if each.patience > 100)
        assert (one.under_way, one.open, one.twice) == ([], 0, False)
        if cached and all(each.patience > 100 for each in visits):
            assert len(one.calls) == len({each.question for each in visits})

    run(scenario())
