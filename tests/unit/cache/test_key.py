from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.cache.key import cache_key
from aurelis.core.model import ModelReference
from aurelis.core.redaction_map import Redaction, RedactionMap
from aurelis.core.request import FillInTheMiddle, Message, Neighbour, Parameters, RedactedRequest, Request, Task

MODEL = ModelReference("github", "openai/gpt-4o")
Make = Callable[..., RedactedRequest]
HOLE = FillInTheMiddle("def f(", "):", "a.py", (Neighbour("b.py", "x = 1"),))


def test_equal_requests_have_one_key(make_redacted: Make) -> None:
    """The same question has the same key, whoever asks it and under whatever request id."""
    left = make_redacted("explain x", facets={"language": "python", "style": "plain"})
    right = make_redacted("explain x", facets={"style": "plain", "language": "python"})
    assert cache_key(MODEL, left) == cache_key(str(MODEL), right)


@pytest.mark.parametrize(
    "changed",
    [
        {"task": Task.GENERAL},
        {"facets": {"language": "rust"}},
        {"facets": {"language": "python", "framework": "django"}},
        {"parameters": Parameters(temperature=0.5)},
        {"parameters": Parameters(max_tokens=10)},
        {"parameters": Parameters(stop=("x",))},
        {"prompt_digest": "another"},
        {"fim": HOLE},
        {"reasoning": False},
    ],
)
def test_what_changes_the_answer_changes_the_key(make_redacted: Make, changed: dict[str, object]) -> None:
    """Task, metadata, parameters, prompt file and hole are all part of the key."""
    plain = {"facets": {"language": "python"}}
    assert cache_key(MODEL, make_redacted("x", **{**plain, **changed})) != cache_key(MODEL, make_redacted("x", **plain))


@pytest.mark.parametrize(
    "changed",
    [
        {"prefix": "def g("},
        {"suffix": ") -> int:"},
        {"name": "c.py"},
        {"neighbours": ()},
        {"neighbours": (Neighbour("c.py", "x = 1"),)},
        {"neighbours": (Neighbour("b.py", "x = 2"),)},
    ],
)
def test_every_part_of_a_hole_changes_the_key(make_redacted: Make, changed: dict[str, Any]) -> None:
    """What stands before and behind it, what its file is called, and what was sent along."""
    other = make_redacted("x", fim=attrs.evolve(HOLE, **changed))
    assert cache_key(MODEL, other) != cache_key(MODEL, make_redacted("x", fim=HOLE))


def test_another_model_has_another_key(make_redacted: Make) -> None:
    """An answer of one model is never given as another's."""
    assert cache_key("a/b", make_redacted("x")) != cache_key("a/c", make_redacted("x"))


@pytest.mark.parametrize(("left", "right"), [("x = 1", "x  = 1"), ("Name", "name"), ("a\n", "a"), ("\ta", "    a")])
@pytest.mark.parametrize("task", list(Task))
def test_code_counts_to_the_letter(make_redacted: Make, task: Task, left: str, right: str) -> None:
    """Case and white space of a prompt are never folded where nobody marked them as the user's own words."""
    assert cache_key(MODEL, make_redacted(left, task=task)) != cache_key(MODEL, make_redacted(right, task=task))


def test_place_does_not_change_the_key(make_redacted: Make) -> None:
    """Where a request came from selects for invalidation only, so that a team shares answers."""
    here = make_redacted("x", facets={"path": "src/a.py", "project": "one"})
    assert cache_key(MODEL, here) == cache_key(MODEL, make_redacted("x", facets={"path": "b.py", "project": "two"}))


def test_redactions_do_not_change_the_key() -> None:
    """The secret behind a placeholder is no part of the key."""

    def request(secret: str) -> RedactedRequest:
        message = (Message("user", "key = <SECRET_1>"),)
        redactions = RedactionMap((Redaction("<SECRET_1>", secret, "token"),))
        asked = Request(request_id="r", task=Task.FIX, messages=message)
        return RedactedRequest(request=asked, messages=message, fim=None, redactions=redactions)

    assert cache_key(MODEL, request("one")) == cache_key(MODEL, request("two"))


def _asked(make: Make, words: str, code: str = "class Shape: ...", task: Task = Task.EXPLANATION) -> str:
    names = " ".join(re.findall(r"[A-Za-z]+", code))
    return cache_key(MODEL, make(f"{words}\n\n{code}", task=task, facets={"words": words, "names": names}))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("What does this do?", "what  does this\ndo?", True),
        ("Focus On Error Handling", "focus on error-handling", False),
        ("Focus On Error-Handling, please.", "  focus ON\terror-handling,\u00a0Please. ", True),
        ("FOCUS ON IT", "focus on it", True),
        ("focus on the ERRORS", "focus on the errors", True),
        ("Don't repeat it", "don't  repeat it", True),
        ("focus on IT", "focus on it", False),
        ("Shape's area", "shape's area", False),
        ("what is x' here", "what is x here", False),
        ('say it"s', "say it s", False),
        ("say 'A  b'", "say 'A b'", False),
        ("why if x:\n    y", "why if x:\n  y", False),
        ("why\n    y", "why y", False),
        ("explain Shape", "explain shape", False),
        ("explain `Foo Bar`", "explain `foo bar`", False),
        ("explain HTTPServer", "explain httpserver", False),
        ("explain Foo2", "explain foo2", False),
        ("explain it", "explain this", False),
    ],
)
def test_own_words_are_folded_but_names_stay(make_redacted: Make, left: str, right: str, *, same: bool) -> None:
    """The user's own words are folded in case and space, unless they name something or stand in quotes."""
    assert (_asked(make_redacted, left) == _asked(make_redacted, right)) is same


def test_a_secret_in_the_metadata_is_no_part_of_the_key() -> None:
    """Metadata counts as it stands in the prompt: with placeholders for its secrets."""

    def request(secret: str) -> RedactedRequest:
        message = (Message("user", "Note: AURELIS_SECRET_1"),)
        redactions = RedactionMap((Redaction("AURELIS_SECRET_1", secret, "token"),))
        asked = Request(request_id="r", task=Task.FIX, messages=message, facets={"metadata.note": f"use {secret}"})
        return RedactedRequest(request=asked, messages=message, fim=None, redactions=redactions)

    assert cache_key(MODEL, request("one")) == cache_key(MODEL, request("two"))


@pytest.mark.parametrize("task", [task for task in Task if task not in {Task.DOCUMENTATION, Task.EXPLANATION}])
def test_own_words_are_folded_for_two_tasks_only(make_redacted: Make, task: Task) -> None:
    """For every other task an instruction counts to the letter."""
    assert _asked(make_redacted, "Make it", task=task) != _asked(make_redacted, "make it", task=task)


def test_words_that_stand_twice_are_not_folded(make_redacted: Make) -> None:
    """Words that also stand in the code are kept to the letter: that place could be the code."""
    assert _asked(make_redacted, "Run", "Run()") != _asked(make_redacted, "run", "run()")


@settings(deadline=None, max_examples=50)
@given(st.text(), st.text(), st.text(), st.text())
def test_code_is_never_joined(words: str, other_words: str, code: str, other_code: str) -> None:
    """Two prompts whose code differs never share a key, whatever the words beside it are."""

    def key(own: str, text: str) -> str:
        messages = (Message("user", f"{own}\n---\n"), Message("user", text))
        request = Request(request_id="r", task=Task.EXPLANATION, messages=messages, facets={"words": own})
        return cache_key(
            MODEL, RedactedRequest(request=request, messages=messages, fim=None, redactions=RedactionMap())
        )

    assert key(words, code) == key(words, code)
    if code != other_code:
        assert key(words, code) != key(other_words, other_code)


def test_key_names_no_path_and_has_a_version(make_redacted: Make) -> None:
    """A key is a version and a hash, whatever the request holds, lone surrogates included."""
    version, digest = cache_key(MODEL, make_redacted("/home/you/x.py \ud800")).split("-")
    assert version == "2"
    assert len(digest) == 64
