"""Tables for people: coloured on a terminal, plain in a pipe, and never wider than they need to be."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Final, cast

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from aurelis.cli.command_line import OutputClosedError

_THOUSAND: Final = 1_000

_GAP: Final = 2
"""Blanks that a column takes besides its text."""
_LEAST_FOLDED: Final = 10
"""Columns of the terminal below which a folded text cannot be read."""

_BLANKS_AT_THE_END: Final = re.compile(r"(?<![ \t])[ \t]+(?=\n)")

PIPE_WIDTH: Final = 200
"""Columns where the output is no terminal: wide enough that nothing is folded for its sake."""


class _Output(Console):
    """A console that leaves the end of a pipe to whoever runs the command."""

    def on_broken_pipe(self) -> None:
        """Tell it upwards."""
        raise OutputClosedError


class _Pipe(io.TextIOBase):
    """Standard output without the blanks that fill lines up to a screen's width."""

    def write(self, text: str) -> int:
        """Pass it on; whole lines come in one piece."""
        return sys.stdout.write(_BLANKS_AT_THE_END.sub("", text))

    def flush(self) -> None:
        """Pass on what waits."""
        sys.stdout.flush()


def console() -> Console:
    """Standard output; without colour when it is no terminal or NO_COLOR is set, and no guessing at what words mean."""
    screen = sys.stdout.isatty()
    # Without a background, code within prose is readable on light and dark terminals alike.
    theme = Theme({"markdown.code": "bold cyan"})
    file = sys.stdout if screen else cast("IO[str]", _Pipe())
    width = None if screen else PIPE_WIDTH
    return _Output(file=file, highlight=False, markup=False, emoji=False, width=width, theme=theme)


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    width: int | None = None,
) -> RenderableType:
    """A table; the columns named in `right` hold numbers.

    What is too wide for the terminal (or for `width`) is folded, though neither numbers and their headings nor the
    first column, unless there is nothing else to fold; and between words, as far as there is room for that.
    Where the terminal is too narrow for a table that can be read, each row stands by itself, a line for each column.
    """
    cells = [tuple(row) for row in rows]
    numbers_alone = set(columns[1:]) <= set(right)
    fixed = [column in right or (place == 0 and not numbers_alone) for place, column in enumerate(columns)]
    room = (width or console().width) - _GAP * len(columns)
    if not _readable(columns, cells, fixed, room):
        return _records(title, columns, cells)
    made = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    widths = _fitting(columns, cells, fixed, room)
    for place, column in enumerate(columns):
        justify: JustifyMethod = "right" if column in right else "left"
        made.add_column(column, justify=justify, overflow="fold", no_wrap=fixed[place], width=widths[place])
    for row in cells:
        made.add_row(*(Text(cell) for cell in row))
    return made


def _records(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> RenderableType:
    """The rows one below the other: the first cell as a heading, then what each column says."""
    parts: list[RenderableType] = [Text(title, style="bold"), Text()] if title else [Text()]
    for first, *others in rows:
        record = Table.grid(padding=(0, _GAP, 0, 0))
        record.add_column(no_wrap=True)
        record.add_column(overflow="fold")
        for column, cell in zip(columns[1:], others, strict=True):
            record.add_row(Text(f"  {column}"), Text(cell))
        parts += [Text(first, style="bold", overflow="fold"), record, Text()]
    return Group(*parts)


def _readable(columns: Sequence[str], rows: Sequence[Sequence[str]], fixed: Sequence[bool], room: int) -> bool:
    """Whether there is room for what is not folded, and for a few letters at a time of what is."""
    return sum(_least(columns, rows, fixed, folded=True)) <= room


def _least(columns: Sequence[str], rows: Sequence[Sequence[str]], fixed: Sequence[bool], *, folded: bool) -> list[int]:
    """The least that each column needs: a fixed one all of it, another its widest word, or less if words are folded."""
    widths, words = _widths(columns, rows)
    return [
        widths[place] if fixed[place] else min(words[place], _LEAST_FOLDED) if folded else words[place]
        for place in range(len(columns))
    ]


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[int], list[int]]:
    """For each column the cells that its widest text takes, and its widest word."""
    texts = [[column, *(row[place] for row in rows)] for place, column in enumerate(columns)]
    widths = [max(map(cell_len, column)) for column in texts]
    return widths, [max(cell_len(word) for text in column for word in text.split(" ")) for column in texts]


def _fitting(
    columns: Sequence[str], rows: Sequence[Sequence[str]], fixed: Sequence[bool], room: int
) -> list[int | None]:
    """Widths for the columns in so much room: words are broken in the widest columns, and only where they must be.

    None where all fits, or cannot fit.
    """
    widths, _words = _widths(columns, rows)
    least = _least(columns, rows, fixed, folded=False)
    if sum(least) > room:
        least = _least(columns, rows, fixed, folded=True)
    surplus = sum(widths) - room
    if surplus <= 0 or sum(least) > room:
        return [None] * len(columns)
    for _ in range(surplus):
        widest = max((place for place in range(len(columns)) if widths[place] > least[place]), key=widths.__getitem__)
        widths[widest] -= 1
    return list(widths)


def number(value: float | None, unit: str = "") -> str:
    """A figure as people read it, a dash where nothing is known."""
    if value is None:
        return "-"
    text = f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2f}"  # noqa: PLR2004 - two digits are enough
    return f"{text}{unit}"


def many(value: float | None) -> str:
    """A figure that may be large, to three digits: "999", "12.3k", "1.05M"."""
    if value is None or abs(value) < _THOUSAND:
        return number(value)
    digits = f"{value:.3g}" if abs(value) < _THOUSAND**4 else str(_THOUSAND**4)
    rounded, unit = float(digits), ""
    for larger in "kMG":
        if abs(rounded) >= _THOUSAND:
            rounded, unit = rounded / _THOUSAND, larger
    return f"{rounded:#.3g}".rstrip(".") + unit


def duration(milliseconds: float | None) -> str:
    """A time as people read it: "109 ms", "2.98 s"."""
    if milliseconds is None or milliseconds < _THOUSAND:
        return number(milliseconds, " ms")
    return f"{milliseconds / _THOUSAND:#.3g}".rstrip(".") + " s"


def dollars(value: float | None) -> str:
    """An amount in US dollars."""
    return "-" if value is None else f"${value:,.4f}" if 0 < value < 1 else f"${value:,.2f}"


def percent(value: float | None) -> str:
    """A share from 0 to 1."""
    return "-" if value is None else f"{value:.0%}"
