"""How many requests run at once."""

from collections.abc import Callable

from aurelis.lsp.backlog import Backlog


def noting(started: list[int], number: int) -> Callable[[], None]:
    return lambda: started.append(number)


def test_requests_begin_in_their_order_as_others_end() -> None:
    """Two run at once; the next begins when one has ended."""
    started: list[int] = []
    backlog = Backlog(running=2)
    for number in range(5):
        assert backlog.take(number, noting(started, number))
    assert started == [0, 1]
    backlog.ended()
    assert started == [0, 1, 2]


def test_a_request_that_is_cancelled_while_it_waits_never_begins() -> None:
    """It takes no turn; one that runs or is unknown is not for the backlog to cancel."""
    started: list[int] = []
    backlog = Backlog(running=1)
    for number in range(3):
        backlog.take(number, noting(started, number))
    assert backlog.cancel(1)
    assert not backlog.cancel(1)
    assert not backlog.cancel(0)
    assert not backlog.cancel("nobody")
    backlog.ended()
    assert started == [0, 2]


def test_too_many_are_refused() -> None:
    """What waits is bounded."""
    backlog = Backlog(running=1, waiting=2)
    assert [backlog.take(number, lambda: None) for number in range(5)] == [True, True, True, False, False]


def test_handlers_that_answer_at_once_take_their_turns_in_a_loop() -> None:
    """However many wait, none is started from within another's start."""
    started: list[int] = []
    backlog = Backlog(running=1)
    backlog.take(-1, lambda: None)

    def at_once(number: int) -> Callable[[], None]:
        def start() -> None:
            started.append(number)
            backlog.ended()

        return start

    for number in range(5_000):
        backlog.take(number, at_once(number))
    backlog.ended()
    assert started == list(range(5_000))


def test_two_requests_of_one_id_both_begin() -> None:
    """A client that uses an id twice has both answered, and its cancel stops the later one."""
    started: list[int] = []
    backlog = Backlog(running=1)
    backlog.take(0, lambda: None)
    backlog.take(7, noting(started, 1))
    backlog.take(7, noting(started, 2))
    assert backlog.cancel(7)
    backlog.ended()
    backlog.ended()
    assert started == [1]


def test_at_the_end_all_that_wait_are_given_up_in_order() -> None:
    """Whoever shuts the server down has an answer for each."""
    backlog = Backlog(running=1)
    for number in range(4):
        backlog.take(number, lambda: None)
    backlog.cancel(2)
    assert list(backlog.give_up()) == [1, 3]
    assert list(backlog.give_up()) == []
