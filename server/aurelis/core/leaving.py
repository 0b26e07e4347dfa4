"""The signals that tell a process to leave: SIGTERM from whoever supervises it, SIGHUP of a terminal that was closed.

Without a handler they end a process at once, with whatever it holds unwritten.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import Final

LEAVING: Final = tuple(
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP")
    if hasattr(signal, name)  # Windows has no SIGHUP.
)

SHELL_OFFSET: Final = 128
"""What shells add to a signal's number for the exit code that they report."""


def on_leaving(loop: asyncio.AbstractEventLoop, leave: Callable[[int], None]) -> None:
    """Call `leave` with the exit code once such a signal comes; one that is ignored (nohup) stays ignored.

    A later call takes an earlier one's place. Where the platform's loop cannot tell, signals end the process.
    """
    for number in LEAVING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, leave, SHELL_OFFSET + number)
