"""Tables and sentences on a terminal of 80 columns."""

from __future__ import annotations

import io
import os
import shutil
import sys

import pytest
from rich.console import Console

from aurelis.cli.command_line import counted, say
from aurelis.cli.tables import console, duration, many, table


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


@pytest.mark.parametrize("width", [60, 70, 80, 95])
def test_words_are_not_broken_while_there_is_room(width: int) -> None:
    """Columns of words are folded between words; a screen too narrow even for that folds where it must."""
    columns = ("Model", "Used for", "Input", "Fills holes", "$ per M in / out", "Health")
    rows = [
        ("sandbox/default", "everything", "8,192", "suffix", "0 / 0", "ok"),
        ("a/b", "code, fast", "1", "-", "-", "ok"),
    ]
    screen = Console(file=io.StringIO(), width=width)
    screen.print(table("sandbox", columns, rows, right=("Input",), width=width))
    assert isinstance(screen.file, io.StringIO)
    shown = screen.file.getvalue()
    assert {"sandbox/default", "everything", "8,192", "suffix", "Health", "code,"} <= set(shown.split())
    assert max(map(len, shown.splitlines())) <= width


def test_a_long_word_is_broken_before_short_ones() -> None:
    """Where a word must be broken it is one of the widest column's; the others stay whole."""
    columns = ("Time", "What", "Model", "Host")
    rows = [("10:14:42", "explanation", "sandbox/default", "127.0.0.1:42159"), ("10:14:43", "z" * 80, "-", "-")]
    screen = Console(file=io.StringIO(), width=80)
    screen.print(table("", columns, rows, width=80))
    assert isinstance(screen.file, io.StringIO)
    shown = screen.file.getvalue()
    assert {"10:14:42", "explanation", "sandbox/default", "127.0.0.1:42159"} <= set(shown.split())
    assert shown.count("z") == 80
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("width", [20, 30, 40, 50])
def test_rows_stand_by_themselves_where_a_table_cannot_be_read(width: int) -> None:
    """On a narrow screen nothing is lost: every name, heading and figure is there, and whole."""
    headings = ("Requests", "Errors", "Cached", "Median", "95th", "Tokens", "Cost")
    figures = ("12,345", "1", "100%", "171 ms", "1,171 ms", "1,498k", "$12.00")
    screen = Console(file=io.StringIO(), width=width)
    screen.print(table("By model", ("", *headings), [("sandbox/default", *figures)], right=headings, width=width))
    assert isinstance(screen.file, io.StringIO)
    lines = [" ".join(line.split()) for line in screen.file.getvalue().splitlines()]
    assert [line for line in lines if line][:2] == ["By model", "sandbox/default"]
    assert [f"{heading} {figure}" for heading, figure in zip(headings, figures, strict=True)] == lines[3:-1]
    assert max(map(len, screen.file.getvalue().splitlines())) <= width


def test_lines_in_a_pipe_end_with_their_text(capsys: pytest.CaptureFixture[str]) -> None:
    """What only fills a screen is not written."""
    console().print(table("A title", ("One", "Two"), [("short", ""), ("a longer one", "two")]))
    assert all(line == line.rstrip() for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(("count", "text"), [(0, "0 lines"), (1, "1 line"), (1204, "1,204 lines")])
def test_one_of_a_thing_is_one(count: int, text: str) -> None:
    """The word follows the number."""
    assert counted(count, "line") == text


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_sentence_breaks_between_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long sentences are folded, an address stays whole, and lines stay lines."""
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((30, 10)))
    monkeypatch.setenv("TERM", "dumb")
    address = "https://models.example/with/a/long/path-that-does-not-fit"
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    say(f"One two three four five six seven eight {address}.\n  Second, which stands further in.")
    lines = terminal.getvalue().splitlines()
    further_in = ["  Second, which stands further", "  in."]
    assert lines == ["One two three four five six", "seven eight", f"{address}.", *further_in]


def test_a_sentence_stays_one_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """What programs read is not folded."""
    say("word " * 60)
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0"), (999, "999"), (1_000, "1.00k"), (12_345, "12.3k"), (567_890, "568k"), (999_600, "1.00M")],
)
def test_large_figures_are_three_digits(value: float | None, text: str) -> None:
    """Tokens by the million do not push a table off the screen."""
    assert many(value) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(None, "-"), (0, "0 ms"), (109, "109 ms"), (999, "999 ms"), (2_980, "2.98 s"), (600_000, "600 s")],
)
def test_times_are_spoken_in_their_unit(milliseconds: float | None, text: str) -> None:
    """Milliseconds up to a second, seconds from there on."""
    assert duration(milliseconds) == text
