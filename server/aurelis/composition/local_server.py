"""The model server that `aurelis local` started: one for all editors, known by a private file in the state folder.

In comes the folder; out comes who runs where, if it still does. A process counts as the one in the file only while its
number and the time of its start are the same, so that nothing else is ever taken for it or stopped.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from aurelis.core.whole_file import replace_whole
from aurelis.providers.discovery import PROBES, Probe

_SYSTEM: Final = platform.system()
STATE_FILE: Final = "local-server.json"
_LOOK_SECONDS: Final = 0.05
_TOOL_SECONDS: Final = 10.0
_START_FIELD: Final = 19
"""The start time in /proc/PID/stat, counted after the name in brackets (proc(5): field 22)."""


@attrs.frozen(kw_only=True)
class LocalServer:
    """A model server on this machine.

    `pid` is 0 for one that ran before and is not ours to stop; `identity` tells its process from later ones of the
    same number; `profile` is the provider's profile.
    """

    program: str
    profile: str
    pid: int
    identity: str
    port: int
    model: str

    @property
    def base_url(self) -> str:
        """The base of its OpenAI-compatible routes."""
        return f"http://127.0.0.1:{self.port}/v1"


def read(folder: Path | None) -> LocalServer | None:
    """The server of the file, whether it runs or not. Touches the disk."""
    if folder is None:
        return None
    try:
        data: Any = json.loads((folder / STATE_FILE).read_text("utf-8"))
        values = {field.name: data[field.name] for field in attrs.fields(LocalServer)}
    except (OSError, ValueError, TypeError, LookupError):
        return None
    numbers = [values.pop("pid"), values.pop("port")]
    if not all(type(number) is int for number in numbers) or not all(isinstance(text, str) for text in values.values()):
        return None
    pid, port = numbers
    return LocalServer(pid=pid, port=port, **values) if pid >= 0 and 0 < port < 2**16 else None


def write(folder: Path, server: LocalServer) -> None:
    """Keep the server in the file, private to the user."""
    replace_whole(folder / STATE_FILE, json.dumps(attrs.asdict(server)))


def forget(folder: Path) -> None:
    """Remove the file."""
    (folder / STATE_FILE).unlink(missing_ok=True)


def probes(folder: Path | None) -> tuple[Probe, ...]:
    """Where to look for model servers: where ours runs, then the usual places."""
    server = read(folder)
    usual = tuple(probe for probe in PROBES if server is None or probe.port != server.port)
    return (Probe(server.port, server.profile), *usual) if server is not None and runs(server) else PROBES


def identity(pid: int) -> str:
    """What tells a running process from others that have or had its number; "" when there is none."""
    if pid <= 0:
        return ""
    if _SYSTEM == "Linux":
        return _identity_on_linux(pid)
    if _SYSTEM == "Windows":
        row = _output(["tasklist", "/FI", f"PID eq {pid}", "/FO", "CSV", "/NH"])
        # What is no row says that there is no such process.
        return row.partition(",")[0] if row.startswith('"') else ""
    state = _output(["ps", "-o", "stat=,lstart=", "-p", str(pid)]).split(maxsplit=1)
    return "" if len(state) < 2 or state[0].startswith("Z") else " ".join(state[1].split())  # noqa: PLR2004 - two words


def _identity_on_linux(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if len(fields) <= _START_FIELD or fields[0] in {"Z", "X"} else fields[_START_FIELD]


def runs(server: LocalServer) -> bool:
    """Whether the process of the file still runs; True for one that is not ours."""
    return server.pid == 0 or (bool(server.identity) and identity(server.pid) == server.identity)


def stop(server: LocalServer, seconds: float = 10.0) -> None:
    """End the server and its children: asked to, and after `seconds` made to. Blocks."""
    if server.pid == 0 or not runs(server):
        return
    if _SYSTEM == "Windows":
        _output(["taskkill", "/PID", str(server.pid), "/T", "/F"])
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        # It leads a group of its own, with the processes that it started.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(server.pid, number)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not runs(server):
                return
            time.sleep(_LOOK_SECONDS)


def launch(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a program that outlives this one, without a terminal; what it says goes to `log`, which is begun anew.

    Raises:
        OSError: when it cannot be started.
    """
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    try:
        return subprocess.Popen(  # noqa: S603 - a program that the person has installed, with our own arguments
            command, stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor, env=dict(environment), **detached
        )
    finally:
        os.close(descriptor)


def _output(command: list[str]) -> str:
    # A time must read the same in every process that asks, whatever its language and time zone.
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    try:
        done = subprocess.run(  # noqa: S603 - the system's own tools, with a number
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TOOL_SECONDS,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
