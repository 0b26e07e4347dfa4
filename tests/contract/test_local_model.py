"""`aurelis local` as a person uses it: with llama.cpp's own server, and with programs that behave alike."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aurelis.cli.local_programs import answers
from aurelis.composition import local_server
from aurelis.lsp.client import EditorClient
from aurelis.providers.discovery import PROBES
from fixtures.needs import require
from fixtures.processes import free_port

PROGRAM = [sys.executable, "-P", "-m", "aurelis", "local"]

# Lists its options; "downloads" a model, waits until the test has seen that, then serves or fails.
LLAMA_SERVER = """
import sys, os, pathlib, time, http.server
if "--help" in sys.argv:
    print("--fim-qwen-1.5b-default --no-webui")
    raise SystemExit
folder = pathlib.Path(os.environ["LLAMA_CACHE"])
(folder / "arguments").write_text(" ".join(sys.argv[1:]))
(folder / "model.gguf.downloadInProgress").write_bytes(bytes(3_000_000))
while not (folder / "go").exists():
    time.sleep(0.01)
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Health).serve_forever()
"""

# Has no model until it was told to pull one.
OLLAMA = """
import http.server, json, os, sys
assert sys.argv[1:] == ["serve"]
host, port = os.environ["OLLAMA_HOST"].split(":")
models = set()
class Api(http.server.BaseHTTPRequestHandler):
    def answer(self, status, *lines):
        body = "".join(json.dumps(line) + "\\n" for line in lines).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200, {"version": "0.30.0"})
    def do_POST(self):
        model = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["model"]
        if self.path == "/api/show":
            self.answer(200 if model in models else 404, {})
        elif model == "missing":
            self.answer(200, {"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"})
        else:
            models.add(model)
            progress = {"status": "pulling", "total": 4_000_000, "completed": 1_000_000}
            self.answer(200, {"status": "pulling manifest"}, progress, {"status": "success"})
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer((host, int(port)), Api).serve_forever()
"""


class Machine:
    """A person's machine: what is installed, and where state is kept."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "programs"
        self.cache = folder / "cache"
        self.state = folder / "state" / "aurelis"
        for path in (self.programs, self.cache):
            path.mkdir()
        self.environment = {
            **os.environ,
            "PATH": str(self.programs),
            "LLAMA_CACHE": str(self.cache),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_DATA_HOME": str(folder / "data"),
            "http_proxy": "http://127.0.0.1:9",
        }

    def install(self, name: str, source: str) -> None:
        """Put a program on the PATH."""
        program = self.programs / name
        program.write_text(f"#!{sys.executable}\n{source}")
        program.chmod(0o755)

    def local(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `aurelis local`."""
        return subprocess.run(
            [*PROGRAM, *arguments], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def started(self) -> subprocess.Popen[str]:
        """Run `aurelis local` without waiting."""
        return subprocess.Popen(
            [*PROGRAM, "--port", str(free_port())],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def status(self) -> dict[str, Any]:
        """What `status --json` says."""
        answer: dict[str, Any] = json.loads(self.local("status", "--json").stdout)
        return answer


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which nothing of ours is left running."""
    machine = Machine(tmp_path)
    yield machine
    server = local_server.read(machine.state)
    if server is not None:
        local_server.stop(server)


def start_tiny_model(machine: Machine, folder: Path) -> subprocess.CompletedProcess[str]:
    """Install llama.cpp's own server and start it with a model of random words."""
    from fixtures.tiny_model import write_tiny_model  # noqa: PLC0415 - numpy is slow to import

    (machine.programs / "llama-server").write_text(f'#!/bin/sh\nexec "{require("llama-server")}" "$@"\n')
    (machine.programs / "llama-server").chmod(0o755)
    write_tiny_model(folder / "tiny.gguf")
    machine.environment["PATH"] += f"{os.pathsep}{os.environ['PATH']}"
    started = machine.local("start", "--model", str(folder / "tiny.gguf"), "--port", str(free_port()))
    assert started.returncode == 0, started.stderr
    return started


@pytest.mark.needs("llama-server")
def test_one_real_server_for_everybody(machine: Machine, tmp_path: Path) -> None:
    """A file is served, a second start finds the first's server, other commands use it, and stop ends it."""
    first = start_tiny_model(machine, tmp_path)
    running = machine.status()
    assert (running["model"], running["profile"]) == ("tiny", "llamacpp")
    assert f"tiny is served at {running['baseUrl']} by llama-server (process {running['pid']})." in first.stdout
    second = machine.local()
    assert (second.returncode, machine.status()["pid"]) == (0, running["pid"])
    other = machine.local("start", "--model", "7b")
    assert (other.returncode, "aurelis local stop" in other.stderr) == (1, True)
    doctor = subprocess.run(
        [*PROGRAM[:-1], "doctor", "--json"], env=machine.environment, capture_output=True, text=True, check=False
    )
    assert doctor.returncode == 0, doctor.stdout
    kept = machine.state / local_server.STATE_FILE
    assert kept.stat().st_mode & 0o777 == 0o600
    assert machine.local("stop").stdout == "Stopped llama-server.\n"
    assert not local_server.identity(running["pid"])
    assert (machine.status(), kept.exists()) == ({"running": False}, False)
    assert machine.local("stop").returncode == 0


@pytest.mark.needs("llama-server")
async def test_an_open_editor_outlives_the_stop(machine: Machine, tmp_path: Path) -> None:
    """The next request is answered by what else there is, and the status says how to connect a model again."""
    await asyncio.to_thread(start_tiny_model, machine, tmp_path)
    file = tmp_path / "sums.py"
    file.write_text("def add(first, second):\n    return first + second\n", "utf-8")
    client = EditorClient({})
    await client.start([*PROGRAM[:-1], "serve"], env=machine.environment)
    try:
        await client.initialize(tmp_path)
        uri = client.open(file, "python")
        assert (await client.execute("aurelis.health"))["chosen"]["provider"] == "llamacpp"
        assert (await asyncio.to_thread(machine.local, "stop")).returncode == 0
        result = await client.execute("aurelis.explain", {"textDocument": {"uri": uri}})
        assert result["model"].startswith("sandbox/")
        health = await client.execute("aurelis.health")
        assert (health["overall"], "`aurelis local`" in health["next"]) == ("degraded", True)
    finally:
        await client.close()


def test_a_download_is_shown(machine: Machine) -> None:
    """The recommended model is asked for by llama-server's own preset, on loopback, and its download is told."""
    machine.install("llama-server", LLAMA_SERVER)
    with machine.started() as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stderr.readline().startswith("Starting qwen2.5-coder-1.5b with llama-server. The first time,")
        assert process.stderr.readline() == "Downloaded 3 MB\n"
        (machine.cache / "go").touch()
        assert process.stdout.readline().startswith("qwen2.5-coder-1.5b is served at http://127.0.0.1:")
    assert process.returncode == 0
    arguments = (machine.cache / "arguments").read_text()
    assert arguments.startswith("--fim-qwen-1.5b-default --host 127.0.0.1 --port ")


def test_an_interrupted_start_leaves_nothing(machine: Machine) -> None:
    """Ctrl-C during the download ends the server too and leaves no trace of it."""
    machine.install("llama-server", LLAMA_SERVER)
    with machine.started() as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.stderr.readline()
        server = local_server.read(machine.state)
        assert server is not None
        assert local_server.runs(server)
        process.send_signal(2)
    assert process.returncode == 130
    assert not local_server.runs(server)
    assert local_server.read(machine.state) is None


def test_a_server_that_ends_says_why(machine: Machine) -> None:
    """A server that ends at once is an error with the reason that it gave."""
    machine.install(
        "llama-server",
        "import sys\nprint('--help' in sys.argv and '--fim-qwen-1.5b-default' or "
        "'loading\\n0.00.106.220 E init: error: no memory\\n0.00.107.360 E srv: exiting due to model loading error')",
    )
    done = machine.local("--port", str(free_port()))
    assert done.returncode == 1
    assert "llama-server ended at once" in done.stderr
    assert "It said: init: error: no memory\n" in done.stderr
    assert machine.status() == {"running": False}


def test_ollama_downloads_and_is_stopped(machine: Machine) -> None:
    """Ollama is started on loopback, pulls the recommended model with its progress told, and is ended by stop."""
    machine.install("ollama", OLLAMA)
    done = machine.local("start", "--port", str(free_port()))
    assert done.returncode == 0, done.stderr
    assert "Downloading qwen2.5-coder:1.5b ...\n1 of 4 MB (25 %)\n" in done.stderr
    running = machine.status()
    assert (running["model"], running["profile"]) == ("qwen2.5-coder:1.5b", "ollama")
    assert machine.local("stop").stdout == "Stopped ollama.\n"
    assert not local_server.identity(running["pid"])


def test_an_ollama_that_runs_already_is_used_and_left_alone(machine: Machine) -> None:
    """Its model is pulled, nothing is started, and stop does not end it."""
    machine.install("ollama", OLLAMA)
    port = free_port()
    environment = {**machine.environment, "OLLAMA_HOST": f"127.0.0.1:{port}"}
    with subprocess.Popen([machine.programs / "ollama", "serve"], env=environment) as own:
        try:
            while not answers(f"http://127.0.0.1:{port}/api/version"):
                assert own.poll() is None
                time.sleep(0.01)
            assert machine.local("start", "--port", str(port), "--model", "own:1b").returncode == 0
            assert machine.status()["pid"] is None
            assert "goes on" in machine.local("stop").stdout
            assert own.poll() is None
        finally:
            own.terminate()


def test_a_model_that_ollama_does_not_have(machine: Machine) -> None:
    """What Ollama says against a download is told, and the server that was started for it ends."""
    machine.install("ollama", OLLAMA)
    done = machine.local("start", "--port", str(free_port()), "--model", "missing")
    assert done.returncode == 1
    assert "pull model manifest: file does not exist" in done.stderr
    assert machine.status() == {"running": False}


@pytest.mark.parametrize(
    ("installed", "arguments", "code", "words"),
    [
        ((), (), 1, "Neither llama-server nor Ollama is installed."),
        (("ollama",), ("--program", "llama-server"), 1, "llama-server is not installed."),
        (("ollama",), ("--model", "there.gguf"), 2, "Ollama takes no file"),
        (("llama-server",), ("--model", "there.gguf"), 2, "is neither a file nor one of 1.5b, 3b, 7b, 30b"),
        (("llama-server",), ("--model", sys.executable), 2, "is no GGUF file"),
        (("llama-server",), ("--model", "7b"), 2, "does not know --fim-qwen-7b-default; update it"),
        (("llama-server",), ("--port", "70000"), 2, "--port is a number"),
    ],
)
def test_what_cannot_be_started(
    machine: Machine, installed: tuple[str, ...], arguments: tuple[str, ...], code: int, words: str
) -> None:
    """Each hindrance is one sentence with what to do; where nothing is installed one line installs something."""
    for name in installed:
        machine.install(name, LLAMA_SERVER)
    done = machine.local("start", *arguments)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert len(done.stdout.splitlines()) == (1 if code == 1 else 0)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"pid": -1}', '{"program": "a", "profile": "a", "pid": "1", "identity": "", "port": 1}']
)
def test_a_spoilt_state_file_is_no_server(tmp_path: Path, text: str) -> None:
    """Whatever the file holds, nothing is taken for a server and nothing is stopped."""
    (tmp_path / local_server.STATE_FILE).write_text(text)
    assert local_server.read(tmp_path) is None
    assert local_server.probes(tmp_path) == PROBES


@pytest.mark.skipif(sys.platform == "win32", reason="asks ps")
def test_a_process_is_the_same_in_every_language_and_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `ps` tells when a process started, an editor and a terminal with other variables read the same."""
    monkeypatch.setattr(local_server, "_SYSTEM", "Darwin")
    found = set()
    for zone, language in (("UTC", "C"), ("Asia/Tokyo", "de_DE.UTF-8"), ("America/New_York", "C.UTF-8")):
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("LC_ALL", language)
        found.add(local_server.identity(os.getpid()))
    assert len(found) == 1
    assert "" not in found


def test_a_number_used_again_is_another_process(tmp_path: Path) -> None:
    """A process with the number of the file but another start is neither used nor stopped."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        server = local_server.LocalServer(
            program="llama-server", profile="llamacpp", pid=process.pid, identity="0", port=1, model="m"
        )
        local_server.write(tmp_path, server)
        assert local_server.read(tmp_path) == server
        assert not local_server.runs(server)
        local_server.stop(server)
        assert process.poll() is None
        process.kill()
