"""How long ghost text waits for a typist."""

from aurelis.workflow.typing_rhythm import LEAST_SECONDS, MOST_SECONDS, TypingRhythm

PLAIN_SECONDS = 0.3
UNKNOWN, ALWAYS, NEVER = 0.5, 1.0, 0.0


def typing(gap: float, keys: int = 20) -> TypingRhythm:
    """Somebody who presses keys at this distance."""
    rhythm = TypingRhythm()
    for number in range(keys):
        rhythm.key(number * gap)
    return rhythm


def test_the_delay_follows_the_typist() -> None:
    """A slow typist is waited for longer than a fast one, within the bounds, and shorter where people think."""

    def delay(gap: float, before: str = "value") -> float:
        rhythm = typing(gap)
        rhythm.asked(19 * gap)
        return rhythm.delay(before, 19 * gap, right=ALWAYS)

    assert LEAST_SECONDS <= delay(0.05) < delay(0.15) < delay(0.25) <= MOST_SECONDS
    assert delay(0.25) > 0.25
    assert delay(0.15, "if x:") < delay(0.15)
    assert delay(0.15, "    ") < delay(0.15)


def test_a_slow_model_is_asked_later() -> None:
    """Answers that come late are late more often."""
    quick, slow = typing(0.2), typing(0.2)
    quick.answered(0.2)
    slow.answered(3.0)
    assert quick.delay("x", 0.0, right=ALWAYS) < slow.delay("x", 0.0, right=ALWAYS)


def test_a_model_that_is_never_right_is_asked_later_and_not_in_the_middle_of_typing() -> None:
    """Patience grows with wrong answers; somebody who never pauses is shown something sooner when it is right."""
    rhythm = typing(0.1)
    rhythm.asked(2.0)
    assert rhythm.delay("x", 2.5, right=ALWAYS) < rhythm.delay("x", 2.5, right=NEVER)
    assert rhythm.delay("x", 3.5, right=ALWAYS) == LEAST_SECONDS
    assert rhythm.delay("x", 3.5, right=NEVER) >= PLAIN_SECONDS
    assert rhythm.delay("x", 60.0, right=NEVER) >= PLAIN_SECONDS


def test_a_model_of_which_nothing_is_known_costs_no_more_than_a_plain_delay() -> None:
    """However quickly somebody types, and also where people think, until something that it said was taken."""
    rhythm = TypingRhythm()
    rhythm.asked(0.0)
    assert rhythm.delay("x", 0.0, right=UNKNOWN) >= PLAIN_SECONDS
    for number in range(20):
        rhythm.key(number * 0.05)
    for before in ("x", "if x:", ""):
        assert rhythm.delay(before, 1.0, right=UNKNOWN) >= PLAIN_SECONDS
    assert rhythm.delay("if x:", 1.0, right=0.6) < PLAIN_SECONDS
