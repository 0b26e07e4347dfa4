from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.reply import FinishReason, Verdict
from aurelis.core.snapshot import Snapshot
from aurelis.orchestrator.confidence import confidence
from aurelis.tasks.replies.edits import read_edit
from aurelis.tasks.table import row_for
from aurelis.workflow.reading import judge_of
from fixtures.pipeline import Say, ScriptedProvider, answer, ask, bench
from fixtures.reply_corpus import FILES, replies, source_of
from fixtures.virtual_time import run

F = FinishReason
FINISHES = (F.CUT, F.LENGTH, F.STOP)
"""From the worst to the best."""
PARSES = (False, None, True)
SMALL_FILES = tuple(sorted(FILES, key=lambda name: source_of(name).stat().st_size)[:6])
LOGPROBS = st.floats(-100, 5, allow_nan=False)


@st.composite
def situations(draw: st.DrawFn) -> tuple[int, bool, int, float, int, bool]:
    return (
        draw(st.integers(0, 2)),
        draw(st.booleans()),
        draw(st.integers(0, 2)),
        draw(LOGPROBS),
        draw(st.integers(0, 50)),
        draw(st.booleans()),
    )


def rated(situation: tuple[int, bool, int, float, int, bool]) -> float:
    finish, usable, parses, mean_logprob, place, shown_whole = situation
    verdict = Verdict(usable=usable, parses=PARSES[parses])
    value, _ = confidence(FINISHES[finish], verdict, mean_logprob=mean_logprob, place=place, shown_whole=shown_whole)
    return value


@given(situations(), situations())
def test_it_is_a_share_and_grows_with_each_factor(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    """Whatever is at least as good in every respect has at least the same confidence."""
    better = tuple(min(pair) if place == 4 else max(pair) for place, pair in enumerate(zip(one, other, strict=True)))
    assert 0 <= rated(one) <= rated(better) <= 1  # type: ignore[arg-type]  # the same shape


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, ()),
        ({"finish": F.ENOUGH}, ()),
        ({"finish": F.LENGTH}, ("cut by length",)),
        ({"finish": F.CUT}, ("the answer was cut off",)),
        ({"finish": F.CONTENT_FILTER}, ("the answer was cut off",)),
        ({"verdict": Verdict(usable=False, reason="the answer holds no code")}, ("the answer holds no code",)),
        ({"verdict": Verdict(usable=True, parses=False)}, ("the code does not parse",)),
        ({"mean_logprob": -2.0}, ("the model was unsure",)),
        ({"mean_logprob": -0.01}, ()),
        ({"place": 1}, ("a fallback answered",)),
        ({"shown_whole": False}, ("the model saw only part of the code",)),
        ({"finish": F.LENGTH, "place": 2}, ("cut by length", "a fallback answered")),
    ],
)
def test_what_lowers_it_is_said(changes: dict[str, object], reasons: tuple[str, ...]) -> None:
    """Each factor that took something away has its phrase, in the order of the formula."""
    plain = {"finish": F.STOP, "verdict": Verdict(usable=True, parses=True), "mean_logprob": None, "place": 0}
    value, said = confidence(**{**plain, **changes})  # type: ignore[arg-type]  # by name
    assert said == reasons
    assert value == 0.9 if changes.get("finish") is F.ENOUGH or not changes else value < 0.9


def test_the_reasons_come_with_a_kept_answer_too() -> None:
    """An answer from the cache is as doubtful as it was, and says why."""

    async def scenario() -> None:
        on = bench(ScriptedProvider("one", Say(("hello",))))
        request = {"shown_whole": False}
        first, second = await answer(on, ask("Same.", **request)), await answer(on, ask("Same.", **request))
        assert second.cached == "memory"
        assert first.confidence_reasons == second.confidence_reasons == ("the model saw only part of the code",)
        assert first.confidence == second.confidence

    run(scenario())


def rated_replies() -> Iterator[tuple[float, bool]]:
    """Each reply of the corpus: its confidence, and whether it leads to what was meant."""
    row = row_for("refactor")
    for reply in itertools.chain.from_iterable(replies(name, regions=2) for name in SMALL_FILES):
        snapshot = Snapshot(uri="file:///x.py", language_id="python", text=reply.document, name="x.py")
        verdict = judge_of(row, snapshot, reply.region)(reply.text)
        value, _ = confidence(reply.finish, verdict, mean_logprob=None, place=0)
        reading = read_edit(reply.document, reply.region.start, reply.region.end, "python", reply.text)
        yield value, reading.text == reply.wanted


def test_it_is_calibrated_on_the_corpus_of_replies() -> None:
    """In each band of confidence the mean is close to the share of replies that were right, and bands rise with it."""
    bands: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for value, right in rated_replies():
        bands[min(4, int(value * 5))].append((value, right))
    shares = []
    count = sum(map(len, bands.values()))
    distance = 0.0
    for _, found in sorted(bands.items()):
        mean = sum(value for value, _ in found) / len(found)
        share = sum(right for _, right in found) / len(found)
        shares.append(share)
        distance += abs(mean - share) * len(found) / count
        assert abs(mean - share) <= 0.1
    assert shares == sorted(shares)
    assert len(shares) > 2
    assert distance <= 0.05
