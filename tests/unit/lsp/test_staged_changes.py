"""The staged changes for a commit message, from real repositories."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Source
from aurelis.lsp.staged_changes import DIFF_BYTES, staged_changes


class NoSecrets:
    """Lets everything out but files that are called secret."""

    def refusal(self, source: Source) -> str | None:
        return "no" if "secret" in source.name else None


def git(folder: Path, *arguments: str) -> None:
    names = ("-c", "user.name=n", "-c", "user.email=e@example.invalid")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S607 -- git by its name


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("x = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def changes(folder: Path) -> str:
    return asyncio.run(staged_changes((folder,), NoSecrets())).text


def refused(folder: Path) -> RequestError:
    with pytest.raises(RequestError) as caught:
        changes(folder)
    return caught.value


def test_what_is_staged_is_shown_and_what_is_not_is_not(repository: Path) -> None:
    """The diff of the index, names as they are."""
    (repository / "a.py").write_text("x = 2\n")
    (repository / "ü b.py").write_text("y = 1\n")
    git(repository, "add", ".")
    (repository / "a.py").write_text("x = 3\n")
    diff = changes(repository)
    assert "+x = 2" in diff
    assert "x = 3" not in diff
    assert "ü b.py" in diff


def test_excluded_files_are_left_out(repository: Path) -> None:
    """The diff of a file that must stay does not leave; with nothing else staged there is a refusal."""
    (repository / "secret.env").write_text("key\n")
    git(repository, "add", ".")
    assert refused(repository).kind is ErrorKind.EXCLUDED
    (repository / "a.py").write_text("x = 2\n")
    git(repository, "add", ".")
    assert "secret" not in changes(repository)


def test_without_changes_or_a_repository_there_are_words(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing staged, no repository and no folder are told apart from a failure of ours."""
    assert "staged" in refused(repository).message
    assert refused(tmp_path_factory.mktemp("plain")).kind is ErrorKind.CONFIGURATION
    with pytest.raises(RequestError, match="workspace folder"):
        asyncio.run(staged_changes((), NoSecrets()))


def test_nothing_of_the_repository_s_is_run(repository: Path) -> None:
    """No external diff, text filter, file-system monitor or hook that a repository brings is started."""
    marks = repository.parent / "marks"
    marks.mkdir(exist_ok=True)
    script = repository / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch '{marks}/ran'\ncat \"$1\" 2>/dev/null\n")
    script.chmod(0o755)
    for name in ("diff.external", "core.fsmonitor", "core.pager", "diff.planted.textconv", "diff.planted.command"):
        git(repository, "config", name, str(script))
    (repository / ".gitattributes").write_text("*.py diff=planted\n")
    (repository / "a.py").write_text("x = 2\n")
    git(repository, "-c", "core.fsmonitor=false", "add", "a.py")
    assert "+x = 2" in changes(repository)
    assert not (marks / "ran").exists()


def test_a_huge_diff_is_cut(repository: Path) -> None:
    """What is taken is bounded."""
    (repository / "big.py").write_text("value = 1\n" * DIFF_BYTES)
    git(repository, "add", ".")
    assert len(changes(repository)) <= DIFF_BYTES
