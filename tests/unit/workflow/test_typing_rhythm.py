"""How long ghost text waits for a typist."""

from aurelis.workflow.typing_rhythm import LEAST_SECONDS, MOST_SECONDS, TypingRhythm

PLAIN_SECONDS = 0.3


def test_the_delay_follows_the_typist() -> None:
    """A slow typist is waited for longer than a fast one, within the bounds, and shorter where people think."""

    def delay(gap: float, before: str = "value") -> float:
        rhythm = TypingRhythm()
        for number in range(20):
            rhythm.key(number * gap)
            rhythm.judged(right=True)
        rhythm.asked(19 * gap)
        return rhythm.delay(before, 19 * gap)

    assert LEAST_SECONDS <= delay(0.05) < delay(0.15) < delay(0.25) <= MOST_SECONDS
    assert delay(0.25) > 0.25
    assert delay(0.15, "if x:") < delay(0.15)
    assert delay(0.15, "    ") < delay(0.15)


def test_a_slow_model_is_asked_later() -> None:
    """Answers that come late are late more often."""
    quick, slow = TypingRhythm(), TypingRhythm()
    for rhythm, seconds in ((quick, 0.2), (slow, 3.0)):
        for number in range(20):
            rhythm.key(number * 0.2)
            rhythm.judged(right=True)
        rhythm.answered(seconds)
    assert quick.delay("x") < slow.delay("x")


def test_a_model_that_is_never_right_is_asked_later_and_not_in_the_middle_of_typing() -> None:
    """Patience grows with wrong answers; somebody who never pauses is shown something sooner when it is right."""
    right, wrong = TypingRhythm(), TypingRhythm()
    for rhythm, was_right in ((right, True), (wrong, False)):
        for number in range(20):
            rhythm.key(number * 0.1)
            rhythm.judged(right=was_right)
        rhythm.asked(2.0)
    assert right.delay("x", 2.5) < wrong.delay("x", 2.5)
    assert right.delay("x", 3.5) == LEAST_SECONDS
    assert wrong.delay("x", 3.5) >= PLAIN_SECONDS
    assert wrong.delay("x", 60.0) >= PLAIN_SECONDS


def test_a_model_of_which_nothing_is_known_costs_no_more_than_a_plain_delay() -> None:
    """However quickly somebody types, and also where people think, until something that it said was taken."""
    rhythm = TypingRhythm()
    rhythm.asked(0.0)
    assert rhythm.delay("x") >= PLAIN_SECONDS
    for number in range(20):
        rhythm.key(number * 0.05)
    for before in ("x", "if x:", ""):
        assert rhythm.delay(before, 1.0) >= PLAIN_SECONDS
    rhythm.judged(right=True)
    assert rhythm.delay("if x:", 1.0) < PLAIN_SECONDS


def test_somebody_who_never_pauses_is_shown_something_by_a_model_of_which_nothing_is_known() -> None:
    """Twice: if both were wrong, the next comes at a pause."""
    rhythm = TypingRhythm()
    for _ in range(2):
        assert rhythm.delay("x", 60.0) == LEAST_SECONDS
        rhythm.judged(right=False)
    assert rhythm.delay("x", 60.0) >= PLAIN_SECONDS
