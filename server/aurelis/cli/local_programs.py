"""The programs that can serve a model on this machine: how each is found, started and asked whether it is ready.

In come a program's path and the wish for a model; out come the command and its environment. Sources: `llama-server
--help` and Ollama's API documentation.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from aurelis.cli.command_line import wrong
from aurelis.core.home import expanded, home
from aurelis.security.process import child_environment

ProgramName = Literal["llama-server", "ollama"]

PRESETS: Final[Mapping[str, tuple[str, str]]] = {
    "1.5b": ("--fim-qwen-1.5b-default", "qwen2.5-coder-1.5b"),
    "3b": ("--fim-qwen-3b-default", "qwen2.5-coder-3b"),
    "7b": ("--fim-qwen-7b-default", "qwen2.5-coder-7b"),
    "30b": ("--fim-qwen-30b-default", "qwen3-coder-30b"),
}
"""llama-server's own presets for filling holes: the option, and the name that we give the model."""

_SIZES: Final = {"1.5b", "3b", "7b"}
IDLE_SECONDS: Final = 1800
"""After so long without a request the model's memory is freed."""

LLAMA_PORTS: Final = (9931, 8012)
"""llama-server's own default, then that of its editor plugins: discovery looks at both."""
OLLAMA_PORT: Final = 11434
_GGUF: Final = b"GGUF"
_HELP_SECONDS: Final = 30.0
_MOST_BYTES: Final = 1 << 20


@attrs.frozen
class Program:
    """An installed program."""

    name: ProgramName
    path: str


def installed(wanted: ProgramName | None = None) -> Program | None:
    """The first program of the PATH that can serve a model (`wanted` alone, if one is named)."""
    names: tuple[ProgramName, ...] = (wanted,) if wanted is not None else ("llama-server", "ollama")
    for name in names:
        path = shutil.which(name)
        if path is not None:
            return Program(name, path)
    return None


def install_line(wanted: ProgramName | None = None) -> str:
    """The one line that installs such a program on this system (`wanted`, if one is named and the system has it)."""
    system = platform.system()
    package = "ollama" if wanted == "ollama" else "llama.cpp"
    if system == "Darwin" or (system != "Windows" and shutil.which("brew")):
        return f"brew install {package}"
    if system == "Windows":
        return "winget install " + ("Ollama.Ollama" if wanted == "ollama" else "llama.cpp")
    if shutil.which("pacman"):
        return "sudo pacman -S ollama"
    return "curl -fsSL https://ollama.com/install.sh | sh"


def free_port(wanted: tuple[int, ...]) -> int:
    """The first wanted port of the loopback address that nobody has, else any free one."""
    for port in (*wanted, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            if os.name == "posix":  # a connection that ended a moment ago does not keep a port from being used again
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise wrong("No port of 127.0.0.1 is free; name one with --port.")


def llama_command(program: Program, model: str | None, port: int) -> tuple[list[str], str]:
    """The command that serves a model, and the model's name.

    `model` is one of `PRESETS`, a path, or None for the recommended one.

    Raises:
        RequestError: of kind `configuration`, for a model that is neither, or a program too old to have presets.
    """
    known = _help_of(program)
    preset = PRESETS.get((model or "1.5b").lower())
    if preset is not None:
        option, name = preset
        if option not in known:
            raise wrong(
                f"This llama-server does not know {option}; update it, or name a file with `aurelis local start "
                "--model PATH`."
            )
        which = [option]
    else:
        file = expanded(model or "")
        if file is None or not file.is_file():
            sizes = ", ".join(PRESETS)
            raise wrong(f"'{model}' is neither a file nor one of {sizes}; give --model the path of a GGUF file.")
        if not _is_gguf(file):
            raise wrong(f"'{model}' is no GGUF file, or cannot be read; give --model one that llama.cpp can load.")
        which, name = ["--model", str(file.resolve())], file.stem
    command = [program.path, *which, "--host", "127.0.0.1", "--port", str(port), "--alias", name]
    if "--no-webui" in known:
        command.append("--no-webui")
    if "--cors-origins" in known:
        command += ["--cors-origins", "localhost"]  # no page of the web may ask it
    if "--sleep-idle-seconds" in known:
        command += ["--sleep-idle-seconds", str(IDLE_SECONDS)]
    if "2: warning" in known:
        command += ["--log-verbosity", "2"]  # one line per request would fill the log
    return command, name


def _is_gguf(file: Path) -> bool:
    """Whether a file begins as the format's description says; models are large, so only that is read."""
    try:
        with file.open("rb") as stream:
            return stream.read(len(_GGUF)) == _GGUF
    except OSError:
        return False


def frees_memory(command: list[str]) -> bool:
    """Whether the model's memory is freed while nobody asks."""
    return "--sleep-idle-seconds" in command


def ollama_model(model: str | None) -> str:
    """The name by which Ollama knows the model.

    Raises:
        RequestError: of kind `configuration`, for a file, which Ollama does not take.
    """
    if model is None or model.lower() in _SIZES:
        return f"qwen2.5-coder:{(model or '1.5b').lower()}"
    file = expanded(model)
    if model.endswith(".gguf") or (file is not None and file.exists()):
        raise wrong("Ollama takes no file; install llama-server for that, or name a model of Ollama.")
    return model


def environment_of(program: Program, port: int) -> dict[str, str]:
    """The environment for the server: nothing there may move it off loopback or ask for a key that we do not have.

    No keys or tokens go along but the one that its own downloads may need.
    """
    kept = child_environment(os.environ)
    if "HF_TOKEN" in os.environ:
        kept["HF_TOKEN"] = os.environ["HF_TOKEN"]
    environment = {name: value for name, value in kept.items() if not name.startswith("LLAMA_ARG_")}
    if program.name == "ollama":
        environment |= {"OLLAMA_HOST": f"127.0.0.1:{port}", "OLLAMA_KEEP_ALIVE": f"{IDLE_SECONDS}s"}
    return environment


def _help_of(program: Program) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a program that the person has installed
            [program.path, "--help"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_HELP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise wrong(f"{program.path} cannot be run ({type(error).__name__}); install it anew.") from error
    return done.stdout + done.stderr


# ---- asking a server of ours; loopback only, so no proxy of the environment may come in between


def _open(url: str, body: Mapping[str, Any] | None, seconds: float) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - always loopback
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=seconds)


def answers(url: str, body: Mapping[str, Any] | None = None, seconds: float = 5.0) -> bool:
    """Whether the address answers with status 200."""
    try:
        with _open(url, body, seconds) as answer:
            answer.read(_MOST_BYTES)
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, ValueError, urllib.error.URLError):
        return False


def pulled(port: int, model: str) -> Iterator[Mapping[str, Any]]:
    """Have Ollama download a model; yields what it says of the progress.

    Raises:
        OSError: when the connection breaks.
    """
    with _open(f"http://127.0.0.1:{port}/api/pull", {"model": model, "stream": True}, 600.0) as answer:
        for line in answer:
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                if isinstance(value, dict):
                    yield value


# ---- llama-server's download, which it reports to terminals only


def downloading(since: float, environment: Mapping[str, str]) -> int | None:
    """The bytes of the download that llama-server has begun since then, or None when there is none."""
    sizes = []
    for folder, pattern in _download_places(environment):
        with contextlib.suppress(OSError):
            for file in folder.glob(pattern):
                with contextlib.suppress(OSError):
                    found = file.stat()
                    if found.st_mtime >= since:
                        sizes.append(found.st_size)
    return sum(sizes) if sizes else None


def _download_places(environment: Mapping[str, str]) -> list[tuple[Path, str]]:
    person = home() or Path()  # Without a home none of these is there.
    cache = Path(environment.get("XDG_CACHE_HOME") or person / ".cache")
    own = [cache / "llama.cpp", person / "Library/Caches/llama.cpp"]
    if environment.get("LOCALAPPDATA"):
        own.append(Path(environment["LOCALAPPDATA"]) / "llama.cpp")
    hubs = [cache / "huggingface/hub"]
    if environment.get("LLAMA_CACHE"):
        own.insert(0, Path(environment["LLAMA_CACHE"]))
        hubs.append(Path(environment["LLAMA_CACHE"]))
    if environment.get("HF_HOME"):
        hubs.append(Path(environment["HF_HOME"]) / "hub")
    if environment.get("HF_HUB_CACHE"):
        hubs.append(Path(environment["HF_HUB_CACHE"]))
    ending = "*.downloadInProgress"
    inside = [f"models--*/blobs/{ending}", f"models--*/snapshots/*/{ending}"]
    return [(folder, ending) for folder in own] + [(folder, pattern) for folder in hubs for pattern in inside]


_REASON: Final = re.compile(r"(?i)\b(?:error|failed|cannot|could not|couldn't|unable|invalid)\b")
_LOG_PREFIX: Final = re.compile(r"\A[\d.]+ [A-Z] ")
"""The time and the level before a line of llama-server."""


def reason_in(log: Path) -> str:
    """The first line of a log that sounds like a reason, shortened; "" when there is none.

    What comes after it only follows from it.
    """
    try:
        lines = log.read_text("utf-8", errors="replace")[:_MOST_BYTES].splitlines()
    except OSError:
        return ""
    line = next((line for line in lines if _REASON.search(line)), lines[-1] if lines else "")
    line = _LOG_PREFIX.sub("", line)
    return "".join(character if character.isprintable() else " " for character in line).strip()[:200]
