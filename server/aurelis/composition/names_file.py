"""A small file of names that several processes of one person keep together: sign-ins, hosts that were allowed.

In come a path and names; they are read and replaced whole, so that nobody ever sees half a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from aurelis.core.whole_file import replace_whole


def read_names(file: Path | None) -> frozenset[str]:
    """The names of the file; none where there is no file. Reads the disk.

    Raises:
        OSError: when the file cannot be read.
        ValueError: when it holds no JSON.
    """
    if file is None or not file.exists():
        return frozenset()
    read = json.loads(file.read_text("utf-8"))
    return frozenset(name for name in read if isinstance(name, str)) if isinstance(read, list) else frozenset()


def write_names(file: Path, names: Iterable[str]) -> None:
    """Put the names, in order, in the place of those that the file holds. Writes the disk.

    Raises:
        OSError: when the file cannot be written; it is then as it was.
    """
    replace_whole(file, json.dumps(sorted(names)))
