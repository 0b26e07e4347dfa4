"""A file is replaced whole or stays as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from threading import Thread

import pytest

from aurelis.core.whole_file import replace_whole


def test_a_file_is_private_and_nothing_else_is_left(tmp_path: Path) -> None:
    """The new content stands alone in the folder, readable by its owner."""
    file = tmp_path / "names.json"
    file.write_text("old and longer")
    replace_whole(file, "nëw")
    assert file.read_bytes() == "nëw".encode()
    assert os.listdir(tmp_path) == ["names.json"]  # noqa: PTH208 - names are all that matters
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_failure_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the file cannot be put in place, nothing has changed and nothing is left over."""
    file = tmp_path / "names.json"
    file.write_text("old")

    def refused(_self: Path, _target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(PermissionError):
        replace_whole(file, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["names.json"]
    assert file.read_text() == "old"


def test_writers_at_once_never_mix(tmp_path: Path) -> None:
    """Whoever comes last has its whole say."""
    file = tmp_path / "names.json"
    texts = [letter * 100_000 for letter in "abcdefgh"]
    threads = [Thread(target=replace_whole, args=(file, text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.read_text() in texts
    assert len(list(tmp_path.iterdir())) == 1
