"""The demonstration."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from aurelis.cli import demo
from aurelis.cli.demo_screen import DemoScreen, ShownRequest
from aurelis.core.errors import RequestError

_FOLDERS = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")


def test_every_step_works_and_is_shown(tmp_path: Path) -> None:
    """The program shows all five steps within 80 columns, exits 0, and touches nothing of the user's."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "AURELIS_PROVIDER": "nobody", "AURELIS_MODEL": "nobody/none"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "aurelis", "demo"],
        env={**environment, **dict.fromkeys(_FOLDERS, str(home))},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(home.iterdir()) == []
    output = done.stdout
    assert max(len(line) for line in output.splitlines()) <= 80
    for text in (
        "raise RequestError(ErrorKind.CONFIGURATION, message)",
        '+    """Parse all.',
        "parse is a function of",
        "no model is asked",
        "completion",
        "documentation",
        "explanation",
    ):
        assert text in output
    assert len(re.findall(r"sandbox/default +127\.0\.0\.1:\d+ +[\d.]+ m?s +[\d.]+ m?s", output)) == 3


def test_the_program_is_named_as_it_can_be_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its name where the PATH finds this very program, by its path otherwise, from its folder by a short one."""
    folder = Path(sys.executable).parent
    monkeypatch.setenv("PATH", str(folder))
    assert demo.program_name() == "aurelis"
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert demo.program_name().strip("'") == shutil.which("aurelis", path=str(folder))
    monkeypatch.chdir(folder.parent)
    assert Path(demo.program_name()).parent == Path(folder.name)


@pytest.mark.parametrize("fails", [ValueError("it broke"), TimeoutError()])
async def test_a_step_that_fails_is_named(fails: Exception) -> None:
    """The error names the step and the reason, so that the exit code is 1."""

    async def step() -> Any:
        raise fails

    with pytest.raises(RequestError, match="stopped at “A step”: it "):
        await demo._tried("A step", step())


def test_slow_requests_fit_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """The model's name is whole even where every time is long."""
    row = ShownRequest("documentation", "sandbox/default", "127.0.0.1:65535", 19_000, 59_000, None, "ok")
    DemoScreen().requests([row])
    output = capsys.readouterr().out
    assert "sandbox/default 127.0.0.1:65535 19.0 s 59.0 s" in " ".join(output.split())
    assert max(len(line) for line in output.splitlines()) <= 80


@pytest.mark.parametrize("width", [30, 40, 60, 80])
def test_what_was_asked_is_whole_on_any_screen(capsys: pytest.CaptureFixture[str], width: int) -> None:
    """No word of the last step is cut off."""
    rows = [ShownRequest("documentation", "sandbox/default", "127.0.0.1:65535", 19, 59, None, "ok")]
    DemoScreen(Console(file=sys.stdout, width=width)).requests(rows)
    output = capsys.readouterr().out
    assert {"documentation", "sandbox/default", "19", "59", "no"} <= set(output.split())
    assert max(map(len, output.splitlines())) <= width


def test_ghost_text_is_marked_without_colour(capsys: pytest.CaptureFixture[str]) -> None:
    """A reader without colours sees where the suggestion begins and ends."""
    DemoScreen().ghost_text("a.py", "x = 1\ny = fir", "st(x)")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("y = first(x)")
    assert lines[2] == " " * lines[1].index("st(x)") + "^^^^^"


def test_a_narrow_screen_is_kept_to(capsys: pytest.CaptureFixture[str]) -> None:
    """Code is cut and hosts are left out, so that nothing is folded and every column can be read."""
    screen = DemoScreen(Console(file=sys.stdout, width=60))
    screen.begin("aurelis/core/model.py")
    screen.ghost_text(
        "a.py", "def parse_all(texts: list[str]) -> tuple[ModelReference, ...]:\nraise Err", "or(" + "x" * 60
    )
    screen.requests([ShownRequest("documentation", "sandbox/default", "127.0.0.1:65535", 19, 59, None, "ok")])
    screen.end(1.0, ".venv/bin/aurelis")
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 60
    assert [line.split() for line in lines if "sandbox/default" in line] == [
        ["documentation", "sandbox/default", "19", "ms", "59", "ms", "no"]
    ]
    suggested = next(place for place, line in enumerate(lines) if "raise Error(" in line)
    assert set(lines[suggested + 1].strip()) == {"^"}
