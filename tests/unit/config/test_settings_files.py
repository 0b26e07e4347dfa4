"""Settings files that change while a server runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aurelis.config.settings_files import SettingsFiles

GOOD = 'provider = "one"\n'


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def files(user: Path) -> SettingsFiles:
    return SettingsFiles({"AURELIS_CONFIG": str(user)})


def said(files: SettingsFiles, *folders: Path) -> list[Mapping[str, Any]]:
    return [layer.data for layer in files.layers(folders)]


def test_a_change_is_seen_until_it_is_read(user: Path, files: SettingsFiles, tmp_path: Path) -> None:
    """Written, written anew, removed and made: each looks different from what was read."""
    workspace, new = tmp_path / ".aurelis.toml", tmp_path / "new.toml"
    user.write_text(GOOD)
    new.write_text('provider = "antoher"\n')
    assert said(files, tmp_path) == [{"provider": "one"}, {}]
    assert not files.changed()
    for change in (
        lambda: user.write_text('provider = "another"\n'),
        lambda: workspace.write_text("style.style = 1\n"),
        workspace.unlink,
        lambda: (
            user.with_suffix(".new").write_text('provider = "antoher"\n') and user.with_suffix(".new").replace(user)
        ),
    ):
        change()
        assert files.changed()
        files.layers([tmp_path])
        assert not files.changed()


@pytest.mark.parametrize("broken", [b"provider = ", b"\xff\xfe", None])
def test_a_file_that_breaks_holds_as_it_was_before(user: Path, files: SettingsFiles, broken: bytes | None) -> None:
    """What keeps text on this machine does not end because somebody is in the middle of a change."""
    user.write_text(GOOD)
    assert said(files) == [{"provider": "one"}]
    if broken is None:
        user.unlink()
    else:
        user.write_bytes(broken)
    for _ in range(2):
        (layer,) = files.layers([])
        assert layer.data == {"provider": "one"}
        assert layer.problems[0].message.endswith("; it holds as it was before.")
    user.write_text('provider = "two"\n')
    assert said(files) == [{"provider": "two"}]


def test_a_file_that_was_never_read_says_nothing(user: Path, files: SettingsFiles) -> None:
    """There is nothing that it could hold."""
    user.write_bytes(b"provider = ")
    for _ in range(2):
        (layer,) = files.layers([])
        assert layer.data == {}
        assert layer.problems[0].message.endswith("; nothing of it is used.")


def test_a_workspace_file_that_is_removed_says_nothing_more(files: SettingsFiles, tmp_path: Path) -> None:
    """Whoever removes a file that need not exist means it."""
    workspace = tmp_path / ".aurelis.toml"
    workspace.write_text('hover.mode = "off"\n')
    assert said(files, tmp_path)[1] == {"hover": {"mode": "off"}}
    workspace.unlink()
    assert said(files, tmp_path)[1] == {}
