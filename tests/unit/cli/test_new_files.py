"""A terminal creates files inside the folder only, in no hidden folder, and over nothing (invariant 14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from aurelis.cli.outcomes import write_change
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.reply import Answer, FinishReason, Usage
from aurelis.core.task import Task
from aurelis.workflow.events import NewFile, Outcome


def outcome(name: str) -> Outcome:
    """An outcome that creates a file of that name."""
    answer = Answer(
        request_id="1",
        text="",
        model=ModelReference("p", "m"),
        cached=None,
        finish=FinishReason.STOP,
        usage=Usage(),
        cost_usd=None,
        confidence=1.0,
        incomplete=False,
        duration_ms=1,
        time_to_first_token_ms=1,
        attempts=(),
    )
    new_file = NewFile(name, "new = 1\n")
    return Outcome(request_id="1", verb="generateTests", task=Task.TESTING, answer=answer, text="", new_file=new_file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with links that lead out of it and into a hidden folder."""
    made = tmp_path / "work"
    (made / ".git" / "hooks").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (made / "out").symlink_to(tmp_path / "elsewhere")
    (made / "up").symlink_to("..")
    (made / "hooks").symlink_to(".git/hooks")
    (made / "taken.py").write_text("old = 1\n")
    (made / "loose.py").symlink_to(tmp_path / "loose.py")
    return made


def test_a_new_file_is_created_with_its_folders(folder: Path) -> None:
    """Its content is as it was made, and its name is told as it stands in the folder."""
    assert write_change(outcome("tests/unit/test_a.py"), folder) == Path("tests/unit/test_a.py")
    assert (folder / "tests" / "unit" / "test_a.py").read_text() == "new = 1\n"


ELSEWHERE = """
    ../a.py x/../../a.py /a.py out/a.py up/a.py up/elsewhere/a.py loose.py
    .a.py .git/a.py x/.y/a.py hooks/pre-commit taken.py
"""


@pytest.mark.parametrize("name", ELSEWHERE.split())
def test_nothing_is_created_elsewhere(folder: Path, tmp_path: Path, name: str) -> None:
    """Names and links that lead out of the folder, to hidden places or to a file that is there are refused."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RequestError) as caught:
        write_change(outcome(name), folder)
    assert caught.value.kind is ErrorKind.REJECTED
    assert sorted(tmp_path.rglob("*")) == before
    assert (folder / "taken.py").read_text() == "old = 1\n"
