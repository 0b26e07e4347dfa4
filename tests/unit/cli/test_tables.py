"""Tables and sentences on a terminal of 80 columns."""

from __future__ import annotations

import io
import os
import shutil
import sys

import pytest
from rich.console import Console

from aurelis.cli.command_line import say
from aurelis.cli.tables import table


@pytest.mark.parametrize("name", ["sandbox/default", "a-provider/with/a-model-of-a-very-long-name-and-more-of-it"])
def test_figures_and_their_headings_stay_whole(name: str) -> None:
    """Where a table of figures is too wide, the names give way."""
    headings = ("Requests", "Errors", "Cached", "Median", "95th", "Tokens", "Cost")
    figures = ("12,345", "1", "100%", "171 ms", "1,171 ms", "1,498,000", "$12.00")
    screen = Console(file=io.StringIO(), width=80)
    screen.print(table("By model", ("", *headings), [(name, *figures)], right=headings))
    assert isinstance(screen.file, io.StringIO)
    shown = screen.file.getvalue()
    assert all(word in shown for word in (*headings, *figures))
    assert max(map(len, shown.splitlines())) <= 80
    names = "".join(line.split("  ")[0].strip() for line in shown.splitlines()[4:])
    assert name in names


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_sentence_breaks_between_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long sentences are folded, an address stays whole, and lines stay lines."""
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((30, 10)))
    address = "https://models.example/with/a/long/path-that-does-not-fit"
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    say(f"One two three four five six seven eight {address}.\nSecond.")
    lines = terminal.getvalue().splitlines()
    assert lines == ["One two three four five six", "seven eight", f"{address}.", "Second."]


def test_a_sentence_stays_one_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """What programs read is not folded."""
    say("word " * 60)
    assert capsys.readouterr().err.count("\n") == 1
