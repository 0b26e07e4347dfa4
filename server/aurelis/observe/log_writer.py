"""Log lines on their way to standard error, written by a thread: nobody waits for a client that does not read them.

An editor that starts the server and never reads its standard error leaves a pipe that is full after 64 KB; whoever
writes to it then stands still.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
from typing import Final

from aurelis.core.failures import describe_failure

MAX_WAITING: Final = 1_000
"""Lines that may wait; further ones are dropped and counted."""

FLUSH_SECONDS: Final = 1.0
"""How long the end of the process waits for the last lines."""

STANDARD_ERROR: Final = 2


class LogWriter(logging.Handler):
    """A handler whose lines go to a descriptor; a message that only repeats the one before is counted, not written."""

    def __init__(self, descriptor: int = STANDARD_ERROR) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: queue.Queue[str] = queue.Queue(MAX_WAITING)
        self._dropped = 0
        self._last: str | None = None
        self._repeated = 0
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the record's line; called with the handler's lock held."""
        line = self.format(record)
        failure = record.exc_info[1] if record.exc_info else None
        same = repr((record.name, record.msg, record.args, failure and describe_failure(failure)))
        if same == self._last:
            self._repeated += 1
            return
        self._say_repeated()
        self._last = same
        self._queue(line)

    def flush(self) -> None:
        """Wait until what was logged is written, at most `FLUSH_SECONDS`."""
        with self.lock or contextlib.nullcontext():
            self._say_repeated()
            self._last = None
        lines = self._lines
        with lines.all_tasks_done:
            lines.all_tasks_done.wait_for(lambda: not lines.unfinished_tasks, FLUSH_SECONDS)

    def close(self) -> None:
        """Write what waits and take no more."""
        self.flush()
        super().close()

    def _say_repeated(self) -> None:
        if self._repeated:
            self._queue(f"(the same {self._repeated} more times)")
            self._repeated = 0

    def _queue(self, line: str) -> None:
        if self._dropped:
            line = f"({self._dropped} lines were lost)\n{line}"
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1
            return
        self._dropped = 0
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, name="aurelis-log", daemon=True)
            self._thread.start()

    def _write(self) -> None:
        while True:
            # To the descriptor itself: a thread that stands still within `sys.stderr` would hold its lock at the end.
            left = memoryview(f"{self._lines.get()}\n".encode("utf-8", "backslashreplace"))
            with contextlib.suppress(OSError):
                while left:
                    left = left[os.write(self._descriptor, left) :]
            self._lines.task_done()
