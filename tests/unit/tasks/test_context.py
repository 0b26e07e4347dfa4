"""What a prompt shows of the code."""

import pytest

from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import parse
from aurelis.tasks.context.completion import completion_context, wants_many_lines, warm
from aurelis.tasks.context.cutting import cut_code, first_lines, first_words, last_lines
from aurelis.tasks.context.diagnostics import Diagnostic, RelatedLocation, describe_diagnostics
from aurelis.tasks.context.regions import Region, line_range, region_of, whole_lines
from aurelis.tasks.context.similar import similar_windows
from aurelis.tasks.context.surroundings import other_documents, surroundings

TEXT = "import os\n\n\ndef one():\n    return os\n\n\ndef two():\n    return one()\n"
SNAPSHOT = Snapshot(uri="file:///a.py", language_id="python", text=TEXT, name="a.py")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (0, 0, "import os\n"),
        (0, 10, "import os\n"),
        (0, 11, "import os\n\n"),
        (14, 20, "def one():\n"),
        (20, 14, "def one():\n"),
        (14, 24, "def one():\n    return os\n"),
        (len(TEXT), len(TEXT), ""),
        (-5, 9_999, TEXT),
    ],
)
def test_a_range_means_whole_lines(start: int, end: int, text: str) -> None:
    """An end at the start of a line excludes that line; out of range is clamped."""
    assert whole_lines(SNAPSHOT.lines, start, end).text(TEXT) == text


def test_without_a_range_the_definition_around_the_cursor_is_meant() -> None:
    """And the whole document where there is none."""
    tree = parse(TEXT, "python")
    place = TEXT.index("return one")
    assert region_of(SNAPSHOT, tree, None, place).text(TEXT) == "def two():\n    return one()\n"
    assert region_of(SNAPSHOT, tree, None, 0) == Region(0, len(TEXT))
    assert region_of(SNAPSHOT, None, None, place) == Region(0, len(TEXT))
    assert region_of(SNAPSHOT, tree, (0, 3), place).text(TEXT) == "import os\n"
    assert line_range(SNAPSHOT.lines, region_of(SNAPSHOT, tree, None, place)) == (8, 9)


@pytest.mark.parametrize(
    ("budget", "head", "tail"),
    [(100, "a\nbb\nccc\n", "a\nbb\nccc\n"), (5, "a\nbb\n", "ccc\n"), (4, "a\n", "ccc\n"), (1, "", ""), (0, "", "")],
)
def test_texts_are_cut_between_lines(budget: int, head: str, tail: str) -> None:
    """Whole lines that fit, from the start or up to the end; never part of one."""
    assert first_lines("a\nbb\nccc\n", budget).text == head
    assert last_lines("a\nbb\nccc\n", budget).text == tail


def test_code_is_cut_between_statements_and_says_so() -> None:
    """The cut falls behind a whole definition, and a mark counts the lines that are missing."""
    text = "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(100))
    cut = cut_code(text, parse(text, "python"), 1_000)
    body, mark = cut.text.rstrip().rsplit("\n", 1)
    assert len(cut.text) <= 1_000
    assert text.startswith(body)
    assert body.splitlines()[-1].startswith("    return")
    assert mark == f"[... {cut.lines_lost} lines left out ...]"
    assert cut_code("short", None, 100).text == "short"


def test_surroundings_show_what_lies_outside_the_region() -> None:
    """Lines before and after, and for what does not fit its signatures and imports."""
    long = (
        "import os\n\n\ndef helper(a):\n    return a\n\n\n"
        + "x = 1\n" * 500
        + "\n\ndef two():\n    return helper(os)\n"
    )
    snapshot = Snapshot(uri="u", language_id="python", text=long)
    region = whole_lines(snapshot.lines, long.index("def two"), len(long))
    shown = {section.name: section.text for section in surroundings(snapshot, parse(long, "python"), region, 2_000)}
    assert shown["imports"] == "import os"
    assert shown["definitions"] == "def helper(a):"
    assert shown["before"].endswith("x = 1\n\n\n")
    assert "after" not in shown
    assert sum(map(len, shown.values())) <= 2_000


def test_other_documents_share_the_budget() -> None:
    """Each is cut to its part, and it is known that one was."""
    documents = [Snapshot(uri=name, language_id="x", text="line\n" * 100, name=name) for name in ("a", "b")]
    sections, cut = other_documents(documents, 400)
    assert cut
    assert [section.detail for section in sections] == ["a", "b"]
    assert all("lines left out" in section.text and len(section.text) < 250 for section in sections)
    assert other_documents(documents, 10_000)[1] is False


def test_diagnostics_are_listed_with_their_related_places() -> None:
    """Line numbers count from 1, messages take one line."""
    place = TEXT.index("os\n\n\ndef two")
    diagnostic = Diagnostic(
        place, place + 2, "bad\nname", "error", "E1", "lint", (RelatedLocation("b.py", 3, "defined here", "  os = 1"),)
    )
    assert describe_diagnostics(SNAPSHOT, [diagnostic]) == (
        "Reported problems:\n- line 5: error: bad name (lint E1)\n  - see b.py line 3: defined here: os = 1"
    )
    assert describe_diagnostics(SNAPSHOT, []) == ""
    assert len(describe_diagnostics(SNAPSHOT, [diagnostic] * 50).splitlines()) == 41


def test_similar_windows_are_ranked_by_shared_words() -> None:
    """The document that shares most words comes first, one window each, unrelated ones not at all."""
    here = "total_price = quantity * unit_price\napply_discount(total_price)\n"
    near = (
        "x = 1\n" * 60 + "def total(quantity, unit_price):\n    total_price = quantity * unit_price\n" + "y = 2\n" * 60
    )
    documents = [("far.py", "alpha beta gamma\n" * 50), ("near.py", near), ("copy.py", near)]
    found = similar_windows(here, documents)
    assert [similar.name for similar in found] == ["near.py"]
    assert "total_price" in found[0].window.text
    assert similar_windows("", documents) == ()
    assert similar_windows(here, documents, budget=10) == ()


def test_completion_sees_imports_signatures_and_definitions_elsewhere() -> None:
    """What does not fit before the cursor is there by its signature, and so is what other documents define."""
    text = "import os\n\n\ndef far(a: int) -> int:\n    '''Go far.'''\n    return a\n\n\n" + "filler = 1\n" * 1_000
    text += "\n\ndef here():\n    return far(near("
    other = Snapshot(uri="o", language_id="python", text="def near(b):\n    '''Stay near.'''\n", name="other.py")
    snapshot = Snapshot(uri="u", language_id="python", text=text, name="a.py")
    warm([other])
    context = completion_context(snapshot, len(text), parse(text, "python"), [other], ["typed: x"], 50_000)
    assert text.endswith(context.prefix)
    assert context.imports == "import os"
    assert [(piece.name, piece.text) for piece in context.definitions] == [
        ("a.py", "def far(a: int) -> int: Go far."),
    ]
    assert [(piece.name, piece.text) for piece in context.pieces] == [("other.py", other.text)]
    assert [section.name for section in context.sections()] == [
        "document",
        "recent-edits",
        "definitions",
        "imports",
    ]


@pytest.mark.parametrize(
    ("text", "many"),
    [("a = |", True), ("f(|)", True), ("f(|, b)", False), ("|x", False), ("if x:\n    |\n", True), ('f("|")  ', True)],
)
def test_more_than_one_line_is_wanted_only_at_a_lines_end(text: str, many: bool) -> None:
    """Code behind the cursor means that only the rest of the line is missing."""
    position = text.index("|")
    assert wants_many_lines(text.replace("|", ""), position) is many


@pytest.mark.parametrize(
    ("text", "budget", "kept"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 8, "one two"),
        ("one two three", 7, "one two"),
        ("one two three", 6, "one"),
        ("one\ttwo\nthree", 9, "one\ttwo"),
        ("token", 3, ""),
        ("a b", 0, ""),
        ("a b", -5, ""),
    ],
)
def test_words_are_cut_between_words(text: str, budget: int, kept: str) -> None:
    """A word is shown whole or not at all: half a token would pass redaction unknown."""
    assert first_words(text, budget) == kept
