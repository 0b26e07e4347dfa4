"""Replies that are made to take long: the time to read them grows with their length and no faster."""

import time
from collections.abc import Callable

import pytest

from aurelis.tasks.asking import fenced
from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.ghost.reading import LONGEST_REPLY, enough, ghost_text
from aurelis.tasks.replies.edits import read_edit
from aurelis.tasks.replies.findings import read_findings
from aurelis.tasks.replies.insertions import read_insertion
from aurelis.tasks.replies.new_files import read_new_file

HOLE = Hole(prefix="def f():\n    ", suffix="\n", language_id="python", multiline=True)
DOCUMENT = "x = 1\n" * 50
READERS: dict[str, Callable[[str], object]] = {
    "edit": lambda reply: read_edit(DOCUMENT, 0, 60, "plaintext", reply),
    "insertion": lambda reply: read_insertion(DOCUMENT, 6, "plaintext", reply),
    "new file": lambda reply: read_new_file(reply, "plaintext", "\n"),
    "insertion of code": lambda reply: read_insertion(DOCUMENT, 6, "python", reply),
    "new file of code": lambda reply: read_new_file(reply, "python", "\n"),
    "findings": lambda reply: read_findings(reply, 1, 50),
    "ghost text": lambda reply: ghost_text(reply, HOLE),
    "enough": lambda reply: enough(reply, HOLE),
    "fence": lambda reply: fenced(reply, "plaintext"),
}
HOSTILE = {
    "blank lines": "\n",
    "spaces": " ",
    "search marks": "<<<<<<< SEARCH\n",
    "search mark and spaces": "<<<<<<<" + " " * 50,
    "hunks": "@@ -1 +1 @@\n-x = 1\n+y\n",
    "backticks": "`",
    "fences": "```\n",
    "opened fences": "```python\n",
    "elisions": "# ... rest ",
    "items": "- L1: error: x\n",
    "imports": "const a",
    "thinking": "<think>",
    "quotes": "'\"",
    "brackets": "([{",
    "comments": "<!--",
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_long_replies_are_read_in_time(reader: str, kind: str) -> None:
    """A hundred thousand characters of any kind take seconds at the very most, on a slow machine."""
    piece = HOSTILE[kind]
    reply = piece * (100_000 // len(piece))
    start = time.process_time()
    READERS[reader](reply)
    assert time.process_time() - start < 5.0


def test_a_stream_without_end_is_ended() -> None:
    """What is longer than any completion is enough."""
    assert enough("x" * (LONGEST_REPLY + 1), HOLE)
