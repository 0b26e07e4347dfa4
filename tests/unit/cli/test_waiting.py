"""What a person at a terminal sees while a command works, and that nobody else sees it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="terminals as POSIX has them")

if sys.platform != "win32":
    import pty

CODE = "def double(number):\n    return number * 2\n"
ERASE = "\x1b[K"


def at_a_terminal(*arguments: str, cwd: Path, term: str = "xterm-256color") -> tuple[int, str]:
    """Run the program with a terminal for everything; its exit code and all that it wrote."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "AURELIS_PROVIDER": "sandbox", "TERM": term, "COLUMNS": "100"}
    command = [sys.executable, "-P", "-m", "aurelis", *arguments]
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                read = os.read(ours, 65_536)
            except OSError:  # Linux's way to say that the other end is closed.
                break
            if not read:
                break
            written += read
        code = process.wait(60)
    os.close(ours)
    return code, written.decode().replace("\r\n", "\n")


def seen(written: str) -> str:
    """What is left on the screen: a carriage return goes back, the erasing sequence clears the rest of the line."""
    lines = []
    for line in written.split("\n"):
        shown, column = "", 0
        for piece in re.findall(r"\x1b\[K|\r|[^\x1b\r]+", line):
            if piece == ERASE:
                shown = shown[:column]
            elif piece == "\r":
                column = 0
            else:
                shown = shown[:column] + piece + shown[column + len(piece) :]
                column += len(piece)
        lines.append(shown)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("arguments", "code", "left"),
    [
        (("explain", "x.py"), 0, r"\*\*`double`\*\* is a function(.|\n)*sandbox/default, \$0\.0000"),
        (("refactor", "x.py"), 1, r"The model said:\n  The sandbox has no rules(.|\n)*gave no usable answer"),
        (("explain", "missing.py"), 2, r"missing\.py is not there"),
        (("explain", "x.py", "--colour"), 2, r"Unrecognized arguments: --colour"),
        (("doctor",), 0, r"Answers come from sandbox/default"),
        (("models",), 0, r"sandbox at 127\.0\.0\.1"),
    ],
)
def test_a_command_says_at_once_that_it_works(tmp_path: Path, arguments: tuple[str, ...], code: int, left: str) -> None:
    """First the screen says that the command starts; nothing of that is left once there is more to read."""
    (tmp_path / "x.py").write_text(CODE)
    ended, written = at_a_terminal(*arguments, cwd=tmp_path)
    assert ended == code, written
    assert written.startswith(f"{ERASE}Starting ...\r")
    screen = seen(written)
    assert re.search(left, screen), screen
    assert not re.search(r"Starting|Preparing|Asking|answers:", screen), screen


def test_a_terminal_that_cannot_erase_is_left_alone(tmp_path: Path) -> None:
    """Escape sequences are not written where they would be seen."""
    (tmp_path / "x.py").write_text(CODE)
    code, written = at_a_terminal("explain", "x.py", cwd=tmp_path, term="dumb")
    assert code == 0
    assert "\x1b" not in written
    assert "Starting" not in written


def test_help_needs_no_waiting(tmp_path: Path) -> None:
    """Help comes at once and alone."""
    code, written = at_a_terminal("explain", "--help", cwd=tmp_path)
    assert code == 0
    assert written.startswith("usage: aurelis explain")
