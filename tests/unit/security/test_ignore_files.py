"""Ignore files are read as git reads them: tables, and git itself asked about random repositories."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from aurelis.security.ignore_files import IgnoreFiles

_NAMES = ("a", "b", "foo", "bar.py", "x.log", "logs", "build", "Foo", "a b", "[x]", "é.py", "!x", "#h")
_PATTERNS = (
    "*", "a", "/a", "a/", "**/b", "a/**", "logs/**", "!a/b", "*.log", "!x.log", "foo*", "!foo", "b?r.py", "[ab]",
    "/build/", "build/*", "!build/a", "**", "a/**/b", "\\!x", "\\#h", "*.py", "!bar.py", "a b", "a\\ b", "foo/**/",
    "!logs/", "!logs/**/x.log", "logs/*/", "/**/foo", "# c", "", "x.log ", "x.log\\ ", "**foo", "f**r", "a//b", "/",
    "[!a]", "[^a]*", "[a-c]", "\\a", "foo\\", "**/", "!*", "!*/", "!**/*.py", "é.py", "./a", "../a", "**/logs/**",
    "logs/**/", "!/logs/**", "*/b", "/*", "!/a", "[[:alpha:]]", "[[:upper:]]*", "*[", "!foo/**/",
)  # fmt: skip
_REPOSITORIES = 60


def _write(path: Path, text: str = "text\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _git(folder: Path, *arguments: str, given: str | None = None, excludes: str | None = "") -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    program = shutil.which("git")
    assert program is not None
    options = () if excludes is None else ("-c", f"core.excludesFile={excludes}")
    run = subprocess.run(
        [program, *options, *arguments],
        cwd=folder, env=clean, input=given, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode in {0, 1}, run.stderr
    return run.stdout


def _random_repository(folder: Path, chooser: random.Random) -> tuple[list[Path], str]:
    """Files of a repository with ignore files in some of its folders, and what those say."""
    folders = [folder]
    for _ in range(4):
        inner = chooser.choice(folders) / chooser.choice(_NAMES)
        inner.mkdir(exist_ok=True)
        folders += [] if inner in folders else [inner]
    files = [path for inner in folders for name in chooser.sample(_NAMES, 3) if not (path := inner / name).exists()]
    for path in files:
        path.write_text("x")
    told = []
    for inner in chooser.sample(folders, min(2, len(folders))):
        text = "\n".join(chooser.choices(_PATTERNS, k=chooser.randint(1, 5))) + "\n"
        (inner / ".gitignore").write_text(text, "utf-8")
        told.append(f"{inner.relative_to(folder)}: {text!r}")
    return files, "; ".join(told)


@pytest.mark.needs("git")
def test_random_repositories_are_judged_as_by_git(tmp_path: Path) -> None:
    """Whatever the patterns, nested or taken back, the same files are ignored as by git."""
    chooser = random.Random(4)  # noqa: S311 - repeatable on purpose
    for number in range(_REPOSITORIES):
        folder = tmp_path / str(number)
        folder.mkdir()
        _git(folder, "init", "-q")
        files, told = _random_repository(folder, chooser)
        names = [path.relative_to(folder).as_posix() for path in files]
        answer = _git(folder, "check-ignore", "-z", "--no-index", "--stdin", given="\0".join(names))
        ignored = set(answer.split("\0")) - {""}
        ours = IgnoreFiles(fold_case=False)
        assert {name for name, path in zip(names, files, strict=True) if ours.keeping(path, folder)} == ignored, told


@pytest.mark.parametrize(
    ("patterns", "name", "kept"),
    [
        ("logs/**\n!logs/keep.py\n", "logs/keep.py", False),
        ("logs/**\n!logs/keep.py\n", "logs/x/keep.py", True),
        ("x.py\n!sub\n", "sub/x.py", True),
        ("[[:upper:]]*.py\n", "Secret.py", True),
        ("[[:upper:]]*.py\n", "open.py", False),
        ("a.py\\\nb.py\n", "b.py", True),
        ("a.py\\\nb.py\n", "c.py", False),
        ("\ufeffa.py\r\nb.py\r\n", "a.py", True),
    ],
)
def test_patterns_name_what_git_says_they_name(tmp_path: Path, patterns: str, name: str, *, kept: bool) -> None:
    """A pattern speaks of the path itself and not of what lies beneath; a line that is no pattern says nothing."""
    _write(tmp_path / ".gitignore", patterns)
    assert (IgnoreFiles(fold_case=False).keeping(_write(tmp_path / name), tmp_path) is not None) is kept


def test_the_repository_above_the_workspace_counts(tmp_path: Path) -> None:
    """A workspace that is part of a repository is under the ignore files of the whole, and its clone's own list."""
    (tmp_path / ".git").mkdir()
    _write(tmp_path / ".git/info/exclude", "mine.py\n")
    _write(tmp_path / ".gitignore", "/packages/app/secret.py\n*.gen.py\n")
    _write(tmp_path / "packages/.aiexclude", "model.py\n")
    folder = tmp_path / "packages/app"
    _write(folder / ".gitignore", "!kept.gen.py\n!mine.py\n")
    files = IgnoreFiles(fold_case=False)
    assert files.keeping(_write(folder / "secret.py"), folder) == tmp_path / ".gitignore"
    assert files.keeping(_write(folder / "deep/x.gen.py"), folder) == tmp_path / ".gitignore"
    assert files.keeping(_write(folder / "model.py"), folder) == tmp_path / "packages/.aiexclude"
    assert files.keeping(_write(folder / "kept.gen.py"), folder) is None
    assert files.keeping(_write(folder / "mine.py"), folder) is None
    packages = tmp_path / "packages"
    assert files.keeping(_write(packages / "mine.py"), packages) == tmp_path / ".git/info/exclude"


def test_a_file_outside_the_workspace_is_judged_by_its_own_repository(tmp_path: Path) -> None:
    """Where no workspace folder holds a file, the ignore files of its repository count all the same."""
    (tmp_path / "other/.git").mkdir(parents=True)
    _write(tmp_path / "other/.gitignore", "private/\n")
    path = _write(tmp_path / "other/private/a.py")
    assert IgnoreFiles(fold_case=False).keeping(path, None) == tmp_path / "other/.gitignore"
    assert IgnoreFiles(fold_case=False).keeping(_write(tmp_path / "other/b.py"), None) is None


def test_a_workspace_that_its_repository_ignores_was_opened_on_purpose(tmp_path: Path) -> None:
    """Opening an ignored folder is a choice: then only the ignore files within it count."""
    (tmp_path / ".git").mkdir()
    for pattern in ("/scratch/\n", "*\n", "scratch/**\n"):
        _write(tmp_path / ".gitignore", pattern)
        folder = tmp_path / "scratch/one"
        _write(folder / ".gitignore", "hidden.py\n")
        files = IgnoreFiles(fold_case=False)
        assert files.keeping(_write(folder / "a.py"), folder) is None
        assert files.keeping(_write(folder / "hidden.py"), folder) == folder / ".gitignore"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("place", [".gitignore", ".git/info/exclude", ".git/config", "named"])
def test_a_pipe_in_the_place_of_an_ignore_file_is_none(tmp_path: Path, place: str) -> None:
    """What would never end is not read."""
    (tmp_path / ".git" / "info").mkdir(parents=True)
    os.mkfifo(tmp_path / place)
    if place == "named":
        (tmp_path / ".git" / "config").write_text("[core]\n\texcludesFile = named\n")
    assert IgnoreFiles(fold_case=False).keeping(_write(tmp_path / "a.py"), tmp_path) is None


_ANYWHERE = "notes.py\n!kept.py\n"


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    "settings",
    [
        "",
        "[core]\n\texcludesFile = ~/mine\n",
        '[user]\n\texcludesfile = x\n[Core] excludesFILE="~/mine" ; a comment\n[core "x"]\n\texcludesFile = x\n',
        "[core]\n\texcludesFile = ~/other\n\texcludesFile = {home}/mine # the last one counts\n",
    ],
)
def test_what_a_person_ignores_everywhere_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    """`core.excludesFile`, or without it git's usual place, counts as git says; outside of a repository it does not."""
    home = tmp_path / "home"
    usual = _write(home / ".config" / "git" / "ignore")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    (home / ".gitconfig").write_text(settings.format(home=home), "utf-8")
    (home / "mine" if settings else usual).write_text(_ANYWHERE, "utf-8")
    folder = tmp_path / "repository"
    files = [_write(folder / name) for name in ("notes.py", "sub/notes.py", "kept.py", "let-out/notes.py")]
    _git(folder, "init", "-q")
    (folder / ".git" / "info" / "exclude").write_text("kept.py\n")
    (folder / "let-out" / ".gitignore").write_text("!notes.py\n")
    names = [path.relative_to(folder).as_posix() for path in files]
    answer = _git(folder, "check-ignore", "-z", "--no-index", "--stdin", given="\0".join(names), excludes=None)
    ours = IgnoreFiles(fold_case=False)
    kept = {name for name, path in zip(names, files, strict=True) if ours.keeping(path, folder)}
    assert kept == set(answer.split("\0")) - {""} == {"notes.py", "sub/notes.py", "kept.py"}
    plain = tmp_path / "no-repository"
    assert IgnoreFiles(fold_case=False).keeping(_write(plain / "notes.py"), plain) is None
