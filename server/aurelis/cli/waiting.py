"""One line on the terminal that says what is waited for, gone as soon as there is something to read.

It is first written before the parts of a command are imported, which takes seconds on a busy machine; so this imports
nothing of them. Nothing is written where standard error is no terminal, or none that can erase.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ERASE: Final = "\x1b[K"
"""From the cursor to the end of the line (ECMA-48, EL): harmless where nothing is to be erased."""


def show_waiting(text: str) -> None:
    """Say what is waited for, in the place of what was said before; the cursor must be at the beginning of a line."""
    if _erases():
        width = shutil.get_terminal_size().columns
        sys.stderr.write(f"{_ERASE}{text[: max(1, width - 1)]}\r")
        sys.stderr.flush()


def end_waiting() -> None:
    """Erase it, as something else comes."""
    if _erases():
        sys.stderr.write(_ERASE)
        sys.stderr.flush()


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Say it as long as something lasts."""
    show_waiting(text)
    try:
        yield
    finally:
        end_waiting()


def _erases() -> bool:
    if not sys.stderr.isatty() or sys.stderr is not sys.__stderr__:
        return False  # A progress bar that has taken it over says by itself what is waited for.
    if os.name == "nt":
        return "WT_SESSION" in os.environ  # Older consoles show the escape itself.
    return os.environ.get("TERM", "dumb") != "dumb"
