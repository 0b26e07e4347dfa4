"""The three standard streams as every command wants them: there, in UTF-8, and silent once nobody reads.

Whoever starts the program may have closed any of them; Python then has None in its place, and the next file that is
opened would get its number, so that what some library writes to "standard error" would end in that file.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Final, TextIO

SHOWN: Final = 0
NOT_SHOWN: Final = 1


def open_missing_streams() -> None:
    """A stream that whoever started us had closed reads as empty and takes everything; to be called before all else."""
    sys.stdin = sys.stdin or _nowhere()
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()


def use_utf8() -> None:
    """Source code and answers are Unicode whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def show(text: str) -> int:
    """Write a text to standard output and give the exit code."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        return give_up_output(error)
    return SHOWN


def give_up_output(error: OSError) -> int:
    """Go on without standard output, which failed so; the exit code, which is 0 where its reader has enough."""
    _discard(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return SHOWN
    tell(f"The output could not be written ({error.strerror}).\n")
    return NOT_SHOWN


def tell(text: str) -> None:
    """Write a text to standard error; where nobody can read that, the exit code is all that is told."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Write what is still held nowhere; Python would complain about it again while shutting down."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _nowhere() -> TextIO:
    device = os.fdopen(os.open(os.devnull, os.O_RDWR), "r+b", buffering=0)
    return io.TextIOWrapper(device, encoding="utf-8", write_through=True)
