"""git, asked without anything of the repository's being executed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.lsp.safe_git import SAFE_DIFF, ask_git

pytestmark = pytest.mark.needs("git")


def git(folder: Path, *words: str) -> None:
    names = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    author = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    command = ["git", "-C", str(folder), *author, *words]  # the git that the machine has
    subprocess.run(command, check=True, env={**os.environ, **names})


def repository(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a.py").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "begin")
    return folder


async def test_missing_objects_are_not_fetched(tmp_path: Path) -> None:
    """In a partial clone the repository names the program that would fetch; it does not run."""
    origin = repository(tmp_path / "origin")
    git(origin, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", origin.as_uri(), str(clone))
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    program.chmod(0o755)
    git(clone, "config", "remote.origin.uploadpack", str(program))
    git(clone, "read-tree", "HEAD")
    (clone / "a.py").write_text("two\n")

    answer = await ask_git(clone, "diff", *SAFE_DIFF, "HEAD")

    assert answer.code != 0
    assert not (tmp_path / "ran").exists()


async def test_a_filter_that_cannot_be_switched_off_is_refused(tmp_path: Path) -> None:
    """Git reads `-c name=value` up to the first sign of equality, so a name that holds one is not silently kept on."""
    folder = repository(tmp_path / "work")
    git(folder, "config", "filter.a=b.clean", "touch ran")
    with pytest.raises(RequestError) as caught:
        await ask_git(folder, "diff", "HEAD")
    assert caught.value.kind is ErrorKind.CONFIGURATION


async def test_no_git_outside_the_folder_is_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative entries of the search path and those inside the folder are passed over."""
    folder = repository(tmp_path / "work")
    for name in ("git", "git.exe"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", str(folder))))
    with pytest.raises(RequestError, match="git was not found"):
        await ask_git(folder, "status")


async def test_files_elsewhere_are_not_the_repositorys(tmp_path: Path) -> None:
    """A repository that claims a folder outside as its own files gets a look at none of them."""
    folder = repository(tmp_path / "work")
    (folder / "deep").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("private words\n")
    git(folder, "config", "core.worktree", str(outside))
    (folder / "a.py").write_text("two\n")

    for place in (folder, folder / "deep"):
        answer = await ask_git(place, "diff", *SAFE_DIFF, "HEAD")
        assert "+two" in answer.output
        assert "private" not in answer.output


async def test_submodules_and_linked_worktrees_have_their_own_files(tmp_path: Path) -> None:
    """Where `.git` is a file that leads elsewhere, the files beside it are meant."""
    folder = repository(tmp_path / "work")
    git(folder, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(folder), "sub")
    git(folder, "worktree", "add", "-q", str(tmp_path / "linked"))
    for place in (folder / "sub", tmp_path / "linked"):
        (place / "a.py").write_text("two\n")
        answer = await ask_git(place, "diff", *SAFE_DIFF, "HEAD")
        assert "+two" in answer.output
