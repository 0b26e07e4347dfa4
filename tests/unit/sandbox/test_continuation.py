"""Continuation by example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.sandbox.continuation import MIN_MATCHED_CHARACTERS, continue_text

TWO_ERRORS = (
    "def first(path):\n"
    "    raise RequestError(ErrorKind.CONFIGURATION, message)\n"
    "\n"
    "def second(path):\n"
    "    raise RequestErr"
)


@pytest.mark.parametrize(
    ("prefix", "suffix", "expected"),
    [
        pytest.param(TWO_ERRORS, "", "or(ErrorKind.CONFIGURATION, message)", id="rest of a line"),
        pytest.param(TWO_ERRORS, "\n\nprint()", "or(ErrorKind.CONFIGURATION, message)", id="line break after"),
        pytest.param(TWO_ERRORS, "message)", "or(ErrorKind.CONFIGURATION,", id="leads up to the suffix"),
        pytest.param(TWO_ERRORS, " + 1", "", id="suffix that the example does not lead to"),
        pytest.param(
            "for item in items:\n    total += item.price\n    seen.add(item)\n\nfor item in items",
            "",
            ":\n    total += item.price\n    seen.add(item)",
            id="a block that the line opens",
        ),
        pytest.param(
            "for item in items:\n    total += item.price\n    seen.add(item)\n\nfor item in items",
            "\n    seen.add(item)\n",
            ":\n    total += item.price",
            id="without the lines that follow already",
        ),
        pytest.param(
            "if ready:\n    connection.open_for(reader)\n\ndef f():\n    if other:\n        connection.open_",
            "",
            "for(reader)",
            id="indentation does not matter",
        ),
        pytest.param(
            "connection.open_for(reader)\nconnection.open_for(writer)\nconnection.open_for(",
            "",
            "",
            id="two places that disagree",
        ),
        pytest.param(
            "# other.py:\n# def read_port(text):\n#     if not text.isdigit():\n#         raise ValueError(text)\n\n"
            "def read_age(text):\n    if not text.isdigit():\n        ",
            "",
            "raise ValueError(text)",
            id="another file in comments",
        ),
        pytest.param("abc = 1\nabc", "", "", id="too short to mean anything"),
        pytest.param("", "", "", id="nothing at all"),
        pytest.param("nothing repeats in this text", "", "", id="no earlier place"),
    ],
)
def test_the_longest_unambiguous_place_is_continued(prefix: str, suffix: str, expected: str) -> None:
    """What followed the longest agreeing place follows the cursor too, and nothing does where places disagree."""
    assert continue_text(prefix, suffix) == expected


def test_a_place_after_the_cursor_serves_as_well() -> None:
    """The text behind the hole is searched like the text before it."""
    assert continue_text("value = compute_total(", "\n\nother = 1\nvalue = compute_total(orders, rates)\n") == (
        "orders, rates)"
    )


def test_windows_line_breaks_are_kept() -> None:
    """A block is continued in the line breaks of the document."""
    text = "for item in items:\r\n    total += item.price\r\n\r\nfor item in items"
    assert continue_text(text, "") == ":\r\n    total += item.price"


WORDS = st.sampled_from(
    ["alpha", "beta", "return", "(", ")", ":", "\n", "\n    ", " ", "x", "=", '"', "é", "\U0001d4b3"]
)
TEXTS = st.lists(WORDS, max_size=40).map("".join)


@given(prefix=TEXTS, suffix=TEXTS)
def test_every_line_of_a_continuation_stands_in_the_text(prefix: str, suffix: str) -> None:
    """Nothing is invented: apart from indentation, each line is a part of a given line."""
    given_text = prefix + "\0" + suffix
    for line in continue_text(prefix, suffix).splitlines():
        assert line.strip() in given_text


@given(prefix=TEXTS)
def test_short_texts_are_never_continued(prefix: str) -> None:
    """Fewer characters than the threshold cannot match anything."""
    assert continue_text(prefix[:MIN_MATCHED_CHARACTERS], "") == ""
