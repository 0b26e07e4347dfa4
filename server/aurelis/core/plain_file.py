"""Opening a file that others may have put there: a pipe in its place must not be waited for, nor a device be read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

_FLAGS: Final = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
"""Flags that exist on one system or the other: no waiting for a pipe, no inheriting, no changed line ends."""


class NotPlainFileError(OSError):
    """It is a folder, a pipe, a device or a socket."""

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "not a plain file")


def open_plain(file: Path, *, through_links: bool = True) -> BinaryIO:
    """Open a plain file for reading bytes; what is judged is what is read. Reads the disk.

    Raises:
        NotPlainFileError: when it is something else.
        OSError: when it cannot be opened.
        ValueError: when no file can have such a path.
    """
    descriptor = os.open(file, _FLAGS | (0 if through_links else getattr(os, "O_NOFOLLOW", 0)))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotPlainFileError
    return os.fdopen(descriptor, "rb")
