"""Where the text around a cursor is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import parse
from aurelis.tasks.context.boundaries import prefix_start, suffix_end
from aurelis.tasks.context.completion import completion_context

METHODS = "".join(
    f"    def method_{number}(self, value):\n        first = value + {number}\n\n        return first\n\n"
    for number in range(60)
)
CLASS = f'import os\n\n\nclass Counter:\n    """Counts."""\n\n{METHODS}\nprint(Counter)\n'
SCRIPT = "".join(
    f"/** Number {number}. */\nexport function f{number}(a) {{\n  const b = a;\n\n  return b;\n}}\n"
    for number in range(60)
)
MINIFIED = 'function a(b){return b+1};var x={k:[1,2,3],t:"ab cd;ef"};' * 400
PROSE = "".join(f"A paragraph {number}\nof two lines.\n\n" for number in range(100))


@pytest.mark.parametrize(
    ("text", "language", "before", "behind"),
    [
        (CLASS, "python", "    def method_", "        return first\n"),
        (SCRIPT, "javascript", ("/** Number ", "export function"), "}\n"),
        (PROSE, "plaintext", "A paragraph ", "of two lines.\n"),
    ],
)
def test_the_text_around_a_cursor_is_whole_definitions_or_paragraphs(
    text: str, language: str, before: str | tuple[str, ...], behind: str
) -> None:
    """It begins with one and ends with one, not with a comment on the next, and fills most of the budget."""
    tree = parse(text, language)
    position = text.index("\n", len(text) // 2)
    for budget in range(600, 900, 7):
        start, end = prefix_start(text, tree, position, budget), suffix_end(text, tree, position, budget)
        assert text.startswith(before, start)
        assert text.endswith(behind, 0, end)
        assert 0.6 * budget <= position - start <= budget
        assert 0.6 * budget <= end - position <= budget


@pytest.mark.parametrize("between", [";", ";\n//\n"])
def test_a_line_that_is_too_long_is_cut_between_tokens(between: str) -> None:
    """Minified code still has a context, also on a short line between long ones, and no string of it is cut."""
    half = MINIFIED.index(";", len(MINIFIED) // 2)
    text = MINIFIED[:half] + between + MINIFIED[half + 1 :]
    position = half + min(3, len(between))
    tree = parse(text, "javascript")
    for known in (tree, None):
        for budget in range(1_000, 1_100):
            start, end = prefix_start(text, known, position, budget), suffix_end(text, known, position, budget)
            assert budget - 60 <= position - start <= budget
            assert budget - 60 <= end - position <= budget
            assert not text[start - 1 : start + 1].isalnum()
            assert not text[end - 1 : end + 1].isalnum()
            assert known is None or text.count('"', start, position) % 2 == 0


@given(st.text("ab(){}\"' \n\r\t#:𝒳é=", max_size=300), st.integers(0, 300), st.integers(0, 200))
def test_no_cut_is_outside_the_budget(text: str, position: int, budget: int) -> None:
    """Whatever the text, with a tree and without one."""
    position = min(position, len(text))
    for tree in (parse(text, "python"), parse(text, "javascript"), None):
        assert 0 <= position - prefix_start(text, tree, position, budget) <= budget
        assert 0 <= suffix_end(text, tree, position, budget) - position <= budget


def test_what_holds_the_cursor_is_shown_with_its_documentation_when_it_begins_too_far_away() -> None:
    """A model that takes nothing but code sees the document with distant parts left out."""
    text = CLASS.replace("\nprint(Counter)\n", "")
    text += '    def last(self):\n        """Give the last."""\n' + "        filler = 1\n" * 900 + "        "
    snapshot = Snapshot(uri="u", language_id="python", text=text, name="a.py")
    context = completion_context(snapshot, len(text), parse(text, "python"), (), (), 50_000)
    head = 'class Counter:\n    """Counts."""\n    def last(self):\n        """Give the last."""'
    assert context.enclosing == head
    assert context.elided() == f"import os\n\n{head}\n\n{context.prefix}"
    script = "/** Adds. */\nfunction add(a, b) {\n" + "  filler();\n" * 900
    snapshot = Snapshot(uri="u", language_id="javascript", text=script + "}\n", name="a.js")
    context = completion_context(snapshot, len(script), parse(snapshot.text, "javascript"), (), (), 50_000)
    assert context.enclosing == "/** Adds. */\nfunction add(a, b) {"


@pytest.mark.parametrize("budget", [300, 1_000, 5_000, 50_000])
def test_a_context_stays_within_the_budget(budget: int) -> None:
    """All of it together, however much there is to show."""
    others = [
        Snapshot(uri=f"o{number}", language_id="python", text=CLASS, name=f"o{number}.py") for number in range(20)
    ]
    snapshot = Snapshot(
        uri="u", language_id="python", text=CLASS * 20, name="a.py", cells_above=("x = 1\n" * 900, "y = 2\n" * 900)
    )
    edits = [f"@ a.py\n-{number}\n+{'new ' * 100}" for number in range(20)]
    context = completion_context(snapshot, len(CLASS) * 10 + 900, parse(snapshot.text, "python"), others, edits, budget)
    sections = sum(len(section.text) for section in context.sections())
    assert len(context.prefix) + len(context.suffix) + sections <= budget
