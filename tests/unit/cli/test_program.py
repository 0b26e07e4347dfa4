"""The program as a process: usage, exit codes, pipes, locales, interruption."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from aurelis import __version__
from aurelis.__main__ import COMMANDS, main
from aurelis.sandbox.server import Sandbox, run_sandbox

PROGRAM = [sys.executable, "-P", "-m", "aurelis"]


def run(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AURELIS_PROVIDER": "sandbox", **(env or {})}
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=cwd,
        env=environment,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "output", "errors"),
    [
        (["--help"], 0, r"usage: aurelis COMMAND", r"^$"),
        (["--version"], 0, re.escape(f"aurelis {__version__}"), r"^$"),
        ([], 2, r"^$", r"usage: aurelis COMMAND"),
        (["explian"], 2, r"^$", r"did you mean 'explain'\? See `aurelis --help`\.\n$"),
        (["zzz"], 2, r"^$", r"^'zzz' is not a command of aurelis\. See"),
        (["explain"], 2, r"^$", r"^The following arguments are required: .*\n$"),
        (["explain", "--help"], 0, r"PATH\[:A\[-B\]\]", r"^$"),
        (["explain", "missing.py"], 2, r"^$", r"^missing\.py is not there; check the path\.\n$"),
        (["explain", "x.py", "--temperature", "9"], 2, r"^$", r"'9' is not a number from 0 to 2"),
        (["explain", "x.py", "--max-tokens", "0"], 2, r"^$", r"'0' is not a whole number of at least 1"),
        (["audit", "show", "--lines", "-1"], 2, r"^$", r"'-1' is not a whole number of at least 1"),
        (["generate", "more", "x.py"], 2, r"^$", r"names no line"),
        (["ask", " "], 2, r"^$", r"There is no question"),
        (["review"], 2, r"^$", r"There is nothing to review"),
        (["sandbox", "--port", "65536"], 2, r"^$", r"not a port"),
        (["sandbox", "--scenario", "missing.json"], 2, r"^$", r"The scenario cannot be read: .*missing\.json"),
        (["serve", "--stdio", "--pipe", "x"], 2, r"^$", r"not allowed with"),
        (["config", "path"], 0, r"config\.toml\n$", r"^$"),
        (["login", "nobody"], 2, r"^$", r"is not a provider"),
        (["login"], 2, r"^$", r"required: provider\. See"),
    ],
)
def test_usage_errors_are_one_sentence_with_the_right_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    output: str,
    errors: str,
) -> None:
    """Wrong usage gives 2 and a sentence on standard error; help goes to standard output with 0."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AURELIS_LOG", "warning")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(arguments) == code
    shown = capsys.readouterr()
    assert re.search(output, shown.out)
    assert re.search(errors, shown.err)
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("word", COMMANDS)
def test_every_command_explains_its_options(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of every command exits 0 and names the command."""
    assert main([word, "--help"]) == 0
    assert f"usage: aurelis {word}" in capsys.readouterr().out


def test_a_traceback_is_shown_with_debug_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same failure is a sentence alone without --debug."""
    monkeypatch.chdir(tmp_path)
    codes = [main(["explain", "missing.py"]), main(["explain", "missing.py", "--debug"])]
    shown = capsys.readouterr().err
    assert codes == [2, 2]
    assert shown.count("Traceback") == 1
    assert shown.index("missing.py is not there") < shown.index("Traceback")


def test_debug_may_stand_behind_a_sub_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A person adds it to the line that failed, at its end."""
    assert main(["config", "path", "--debug"]) == 0
    assert main(["config", "--debug", "path"]) == 0
    assert main(["ask", "--", "--debug", "missing.py", "--debug"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_ctrl_c_while_a_command_is_imported_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An impatient person sees no traceback."""

    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("aurelis.__main__.import_module", interrupted)
    assert main(["config", "path"]) == 130
    assert capsys.readouterr().err == ""


def test_an_unexpected_failure_is_a_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault of the program exits 1, names its kind, and quotes nothing that it was working on."""

    async def broken(_arguments: object) -> int:
        raise KeyError("text of somebody's file")

    monkeypatch.setattr("aurelis.cli.config.run", broken)
    assert main(["config", "path"]) == 1
    shown = capsys.readouterr().err
    assert "KeyError" in shown
    assert "somebody" not in shown


def test_output_is_utf8_in_any_locale(tmp_path: Path) -> None:
    """A name that the locale cannot spell arrives whole."""
    (tmp_path / "größe.py").write_text('def größe():\n    """Sagt “𝒳”."""\n', "utf-8")  # noqa: RUF001 - the point of the test
    done = run("explain", "größe.py", cwd=tmp_path, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert "größe" in done.stdout
    assert "𝒳" in done.stdout  # noqa: RUF001 - as above


@pytest.mark.skipif(os.name != "posix", reason="signals and pipes as POSIX has them")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["config", "--help"], ["config", "schema"], ["demo"]])
def test_a_closed_pipe_is_no_error(tmp_path: Path, arguments: list[str]) -> None:
    """When the reader has enough the program ends quietly."""
    reading, writing = os.pipe()
    with subprocess.Popen([*PROGRAM, *arguments], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE) as process:
        os.close(writing)
        os.close(reading)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nobody removes a folder that a program is in")
def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    """Another branch may lack the folder that a terminal is in; whoever needs none works all the same."""
    (tmp_path / "x.py").write_text("def f():\n    return 1\n")
    gone = tmp_path / "gone"
    for arguments, code in ((["explain", str(tmp_path / "x.py")], 2), (["doctor"], 2), (["config", "path"], 0)):
        gone.mkdir()
        command = ["/bin/sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", *PROGRAM, *arguments]
        done = subprocess.run(command, cwd=gone, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == code
        if code:
            assert done.stderr == "The folder that this terminal is in is not there any more; change to another one.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's disk that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["config", "schema"], ["models"]])
def test_a_full_disk_is_said(tmp_path: Path, arguments: list[str]) -> None:
    """Output that cannot be written is a failure in one sentence."""
    with Path("/dev/full").open("wb") as full:
        command = [*PROGRAM, *arguments]
        env = {**os.environ, "AURELIS_PROVIDER": "sandbox"}
        done = subprocess.run(command, cwd=tmp_path, env=env, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"The output could not be written (No space left on device).\n")


@pytest.mark.skipif(os.name != "posix", reason="descriptors as POSIX has them")
@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [("config schema", 0), ("models", 0), ("--version", 0), ("--help", 0), ("explain", 2), ("", 2)],
)
def test_a_closed_stream_is_as_good_as_none(tmp_path: Path, closed: str, arguments: str, code: int) -> None:
    """A program that starts us without some stream gets its exit code and no fault."""
    command = ["/bin/sh", "-c", f'exec "$0" -P -m aurelis {arguments} {closed}', sys.executable]
    env = {**os.environ, "AURELIS_PROVIDER": "sandbox"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals and pipes as POSIX has them")
@pytest.mark.parametrize("arguments", [[], ["explian"], ["explain"], ["explain", "missing.py"]])
def test_a_failure_that_nobody_can_read_keeps_its_exit_code(tmp_path: Path, arguments: list[str]) -> None:
    """Whoever looks at the exit code alone may have closed the other end of standard error."""
    reading, writing = os.pipe()
    with subprocess.Popen([*PROGRAM, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=writing) as process:
        os.close(writing)
        os.close(reading)
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (2, b"")


@pytest.mark.skipif(os.name != "posix", reason="signals and pipes as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("options", [(), ("--until-stdin-closes",)])
def test_the_sandbox_stops_cleanly(tmp_path: Path, number: signal.Signals, options: tuple[str, ...]) -> None:
    """One JSON line says where it listens; a signal ends it with 0 and no word."""
    with subprocess.Popen(
        [*PROGRAM, "sandbox", *options],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", json.loads(process.stdout.readline())["baseUrl"])
        process.send_signal(number)
        process.wait(timeout=30)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, b"", b"")


def test_the_sandbox_ends_with_its_standard_input_when_asked_to(tmp_path: Path) -> None:
    """A program that embeds it need only close the pipe."""
    done = run("sandbox", "--until-stdin-closes", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "baseUrl" in done.stdout


@contextlib.asynccontextmanager
async def waiting_for_a_model(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, Sandbox]]:
    """`aurelis explain` at the moment when a model has its request and does not answer."""
    (tmp_path / "x.py").write_text("def f():\n    return 1\n")
    settings = tmp_path / "config.toml"
    async with run_sandbox(scenario=[{"delaySeconds": 600}]) as upstream:
        # A slow disk would be told on standard error, rightly, but it is not what is shown here.
        settings.write_text(
            f'provider = "sandbox"\ncache.disk.enabled = false\n[providers.sandbox]\nbaseUrl = "{upstream.base_url}"\n'
            f'[privacy.audit]\npath = "{tmp_path / "audit"}"\n'
        )
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *("explain", "x.py", "--json"),
            cwd=tmp_path,
            env={**os.environ, "AURELIS_CONFIG": str(settings), "AURELIS_LOG": "warning"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await upstream.until(lambda: any(request.method == "POST" for request in upstream.requests), 30)
        yield process, upstream


@pytest.mark.skipif(os.name != "posix", reason="signals and pipes as POSIX has them")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_an_interrupted_command_says_nothing(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C or a signal to leave while a model is waited for closes the connection and leaves the audit line."""
    async with waiting_for_a_model(tmp_path) as (process, upstream):
        process.send_signal(number)
        output, errors = await process.communicate()
        await upstream.until(lambda: upstream.requests[-1].client_closed)
    assert (process.returncode, output, errors) == (code, b"", b"")
    kept = [json.loads(line) for file in (tmp_path / "audit").glob("*.jsonl") for line in file.read_text().splitlines()]
    assert [line["outcome"] for line in kept if line["event"] == "request"] == ["cancelled"]
