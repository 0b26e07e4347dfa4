"""A lock over processes: the operating system lets go of it when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOOK_SECONDS: Final = 0.005

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(path: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the lock file `path` alone; blocks the thread for at most `wait_seconds`.

    Raises:
        OSError: when the file cannot be made, or others hold it for longer (`TimeoutError`).
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        limit = time.monotonic() + wait_seconds
        while True:
            try:
                _try(descriptor)
                break
            except OSError as error:
                if time.monotonic() > limit:
                    raise TimeoutError(f"{path.name} is held by another process") from error
                time.sleep(_LOOK_SECONDS)
        yield
    finally:
        os.close(descriptor)
