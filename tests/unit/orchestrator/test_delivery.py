"""When the words of a growing answer reach the reader, and until when another may take its place."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from aurelis.core.reply import Completed, Delta, FinishReason
from aurelis.core.request import Request
from aurelis.tasks.replies.fences import code_begun
from fixtures.pipeline import Bench, Say, ScriptedProvider, answer, ask, bench, outcomes_of
from fixtures.virtual_time import run

PIECES = ("Here it is.\n", "```python\n", "a = 1\n", "b = 2\n", "```\n")


async def deltas(on: Bench, request: Request) -> tuple[list[str], str]:
    """What was handed on, piece by piece, and the whole."""
    found, whole = [], ""
    async with aclosing(on.orchestrator.stream(request)) as events:
        async for event in events:
            if isinstance(event, Delta):
                found.append(event.text)
            elif isinstance(event, Completed):
                whole = event.answer.text
    return found, whole


def edit_request() -> Request:
    return ask(begun=code_begun, held_seconds=0.2)


def test_an_edits_words_come_while_the_model_is_at_it() -> None:
    """Once code has begun and the moment is over, what was held back comes in one piece and the rest as it arrives."""

    async def scenario() -> None:
        found, whole = await deltas(bench(ScriptedProvider("one", Say(PIECES, pause=1.0))), edit_request())
        assert found == ["".join(PIECES[:3]), *PIECES[3:]]
        assert whole == "".join(PIECES)

    run(scenario())


def test_an_answer_that_ends_within_the_moment_comes_whole() -> None:
    """Nothing is handed on before the verdict, and all of it then."""

    async def scenario() -> None:
        found, whole = await deltas(bench(ScriptedProvider("one", Say(PIECES))), edit_request())
        assert found == [whole] == ["".join(PIECES)]

    run(scenario())


@pytest.mark.parametrize("finish", [FinishReason.CONTENT_FILTER, FinishReason.CUT])
def test_a_refusal_or_break_within_the_moment_gives_way_to_another(finish: FinishReason) -> None:
    """Code had begun, but nobody has seen it yet: the next model answers, and alone."""

    async def scenario() -> None:
        bad = ScriptedProvider("bad", Say(PIECES, finish=finish))
        got = await answer(bench(bad, ScriptedProvider("good", Say(PIECES))), edit_request())
        assert outcomes_of(got)[-1] == "good/m ok"
        assert got.text == "".join(PIECES)

    run(scenario())


def test_nothing_takes_the_place_of_what_was_handed_on() -> None:
    """A break after that leaves the answer as far as it came, marked incomplete."""

    async def scenario() -> None:
        bad = ScriptedProvider("bad", Say(PIECES[:4], pause=1.0, finish=FinishReason.CUT))
        got = await answer(bench(bad, ScriptedProvider("good", Say(PIECES))), edit_request())
        assert (got.text, got.incomplete, str(got.model)) == ("".join(PIECES[:4]), True, "bad/m")

    run(scenario())


@pytest.mark.parametrize(
    ("reply", "begun"),
    [
        ("", False),
        ("I would leave it as it is.", False),
        ("Here:\n```python", False),
        ("Here:\n```python\n", False),
        ("Here:\n```python\nx", True),
        ("~~~\nx", True),
        ("<<<<<<< SEARCH\nx", True),
        ("diff --git a/x b/x\n--- a/x\n", True),
        ("*** Begin Patch\n*** Update File: x", True),
        ("Use `x` and ```y``` here.\nThat is all.", False),
        ("x = 1\n" * 300, True),
    ],
)
def test_when_the_code_of_a_reply_begins(reply: str, *, begun: bool) -> None:
    """A fence or a patch with something in it, or more words than an introduction has."""
    assert code_begun(reply) is begun
