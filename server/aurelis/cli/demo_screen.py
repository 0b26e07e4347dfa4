"""How the demonstration looks: readable at 80 columns, in colour on a terminal, and in a pipe as plain text."""

from __future__ import annotations

import contextlib
import difflib
import time
from collections.abc import Iterator, Sequence
from typing import Final

import attrs
from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from aurelis.cli.tables import console, table

WIDTH: Final = 80
TABLE_WIDTH: Final = 76
"""Columns that the table of requests takes with the hosts, which are left out of a narrower one."""
CONTEXT_LINES: Final = 4
"""Lines above the cursor that are shown with ghost text."""

_INDENT: Final = (0, 0, 0, 3)


@attrs.frozen
class ShownRequest:
    """A row of the last step's table; times in milliseconds."""

    task: str
    model: str
    host: str
    first_ms: int | None
    duration_ms: int
    cached: str | None
    outcome: str


class Stream:
    """An answer that grows on the screen."""

    def __init__(self, screen: Console, live: Live | None) -> None:
        self._screen = screen
        self._live = live
        self.text = ""
        self.pieces = 0
        self.first_at = 0.0

    def add(self, delta: str) -> None:
        """Take more text."""
        if not self.pieces:
            self.first_at = time.monotonic()
        self.pieces += 1
        self.text += delta
        if self._live is not None:
            self._live.update(_markdown(self.text))

    def finish(self, text: str, *, first_seconds: float, seconds: float) -> None:
        """Show the whole text and how it came."""
        if self._live is not None:
            self._live.update(_markdown(text), refresh=True)
            self._live.stop()
        else:
            self._screen.print(_markdown(text))
        if self.pieces:
            note = f"{self.pieces} pieces; the first after {first_seconds:.2f} s, the last after {seconds:.2f} s"
            self._screen.print(Padding(Text(note, style="dim"), _INDENT))


class DemoScreen:
    """Prints each step as it happens."""

    def __init__(self, output: Console | None = None) -> None:
        self._console = output or console()
        self._console.width = min(self._console.width, WIDTH)

    def begin(self, source: str) -> None:
        """Say what will be seen."""
        self._console.print(Text("Aurelis, in your terminal", style="bold"))
        self._console.print(
            Text(
                "A real language server, driven as an editor drives it, on a copy of its own "
                f"file {source}. No account, no network: the answers come from the "
                "built-in sandbox, which works by rules and is no language model."
            )
        )

    def step(self, number: int, title: str) -> None:
        """Head a step."""
        self._console.print()
        heading = Text(f"{number}  ", style="bold cyan")
        heading.append(title, style="bold")
        self._console.print(heading)

    def ghost_text(self, name: str, text: str, ghost: str) -> None:
        """The lines up to the cursor, with the suggestion behind it."""
        lines = text.split("\n")
        first = max(0, len(lines) - CONTEXT_LINES)
        for number, line in enumerate(lines[first:-1], first + 1):
            self._line(_numbered(number, line))
        last = _numbered(len(lines), lines[-1])
        column = last.cell_len
        last.append(ghost, style="italic bright_black")
        self._line(last)
        marker = Text(" " * column + "^" * max(1, len(ghost.partition("\n")[0])), style="bright_black")
        self._console.print(marker, no_wrap=True, overflow="crop")
        self._note(f"{name}: the marked text is suggested at the cursor; Tab takes it.")

    def diff(self, title: str, name: str, before: str, after: str) -> None:
        """What an action changed."""
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{name}", f"b/{name}", "", "", 2, "")
        shown = Syntax("\n".join(lines), "diff", theme="ansi_dark", background_color="default", word_wrap=True)
        self._note(f"“{title}”, chosen from the menu for the new function, and applied:")
        self._console.print(Padding(shown, _INDENT))

    @contextlib.contextmanager
    def streaming(self) -> Iterator[Stream]:
        """An answer that is shown while it grows, where the output is a terminal."""
        if not self._console.is_terminal:
            yield Stream(self._console, None)
            return
        with Live(console=self._console, refresh_per_second=20) as live:
            yield Stream(self._console, live)

    def hover(self, name: str, markdown: str) -> None:
        """What the pointer shows."""
        self._note(f"The pointer rests on `{name}`; the explanation is known, so no model is asked:")
        first = markdown.strip().split("\n\n")[0]
        self._console.print(_markdown(first))

    def requests(self, rows: Sequence[ShownRequest]) -> None:
        """Each request: which model, from where, in what time."""
        wide = self._console.width >= TABLE_WIDTH
        columns = ("Task", "Model", *(("Host",) if wide else ()), "First", "Whole", "Cached")
        cells = [
            (
                row.task,
                row.model,
                *((row.host,) if wide else ()),
                _duration(row.first_ms),
                _duration(row.duration_ms),
                row.cached or ("no" if row.outcome == "ok" else row.outcome),
            )
            for row in rows
        ]
        shown = table("", columns, cells, right=("First", "Whole"), width=self._console.width - 2)
        self._console.print(Padding(shown, (0, 0, 0, 2)))

    def end(self, seconds: float, program: str) -> None:
        """Say what to do next; `program` is how this one is called."""
        self._console.print(Text(f"All of it worked, in {seconds:.1f} seconds.", style="bold green"))
        self._console.print()
        self._console.print(Text("Next", style="bold"))
        steps = (
            "Connect a model: put these lines, with the address of any OpenAI-compatible "
            f"server, into the file that this names: {program} config path\n"
        )
        self._console.print(Padding(Text(steps, end=""), _INDENT))
        settings = (
            'models.code = "custom/MODEL"\n[providers.custom]\nbaseUrl = "https://HOST/v1"\napiKeyEnv = "MY_API_KEY"'
        )
        shown = Syntax(settings, "toml", theme="ansi_dark", background_color="default")
        self._console.print(Padding(shown, (0, 0, 0, 6)))
        rest = (
            f"In your editor:      {program} serve (a language server)\n"
            f"Without an editor:   {program} explain FILE:LINE\n"
            f"Check it all:        {program} doctor"
        )
        self._console.print(Padding(Text(rest), _INDENT))

    def _line(self, line: Text) -> None:
        """A line of code; on a narrow screen its end is left out, as the mark under it must stay under it."""
        self._console.print(line, no_wrap=True, overflow="ellipsis")

    def _note(self, text: str) -> None:
        self._console.print(Padding(Text(text, style="dim"), _INDENT))


def _duration(milliseconds: int | None) -> str:
    """A time in few characters, so that the table keeps to the screen however slow the machine is."""
    if milliseconds is None:
        return "-"
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"  # noqa: PLR2004 - a second


def _numbered(number: int, line: str) -> Text:
    text = Text(f"{number:>5} ", style="bright_black")
    text.append("│ ", style="bright_black")
    text.append(line, style="default")
    return text


def _markdown(text: str) -> Padding:
    return Padding(Markdown(text), _INDENT)
