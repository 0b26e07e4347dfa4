"""The user's and the workspace's settings files, read anew when somebody changes them while a server runs.

Not every client watches files, and none those outside of its workspace; so the few files are looked at from time to
time. One that cannot be read any more, as its writer is in the middle of a change, keeps what it said before in force:
without it, what keeps text on this machine would not hold for a while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from aurelis.config.folders import user_file
from aurelis.config.load import WORKSPACE_FILE, Layer, user_layer, workspace_layer

_Signature = tuple[int, int, int]


class SettingsFiles:
    """The files of one process. Everything here touches the disk."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._seen: Mapping[Path, _Signature | None] = {}
        self._read: Mapping[Path, Layer] = {}

    def layers(self, folders: Sequence[Path]) -> list[Layer]:
        """What the files say now, the user's first, then those of the workspace's folders."""
        file, must_exist = user_file(self._environ)
        workspace = {folder / WORKSPACE_FILE: folder for folder in folders}
        paths = [*([] if file is None else [file]), *workspace]
        seen = {path: _signature(path) for path in paths}  # Before they are read: a change meanwhile is found later.
        found = {} if file is None else {file: user_layer(file, must_exist=must_exist)}
        found |= {path: workspace_layer(folder) for path, folder in workspace.items()}
        said = {path: self._or_before(path, layer) for path, layer in found.items()}
        self._seen, self._read = seen, said
        return list(said.values())

    def changed(self) -> bool:
        """Whether any of them looks different from when it was read."""
        return any(_signature(path) != seen for path, seen in self._seen.items())

    def _or_before(self, path: Path, layer: Layer) -> Layer:
        before = self._read.get(path)
        if layer.failure is None or before is None or not before.data:
            return layer
        message = f"{layer.failure}; it holds as it was before."
        problems = tuple(attrs.evolve(one, message=message) for one in layer.problems)
        return attrs.evolve(layer, data=before.data, problems=problems)


def _signature(path: Path) -> _Signature | None:
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
