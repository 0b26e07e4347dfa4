"""What a person at a terminal sees while a command works, and that nobody else sees it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aurelis.sandbox.server import run_sandbox

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


def test_a_progress_bar_is_left_alone(tmp_path: Path) -> None:
    """What a batch says while its bar stands is whole, without pieces of escape sequences."""
    (tmp_path / "x.py").write_text(CODE)
    code, written = at_a_terminal("batch", "refactor", "x.py", "missing.py", cwd=tmp_path)
    assert code == 1
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    assert "\x1b" not in plain
    assert "missing.py is not there; check the path.\n" in plain
    assert re.search(r"The model said:\n  The sandbox has no rules(.|\n)*x\.py: .* gave no usable answer", plain)


async def test_ctrl_c_leaves_the_terminal_at_the_beginning_of_a_line(tmp_path: Path) -> None:
    """A person who has waited long enough finds the shell's prompt where it belongs."""
    (tmp_path / "x.py").write_text(CODE)
    settings = tmp_path / "config.toml"
    async with run_sandbox(scenario=[{"delaySeconds": 600}]) as upstream:
        provider = f'profile = "custom"\nbaseUrl = "{upstream.base_url}"\nmodels = ["m"]\n'
        settings.write_text(f'provider = "mine"\n[providers.mine]\n{provider}')
        ours, theirs = pty.openpty()
        env = {**os.environ, "AURELIS_CONFIG": str(settings), "TERM": "xterm"}
        command = [sys.executable, "-P", "-m", "aurelis", "explain", "x.py"]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, env=env, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        await upstream.until(lambda: any(request.method == "POST" for request in upstream.requests), 30)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
    written = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "Asking mine/m ...\r" in written
    assert written.endswith(f"{ERASE}\r\n")


def test_a_terminal_that_cannot_erase_is_left_alone(tmp_path: Path) -> None:
    """Escape sequences are not written where they would be seen."""
    (tmp_path / "x.py").write_text(CODE)
    code, written = at_a_terminal("explain", "x.py", cwd=tmp_path, term="dumb")
    assert code == 0
    assert "\x1b" not in written
    assert "Starting" not in written


def test_the_audit_log_is_a_table_for_people_and_lines_for_programs(tmp_path: Path) -> None:
    """At a terminal its lines can be read; `--json` gives them as they are kept."""
    (tmp_path / "x.py").write_text(CODE)
    at_a_terminal("explain", "x.py", cwd=tmp_path)
    code, shown = at_a_terminal("audit", "show", cwd=tmp_path)
    assert code == 0
    assert re.search(r"Time +Event +What +Model +Host +Outcome", re.sub(r"\x1b\[[0-9;]*m", "", shown)), shown
    assert re.search(r"request +explanation +sandbox/default", shown), shown
    code, kept = at_a_terminal("audit", "show", "--json", cwd=tmp_path)
    assert code == 0
    assert json.loads(kept.splitlines()[-1])["event"] == "request"


def test_help_needs_no_waiting(tmp_path: Path) -> None:
    """Help comes at once and alone."""
    code, written = at_a_terminal("explain", "--help", cwd=tmp_path)
    assert code == 0
    assert written.startswith("usage: aurelis explain")
