"""Reasoning is removed whatever the form and however the text is split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.providers.reasoning import ReasoningFilter

FENCE = "```"
PIECES = [
    "<think>", "</think>", "<thinking>", "</thinking>", "<thought>", "</thought>", "[THINK]", "[/THINK]", "<thi", "<",
    "[", "```", "````", "`", "~~~", "~", "\n", "\n\n", "  ", "\r\n", "code", "İ", "a<b", "```python\n", "<|channel|>",
    "<|channel|>analysis<|message|>", "<|end|>", "<|start|>assistant", "<|channel|>final<|message|>", "</", "k>",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def run(
    text: str, *, cuts: list[int] | None = None, leading_only: bool = False, held: bool = False
) -> tuple[str, bool]:
    """Feed a text cut at the given places."""
    places = sorted({min(cut, len(text)) for cut in cuts or []})
    parts = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
    reasoning = ReasoningFilter(leading_only=leading_only, held=held)
    return "".join([*map(reasoning.feed, parts), reasoning.finish()]), reasoning.orphan


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("  \n indented", "  \n indented"),
        ("<think>hm</think>answer", "answer"),
        ("<think>hm</think>\n\n    answer\n\nmore", "    answer\n\nmore"),
        ("\n<thinking>a</think>b</thinking>\r\n\r\nanswer", "answer"),
        ("<reasoning>x</reasoning>y", "y"),
        ("<thought>x</thought>y", "y"),
        ("<THINK>x</Think>y", "y"),
        ("[THINK]x[/THINK]y", "y"),
        ("<unused94>thought\nx<unused95>y", "y"),
        ("<think>never closed", ""),
        ("</think>\n\nanswer", "answer"),
        ("a <think>b</think> c", "a  c"),
        ("<think>one</think><think>two</think>x", "x"),
        ("İ<think>İİ</think>İ", "İİ"),
        ("a < b and c[0] <th", "a < b and c[0] <th"),
        (f"{FENCE}\n<think>x</think>\n{FENCE}\n<think>y</think>z", f"{FENCE}\n<think>x</think>\n{FENCE}\nz"),
        (f"~~~xml\n<think>\n{FENCE}\n~~~\n<think>y</think>", f"~~~xml\n<think>\n{FENCE}\n~~~\n"),
        (f"` {FENCE} `\n<think>y</think>z", f"` {FENCE} `\nz"),
        ("the tag `<think>` opens", "the tag `<think>` opens"),
        ("a ``b ` <think>`` c", "a ``b ` <think>`` c"),
        ("a ` stray\n<think>x</think>b", "a ` stray\nb"),
        (f"{FENCE}a{FENCE} <think>x</think>b", f"{FENCE}a{FENCE} b"),
        (
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>hello<|return|>",
            "hello",
        ),
        ("<|channel|>analysis<|message|>hm<|channel|>final<|message|>hello", "hello"),
    ],
)
def test_reasoning_is_removed_outside_code(text: str, expected: str) -> None:
    """Blocks go with the blank lines after them, quoted tags stay, an unclosed block shows nothing."""
    assert run(text) == (expected, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>hm</think>\n    return x", "    return x"),
        ("\n    return '<think>x</think>'", "\n    return '<think>x</think>'"),
        ("x = 1  # <think>", "x = 1  # <think>"),
        ("    ", "    "),
        ("\n\n", "\n\n"),
        ("<", "<"),
    ],
)
def test_a_fill_loses_only_a_leading_block(text: str, expected: str) -> None:
    """Where a hole in code is filled, tags after the beginning are code."""
    assert run(text, leading_only=True) == (expected, False)


@pytest.mark.parametrize("text", ["thoughts</think>\n\nanswer", "one ``` two</think>answer", "<think>a</think>answer"])
def test_a_held_answer_begins_after_the_closing_tag(text: str) -> None:
    """When the template opens the block, nothing is shown before its end."""
    assert run(text, held=True) == ("answer", False)


@pytest.mark.parametrize(("complete", "expected"), [(True, "just an answer"), (False, "")])
def test_a_held_answer_without_tag_is_shown_when_complete(complete: bool, expected: str) -> None:
    """A model that did not reason this time loses nothing; one that was cut off shows nothing."""
    reasoning = ReasoningFilter(held=True)
    assert reasoning.feed("just an ") + reasoning.feed("answer") == ""
    assert reasoning.finish(complete=complete) == expected


def test_an_orphan_after_shown_text_is_reported() -> None:
    """A closing tag without its opener tells that what was shown was reasoning."""
    assert run("thoughts\n</think>answer")[1]
    assert not run("quoted `</think>` tag")[1]
    assert not run("<think>a</think>b</think>c")[1]


def test_reasoning_in_its_own_field_releases_held_text() -> None:
    """A server that parses the reasoning itself needs no holding back, and the text's first blank lines go."""
    reasoning = ReasoningFilter(held=True)
    reasoning.elsewhere()
    assert reasoning.feed("\n\nanswer") == "answer"


@given(text=TEXTS, cuts=st.lists(st.integers(0, 120), max_size=12), leading_only=st.booleans(), held=st.booleans())
def test_splitting_changes_nothing(text: str, cuts: list[int], leading_only: bool, held: bool) -> None:
    """The same text gives the same answer however it is cut."""
    one = run(text, leading_only=leading_only, held=held)
    assert run(text, cuts=cuts, leading_only=leading_only, held=held) == one
    assert run(text, cuts=list(range(len(text))), leading_only=leading_only, held=held) == one


@given(text=st.text(alphabet=st.characters(exclude_characters="<["), max_size=200), cuts=st.lists(st.integers(0, 200)))
def test_text_without_tags_is_untouched(text: str, cuts: list[int]) -> None:
    """Nothing is lost or changed in an ordinary answer."""
    assert run(text, cuts=cuts) == (text, False)
    assert run(text, cuts=cuts, leading_only=True) == (text, False)


def test_long_reasoning_is_cheap() -> None:
    """Held and marked reasoning of 400,000 characters in small pieces takes time in proportion."""
    for held, start in ((True, ""), (False, "<think>")):
        reasoning = ReasoningFilter(held=held)
        reasoning.feed(start)
        for _ in range(40_000):
            assert reasoning.feed("thinking, ") == ""
        assert reasoning.feed("</think>x") == "x"
