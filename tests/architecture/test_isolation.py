"""Tests share no folders: neither with the person who runs them nor with each other."""

import subprocess
import sys
from pathlib import Path

import pytest

from aurelis.config.folders import open_folders

WHERE = "from aurelis.config.folders import config_folder; print(config_folder())"


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_begins_with_empty_folders(turn: int, own_home: Path) -> None:
    """What the first has left is not there for the second."""
    folders = open_folders()
    for folder in (folders.cache, folders.config, folders.data, folders.state):
        assert folder is not None
        assert folder.is_relative_to(own_home)
        folder.mkdir(parents=True, exist_ok=True)
        assert not (folder / "left").exists(), turn
        (folder / "left").write_text("left", "utf-8")


def test_processes_have_the_test_s_folders(own_home: Path) -> None:
    """A process that a test starts finds the same home."""
    said = subprocess.run([sys.executable, "-P", "-c", WHERE], capture_output=True, check=True, text=True)
    assert Path(said.stdout.strip()).is_relative_to(own_home)
