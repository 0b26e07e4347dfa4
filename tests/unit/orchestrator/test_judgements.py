"""How often a model is right: learned from use, per model and language, also from earlier sessions."""

from __future__ import annotations

import pytest

from aurelis.core.model import ModelReference
from aurelis.core.record import Judgement
from aurelis.orchestrator.judgements import KEPT, MOST_SHOWN, UNKNOWN, Judgements, Wrong

GOOD, BAD = ModelReference("p", "good"), ModelReference("p", "bad")


def learned(*judged: tuple[ModelReference, str, bool]) -> Judgements:
    judgements = Judgements()
    for model, language, right in judged:
        judgements.judged(Judgement(model, language, right=right))
    return judgements


def test_each_model_and_language_is_judged_by_itself() -> None:
    """What is right in one language says nothing of another one, or of another model."""
    judgements = learned(*[(GOOD, "python", True)] * 10, *[(GOOD, "rust", False)] * 10)
    assert judgements.often_right(GOOD, "python") > 0.9
    assert judgements.often_right(GOOD, "rust") < 0.1
    assert judgements.often_right(BAD, "python") == UNKNOWN
    assert judgements.wrong(GOOD, "rust") == Wrong(1.0, 10.0)
    assert judgements.wrong(GOOD, "python").rate == 0.0


def test_without_a_model_the_one_judged_last_in_the_language_counts() -> None:
    """Before anything was asked in a session, that is the model that most likely will be."""
    judgements = learned((GOOD, "python", True), (BAD, "python", False), (GOOD, "rust", True))
    assert judgements.often_right(None, "python") == judgements.often_right(BAD, "python") < UNKNOWN
    assert judgements.often_right(None, "go") == UNKNOWN


def test_what_was_not_shown_was_of_no_use_and_is_not_held_against_the_model() -> None:
    """An answer that is empty or late makes the next request wait longer, and does not change the choice of model."""
    judgements = Judgements()
    judgements.judged(Judgement(GOOD, "python", right=False, shown=False))
    assert judgements.often_right(GOOD, "python") < UNKNOWN
    assert judgements.wrong(GOOD, "python") == Wrong()


def test_the_latest_judgements_weigh_most() -> None:
    """A model that was wrong for long and is right now is soon taken to be right."""
    judgements = learned(*[(GOOD, "python", False)] * 500, *[(GOOD, "python", True)] * 20)
    assert judgements.often_right(GOOD, "python") > 0.9
    assert judgements.wrong(GOOD, "python").rate < 0.5
    assert judgements.wrong(GOOD, "python").shown == MOST_SHOWN


def test_earlier_sessions_count_unless_this_one_has_judged_already() -> None:
    """They may be read after the first keys."""
    judgements = learned((GOOD, "python", True))
    judgements.remember([Judgement(GOOD, "python", right=False)] * 9 + [Judgement(BAD, "python", right=False)] * 9)
    assert judgements.often_right(GOOD, "python") > UNKNOWN
    assert judgements.often_right(BAD, "python") < 0.1
    assert judgements.often_right(None, "python") == judgements.often_right(GOOD, "python")


def test_what_earlier_sessions_add_is_bounded_too() -> None:
    """What this session has judged stays, whatever comes out of the store."""
    judgements = learned(*[(ModelReference("now", str(number)), "python", True) for number in range(KEPT)])
    judgements.remember(Judgement(ModelReference("p", str(number)), "python", right=True) for number in range(KEPT))
    assert judgements.often_right(ModelReference("p", str(KEPT - 1)), "python") == UNKNOWN
    assert judgements.often_right(ModelReference("now", "0"), "python") > UNKNOWN


@pytest.mark.parametrize("count", [KEPT, KEPT + 50])
def test_what_is_kept_is_bounded(count: int) -> None:
    """The pair judged longest ago goes first."""
    judgements = learned(*[(ModelReference("p", str(number)), "python", True) for number in range(count)])
    known = [judgements.often_right(ModelReference("p", str(number)), "python") > UNKNOWN for number in range(count)]
    assert sum(known) == KEPT
    assert all(known[-KEPT:])
