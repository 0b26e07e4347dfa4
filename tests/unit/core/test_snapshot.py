"""Snapshots of documents."""

from pathlib import Path

import pytest

from aurelis.core.request import Source
from aurelis.core.snapshot import Snapshot, line_ending


@pytest.mark.parametrize(
    ("text", "eol"),
    [
        ("", "\n"),
        ("one", "\n"),
        ("a\nb\n", "\n"),
        ("a\r\nb\r\n", "\r\n"),
        ("a\rb\r", "\r"),
        ("a\r\nb\n", "\r\n"),
        ("a\nb\nc\r\n", "\n"),
    ],
)
def test_the_line_ending_is_that_of_most_lines(text: str, eol: str) -> None:
    """A document of mixed endings has the one that is used most."""
    assert line_ending(text) == eol
    assert Snapshot(uri="u", language_id="x", text=text).eol == eol


def test_a_snapshot_knows_its_lines_and_source_and_keeps_its_text_out_of_logs() -> None:
    """Line starts are computed once, and the text does not stand in its representation."""
    snapshot = Snapshot(uri="file:///p/a.py", language_id="python", text="secret\n", name="a.py", path=Path("/p/a.py"))
    assert snapshot.lines is snapshot.lines
    assert snapshot.source == Source("file:///p/a.py", Path("/p/a.py"), "python", "a.py")
    assert "secret" not in repr(snapshot)
