"""What is under way fits what is typed, however the model begins its answer."""

from __future__ import annotations

from typing import Any

import pytest

from aurelis.core.snapshot import Snapshot
from aurelis.workflow.flights import Flight
from aurelis.workflow.inline import CompletionAsked, prepare_completion
from aurelis.workflow.kept_completions import Place

CODE = "def add(a, b):\n    |\n\n\nprint(add)\n"
ECHO = "def add(a, b):\n    ret|\n\n\nprint(add)\n"
BRACES = "function f(a) {|}\n"
STRUCTURED = "return compute(a, [b, {'x': \"y\"}])"


def flight_of(services: Any, text: str, language: str) -> Flight:
    before, _, after = text.partition("|")
    snapshot = Snapshot(uri="file:///a", language_id=language, text=before + after)
    prepared = prepare_completion(services, CompletionAsked(snapshot=snapshot, position=len(before)))
    assert prepared is not None
    return Flight(Place.of(snapshot, len(before), len(before)), prepared)


def fits(flight: Flight, text: str, language: str, typed: str) -> bool:
    before, _, after = text.partition("|")
    snapshot = Snapshot(uri="file:///a", language_id=language, text=before + typed + after)
    return flight.fits(snapshot, len(before + typed))


@pytest.mark.parametrize(
    ("text", "language", "reply", "typed"),
    [
        (CODE, "python", STRUCTURED, STRUCTURED),
        (CODE, "python", "```python\nreturn compute(a, b)\n```", "return compute"),
        (CODE, "python", "<think>The sum.\nSo return.</think>return compute(a, b)", "return compute"),
        (CODE, "python", "<<<CURSOR>>>return compute(a, b)", "return compute"),
        (ECHO, "python", "return compute(a, b)", "urn compute(a"),
        (ECHO, "python", "    return compute(a, b)", "urn compute(a"),
        (BRACES, "javascript", "\n  return g(a);\n", "\n  return g(a);"),
    ],
)
def test_typing_what_will_be_said_never_closes_it(
    services: Any, text: str, language: str, reply: str, typed: str
) -> None:
    """Whatever has arrived so far, be it a fence, reasoning, the line said again or an open bracket."""
    flight = flight_of(services, text, language)
    for length in range(len(reply) + 1):
        flight.so_far = reply[:length]
        for keys in range(len(typed) + 1):
            assert fits(flight, text, language, typed[:keys]), (flight.so_far, typed[:keys])


@pytest.mark.parametrize(
    ("text", "language", "so_far", "typed"),
    [
        (CODE, "python", "return", "x"),
        (CODE, "python", "```python\nreturn", "x"),
        (CODE, "python", "<think>The sum.</think>return", "x"),
        (ECHO, "python", "return compute", "x"),
        (BRACES, "javascript", "\n  return g(", "\n  x"),
        ("x = f(|, 1)\n", "python", "", "a\nb"),
    ],
)
def test_typing_something_else_contradicts_it(services: Any, text: str, language: str, so_far: str, typed: str) -> None:
    """As soon as a word of the completion itself is there; and a line break where one line is completed."""
    flight = flight_of(services, text, language)
    flight.so_far = so_far
    assert not fits(flight, text, language, typed)


@pytest.mark.parametrize(("proposed", "typed", "expected"), [("compute", "com", True), ("compute", "cob", False)])
def test_before_anything_has_arrived_the_selected_entry_decides(
    services: Any, *, proposed: str, typed: str, expected: bool
) -> None:
    """The question was what follows the entry."""
    flight = flight_of(services, CODE, "python")
    flight.proposed = proposed
    assert fits(flight, CODE, "python", typed) is expected
