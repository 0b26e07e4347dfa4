"""Model servers on this machine, found by asking the usual ports of the loopback address.

In comes nothing but the profiles; out come the servers that answered with a list of models, with the profile that
fits. Nothing off loopback is ever asked, no token is sent, and where the system tells (Linux), a server that belongs
to another user is left alone: it could be anyone's.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from aurelis.core.model import ModelInfo
from aurelis.providers.catalogue import parse_models
from aurelis.providers.transport.client import user_agent

TOTAL_SECONDS: Final = 0.9
_MOST_BYTES: Final = 4 * 1024 * 1024
_LISTENING: Final = "0A"
_UID: Final = 7
"""The column of the user id in /proc/net/tcp (proc(5))."""
_HOST: Final = "127.0.0.1"


@attrs.frozen
class Probe:
    """One place to look: where the list of models is, and what the place usually is."""

    port: int
    profile: str
    models_path: str = "/v1/models"


PROBES: Final = (
    Probe(11434, "ollama"),
    Probe(9931, "llamacpp"),
    Probe(8080, "llamacpp"),
    Probe(8012, "llamacpp"),
    Probe(1234, "lmstudio"),
    Probe(8000, "vllm"),
    Probe(12434, "docker", "/engines/v1/models"),
    Probe(1337, "custom"),
    Probe(6767, "custom"),
)


@attrs.frozen
class FoundServer:
    """A model server on this machine; `base_url` is ready for a provider's options."""

    profile: str
    base_url: str
    models: tuple[ModelInfo, ...]


def listener_owners(port: int, tables: Sequence[Path] | None = None) -> frozenset[int] | None:
    """The user ids of the processes that listen on a loopback or wildcard port; None where the system does not tell."""
    chosen = tables if tables is not None else (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
    owners: set[int] = set()
    readable = False
    for table in chosen:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except (OSError, UnicodeDecodeError):
            continue
        readable = True
        for line in lines:
            fields = line.split()
            if len(fields) > _UID and fields[3] == _LISTENING and fields[1].endswith(f":{port:04X}"):
                owners.add(int(fields[_UID]))
    return frozenset(owners) if readable else None


def _belongs_to_user(port: int) -> bool:
    getuid = getattr(os, "getuid", None)
    owners = listener_owners(port)
    if getuid is None or owners is None:
        return True
    return owners == {getuid()}


async def _get(port: int, path: str) -> bytes | None:
    """The body of a plain answer of status 200, or None."""
    reader, writer = await asyncio.open_connection(_HOST, port, limit=_MOST_BYTES)
    try:
        lines = [f"GET {path} HTTP/1.0", f"Host: {_HOST}:{port}", f"User-Agent: {user_agent()}", "Accept: */*", "", ""]
        writer.write("\r\n".join(lines).encode("ascii"))
        await writer.drain()
        answer = bytearray()
        while len(answer) < _MOST_BYTES and (chunk := await reader.read(65536)):
            answer += chunk
            if _complete(answer):
                break
    finally:
        writer.close()
    head, separator, body = bytes(answer).partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if not separator or not head.startswith(b"HTTP/1.") or status != [b"200"]:
        return None
    headers = _headers(head)
    return _unchunk(body) if headers.get("transfer-encoding", "").lower() == "chunked" else body


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _complete(answer: bytearray) -> bool:
    head, separator, body = bytes(answer).partition(b"\r\n\r\n")
    if not separator:
        return False
    headers = _headers(head)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return body.endswith(b"0\r\n\r\n")
    length = headers.get("content-length", "")
    return length.isdecimal() and len(body) >= int(length)


def _unchunk(body: bytes) -> bytes:
    out = bytearray()
    while body:
        size, _, body = body.partition(b"\r\n")
        try:
            length = int(size.partition(b";")[0], 16)
        except ValueError:
            break
        if length <= 0:
            break
        out += body[:length]
        body = body[length + 2 :]
    return bytes(out)


def _fitting_profile(probe: Probe, body: bytes) -> str:
    """The profile by what the list says of itself, else by the port."""
    try:
        value: Any = json.loads(body)
        owners = {str(entry.get("owned_by", "")).lower() for entry in value["data"] if isinstance(entry, Mapping)}
    except (ValueError, TypeError, KeyError, RecursionError):
        return probe.profile
    if "llamacpp" in owners:
        return "llamacpp"
    if "vllm" in owners:
        return "vllm"
    return "custom" if probe.profile in {"llamacpp", "vllm"} else probe.profile


async def _ask(probe: Probe) -> FoundServer | None:
    try:
        body = await _get(probe.port, probe.models_path)
        if body is None or not _is_list(body) or not await asyncio.to_thread(_belongs_to_user, probe.port):
            return None
        profile = _fitting_profile(probe, body)
        base_url = f"http://{_HOST}:{probe.port}{probe.models_path.removesuffix('/models')}"
        models = tuple(entry.info for entry in parse_models(body, profile))
        if not models:  # It has nothing to answer with.
            return None
        return FoundServer(profile, base_url, models)
    except (OSError, ValueError, asyncio.IncompleteReadError):
        return None


def _is_list(body: bytes) -> bool:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("object") == "list" and isinstance(value.get("data"), list)


async def find_servers(probes: Sequence[Probe] = PROBES, *, seconds: float = TOTAL_SECONDS) -> tuple[FoundServer, ...]:
    """The model servers that answer on this machine within `seconds`, in the order of the probes; never raises."""
    tasks = [asyncio.create_task(_ask(probe)) for probe in probes]
    if not tasks:
        return ()
    try:
        await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    finished = [task.result() for task in tasks if not task.cancelled() and task.exception() is None]
    return tuple(server for server in finished if server is not None)
