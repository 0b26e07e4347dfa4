import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aurelis.config.folders import config_folder, open_folders, private_folder, user_file
from aurelis.config.load import LARGEST_FILE, load, user_layer, workspace_layer
from aurelis.config.settings import Settings

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")
ORDINARY_USER = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")


def test_a_file_is_read(tmp_path: Any) -> None:
    """TOML in camelCase, with or without a byte order mark, becomes settings."""
    for mark in (b"", b"\xef\xbb\xbf"):
        file = tmp_path / "config.toml"
        file.write_bytes(mark + b'[providers.p]\nbaseUrl = "https://host/v1"\nmodels = ["m"]\n')
        settings, problems = load([user_layer(file)])
        assert problems == ()
        assert settings.providers["p"].base_url == "https://host/v1"


def test_a_missing_file_says_nothing_unless_it_was_named(tmp_path: Any) -> None:
    """No user file is normal; a file that AURELIS_CONFIG names must be there."""
    missing = tmp_path / "config.toml"
    assert load([user_layer(missing), user_layer(None), workspace_layer(tmp_path)]) == (Settings(), ())
    settings, problems = load([user_layer(missing, must_exist=True)])
    assert settings == Settings()
    assert "does not exist" in problems[0].message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'a = 1\nb = "sk-secret\n', "line 2"),
        (b"a = [\n", "not valid TOML"),
        (b"a = 1\na = 2\n", "line 2"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"#" * (LARGEST_FILE + 1), "larger than"),
    ],
)
def test_a_broken_file_is_reported_with_its_line_and_not_quoted(tmp_path: Any, content: Any, words: Any) -> None:
    """A file that is no TOML is left out as a whole; the report names the line, never the text."""
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    settings, problems = load([user_layer(file)])
    assert settings == Settings()
    assert len(problems) == 1
    assert problems[0].path == "config.toml"
    assert words in problems[0].message
    assert "secret" not in problems[0].message


@POSIX
def test_a_pipe_or_folder_in_place_of_the_file_is_no_trap(tmp_path: Any) -> None:
    """A workspace whose settings file is a pipe or a folder neither hangs nor stops the server."""
    os.mkfifo(tmp_path / ".aurelis.toml")
    (tmp_path / "config.toml").mkdir()
    for layer in (workspace_layer(tmp_path), user_layer(tmp_path / "config.toml")):
        assert "cannot be read" in layer.problems[0].message


def test_an_impossible_path_is_reported() -> None:
    """A path that no file can have is a problem, not an exception."""
    assert user_layer(Path("a\0b"), must_exist=True).problems


def test_the_environment_names_the_user_file(tmp_path: Any) -> None:
    """AURELIS_CONFIG names the file, ~ included; else it lies in the platform's folder."""
    assert user_file({"AURELIS_CONFIG": str(tmp_path / "x.toml")}) == (tmp_path / "x.toml", True)
    assert user_file({"AURELIS_CONFIG": "~/x.toml"}) == (Path.home() / "x.toml", True)
    folder = config_folder()
    assert folder is not None
    assert user_file({}) == (folder / "config.toml", False)


@POSIX
def test_folders_are_private(tmp_path: Any, monkeypatch: Any) -> None:
    """Cache, state and data folders are made with mode 0700, and tightened where they were open."""
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "XDG_CACHE_HOME" / "aurelis").mkdir(parents=True, mode=0o755)
    folders = open_folders()
    assert folders.problems == ()
    for folder in (folders.cache, folders.state, folders.data):
        assert folder is not None
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_used_stops_nothing(tmp_path: Any, monkeypatch: Any) -> None:
    """Where a folder cannot be made it is None and a problem says why."""
    (tmp_path / "file").write_text("")
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    assert private_folder(tmp_path / "file" / "aurelis") is not None
    if os.name == "posix" and sys.platform != "darwin":
        folders = open_folders()
        assert folders.cache is None
        assert "cache" in folders.problems[0].path


@POSIX
def test_folders_refused_for_one_reason_are_one_problem(tmp_path: Any, monkeypatch: Any) -> None:
    """A home that is none is told once, not once for each folder in it."""
    (tmp_path / "file").write_text("")
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file" / "x"))
    (problem,) = open_folders().problems
    assert problem.path == "cache, state and data folders"
    assert problem.message == "They cannot be used (Not a directory); Aurelis goes on without them."


@POSIX
@ORDINARY_USER
def test_a_folder_without_permission_to_write_is_reported(tmp_path: Any) -> None:
    """A read-only folder is not used."""
    folder = tmp_path / "aurelis"
    folder.mkdir()
    tmp_path.chmod(0o500)
    try:
        assert private_folder(tmp_path / "new") is not None
    finally:
        tmp_path.chmod(0o700)


def test_settings_are_cheap_to_import() -> None:
    """Loading settings imports neither cattrs, pydantic, platformdirs nor keyring."""
    program = (
        "import sys, aurelis.config.load, aurelis.config.folders\n"
        "sys.exit(bool({'cattrs', 'pydantic', 'platformdirs', 'keyring', 'difflib'} & set(sys.modules)))"
    )
    path = os.pathsep.join(filter(None, sys.path))
    assert (
        subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path}, check=False).returncode
        == 0
    )
