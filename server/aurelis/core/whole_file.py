"""A small file that several processes of one person read: replaced whole, so that nobody ever sees half of it.

In come a path and its new content; the content is written aside, private to the person, and put in the file's place.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def replace_whole(file: Path, text: str) -> None:
    """Put the text, in UTF-8, in the place of what the file holds. Writes the disk.

    Raises:
        OSError: when it cannot be written; the file is then as it was.
    """
    aside = file.with_name(f"{file.name}.{os.urandom(8).hex()}.new")  # Another process may write at the same moment.
    try:
        with os.fdopen(os.open(aside, _FLAGS, 0o600), "wb") as stream:
            stream.write(text.encode())
        aside.replace(file)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
