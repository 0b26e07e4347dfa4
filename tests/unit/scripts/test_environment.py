"""What `npm start` does to the private environment, with a stand-in for Python that only notes what it was asked."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.needs import require
from fixtures.source_tree import ROOT

pytestmark = [
    pytest.mark.needs("node"),
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script"),
]

_STAND_IN = r"""#!/bin/sh
for word; do last=$word; done
case "$*" in
  "-I -c"*) echo '{"version": [3, VERSION, 1], "executable": "'"$0"'", "cpython": true, "complete": true}'; exit 0 ;;
  "-I -S -c"*) exit 0 ;;
esac
case "$*" in
  *" venv "*) step=venv ;;
  *runtime.txt*) step=runtime ;;
  *" wheel "*) step=wheel ;;
  *--force-reinstall*) step=install ;;
esac
echo "$step" >>"$STEPS"
[ "$step" != "$HANG" ] || sleep 60
[ "$step" != "$FAIL" ] || exit 1
case "$step" in
  venv)
    mkdir -p "$last/bin"
    cp "$0" "$last/bin/python"
    printf '#!/bin/sh\necho "$@"\nexit 7\n' >"$last/bin/aurelis"
    chmod +x "$last/bin/aurelis"
    ;;
  wheel)
    mkdir -p .venv/wheel
    : >.venv/wheel/aurelis-1-py3-none-any.whl
    ;;
esac
"""
_ALL = ["venv", "runtime", "wheel", "install"]


@dataclass(frozen=True)
class Project:
    """A copy of the scripts in a folder of its own, with a stand-in for Python."""

    folder: Path
    python: Path
    steps: Path

    def start(self, *arguments: str, fail: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `npm start`'s script; `fail` names a step of the set-up that fails."""
        return subprocess.run(
            [*self.command(), *arguments],
            env=self.environment(FAIL=fail) | variables,
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )

    def command(self) -> list[str]:
        """The program behind `npm start`."""
        self.steps.write_text("")
        return [str(require("node")), str(self.folder / "scripts" / "start.mjs")]

    def environment(self, **variables: str) -> dict[str, str]:
        """What tells the stand-in where to note its steps, and which of them fails or takes long."""
        own = {"STEPS": str(self.steps), "FAIL": "", "HANG": "", "AURELIS_PYTHON": str(self.python)}
        return {**{key: value for key, value in os.environ.items() if key != "CI"}, **own, **variables}

    def done(self) -> list[str]:
        """The steps of the last run."""
        return self.steps.read_text().split()


def _write_stand_in(path: Path, minor_version: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_STAND_IN.replace("VERSION", str(minor_version)))
    path.chmod(0o755)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose path has a space and letters beyond ASCII."""
    folder = tmp_path / "Ordner für π"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    (folder / "server").mkdir()
    (folder / "server" / "module.py").write_text("x = 1\n")
    python = tmp_path / "stand-in" / "python3"
    _write_stand_in(python, 12)
    return Project(folder, python, tmp_path / "steps")


def test_the_first_start_sets_up_and_the_second_only_runs(project: Project) -> None:
    """The first start does every step, the next none; both pass arguments and the exit code on."""
    for expected in (_ALL, []):
        finished = project.start("--flag", "a b")
        assert (finished.returncode, finished.stdout) == (7, "demo --flag a b\n")
        assert project.done() == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("server/module.py", ["wheel", "install"]),
        ("server/new.txt", ["wheel", "install"]),
        ("pyproject.toml", ["wheel", "install"]),
        ("requirements/runtime.txt", _ALL),
        ("requirements/build.txt", _ALL),
        ("requirements/dev.txt", []),
        ("server/__pycache__/module.pyc", []),
        ("tests/test_new.py", []),
    ],
)
def test_a_change_redoes_what_depends_on_it(project: Project, file: str, expected: list[str]) -> None:
    """Sources call for a new wheel, the locks of the runtime for a new environment, other files for nothing."""
    project.start()
    changed = project.folder / file
    changed.parent.mkdir(exist_ok=True)
    changed.write_text("changed\n")
    project.start()
    assert project.done() == expected


@pytest.mark.parametrize("step", _ALL)
def test_a_failed_step_leaves_nothing_that_is_taken_for_whole(project: Project, step: str) -> None:
    """After a failure in any step the demo does not run, and the next start begins from nothing."""
    failed = project.start(fail=step)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert project.done() == _ALL[: _ALL.index(step) + 1]
    assert project.start().returncode == 7
    assert project.done() == _ALL


def test_a_failed_change_of_a_whole_environment_starts_from_nothing(project: Project) -> None:
    """A wheel that could not be installed over a working environment counts as an interrupted set-up."""
    project.start()
    (project.folder / "server" / "module.py").write_text("x = 2\n")
    assert project.start(fail="install").returncode == 1
    project.start()
    assert project.done() == _ALL


def test_ctrl_c_ends_the_set_up_in_words(project: Project) -> None:
    """An interrupted set-up says so, exits with 130, and the next start begins from nothing."""
    with subprocess.Popen(
        project.command(),
        env=project.environment(HANG="runtime"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        limit = time.monotonic() + 60
        while "runtime" not in project.done() and time.monotonic() < limit:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        _, words = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped. The next run sets up from the beginning." in words
    assert "network" not in words
    assert project.start().returncode == 7
    assert project.done() == _ALL


def test_a_moved_folder_gets_a_new_environment(project: Project) -> None:
    """An environment holds absolute paths, so it is made again where the folder is found under another name."""
    project.start()
    moved = project.folder.rename(project.folder.with_name("moved"))
    Project(moved, project.python, project.steps).start()
    assert project.done() == _ALL


def test_an_environment_of_somebody_else_is_left_alone(project: Project) -> None:
    """A `.venv` that the scripts did not make is never deleted."""
    mine = project.folder / ".venv" / "precious"
    mine.parent.mkdir()
    mine.write_text("mine")
    finished = project.start()
    assert finished.returncode == 2
    assert "was not made by these scripts" in finished.stderr
    assert mine.read_text() == "mine"


def test_a_chosen_python_that_is_too_old_is_named(project: Project) -> None:
    """AURELIS_PYTHON is never passed over in silence."""
    _write_stand_in(project.python, 10)
    finished = project.start()
    assert finished.returncode == 2
    assert "3.10.1" in finished.stderr
    assert str(project.python) in finished.stderr


def test_without_a_new_enough_python_there_is_one_way_on(project: Project) -> None:
    """With only an older Python the message names it and shows exactly one command; nothing is set up."""
    folder = project.python.parent
    _write_stand_in(project.python, 9)
    (folder / "sh").symlink_to(shutil.which("sh") or "")
    finished = project.start(AURELIS_PYTHON="", PATH=str(folder), PYENV_ROOT=str(folder / "none"))
    assert finished.returncode == 2
    assert "needs Python 3.11 or newer; the newest one found here is 3.9.1" in finished.stderr
    commands = [line for line in finished.stderr.splitlines() if line.startswith("    ")]
    assert len(commands) == 1
    assert not (project.folder / ".venv").exists()


def test_the_newest_of_the_usual_names_is_taken(project: Project) -> None:
    """Without a choice, `python3.13` on the PATH goes before `python3`, whatever order they lie in."""
    folder = project.python.parent
    _write_stand_in(folder / "python3.13", 13)
    finished = project.start(AURELIS_PYTHON="", PATH=f"{folder}{os.pathsep}{os.environ['PATH']}")
    assert finished.returncode == 7
    assert "with Python 3.13.1" in finished.stderr
