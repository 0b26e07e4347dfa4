"""Recent edits and what else a completion sees."""

import pytest

from aurelis.core.snapshot import Snapshot
from aurelis.tasks.context.completion import completion_context
from aurelis.tasks.context.diagnostics import Diagnostic
from aurelis.tasks.context.recent_edits import Version, describe_edit, within_budget


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", "@ x.py\n a\n-b\n+B"),
        ("a\n", "a\nb\n", "@ x.py\n a\n+b"),
        ("a\r\n", "a\n", ""),
        ("a", "a", ""),
    ],
)
def test_an_edit_is_a_short_diff(before: str, after: str, text: str) -> None:
    """The changed lines and the one above; line endings do not count."""
    assert describe_edit(Version("x.py", before), Version("x.py", after)) == text


def test_a_large_edit_is_cut() -> None:
    """Pasting a file is not a trail."""
    assert len(describe_edit(Version("x", ""), Version("x", "line\n" * 1_000)).splitlines()) == 13


def test_the_latest_edits_come_first_into_the_budget() -> None:
    """Old ones go when there is no room, and none stands twice."""
    assert within_budget(["aaa", "bbb", "ccc"], 6) == ("bbb", "ccc")
    assert within_budget(["aaa", "bbb", "aaa"], 9) == ("bbb", "aaa")
    assert within_budget(["a" * 10], 5) == ()


def test_cells_above_and_problems_near_the_cursor_are_seen() -> None:
    """A notebook's earlier cells, and what is reported close by but not far away."""
    text = "x = y\n" + "\n" * 2_000 + "z = 1\n"
    snapshot = Snapshot(uri="u", language_id="python", text=text, name="n", cells_above=("import os", "y = os"))
    diagnostics = [Diagnostic(4, 5, "near"), Diagnostic(len(text) - 6, len(text), "far")]
    context = completion_context(snapshot, 5, None, [], [], 50_000, diagnostics)
    shown = {section.name: section.text for section in context.sections()}
    assert shown["cells-above"] == "import os\n\ny = os"
    assert shown["problems"] == "Reported problems:\n- line 1: error: near"
