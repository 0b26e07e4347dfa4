"""Model servers on this machine: found when nobody configured a provider, and located when a chosen one has no address.

In come the state folder and the environment; out come entries of the directory. Places are asked in this order: where
our own server runs, where `OLLAMA_HOST` points, where Foundry Local says that it listens (its port is another one after
each start), then the usual ports. Nothing off loopback is ever asked.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs

from aurelis.composition import local_server
from aurelis.composition.directory import Entry
from aurelis.composition.entries import configured_entries
from aurelis.config.folders import Folders
from aurelis.config.settings import Settings
from aurelis.core.deadline import Clock
from aurelis.providers.discovery import Probe, find_servers
from aurelis.providers.options import ProviderOptions, is_loopback
from aurelis.providers.profiles import PROFILES
from aurelis.security.process import child_environment

LOOK_SECONDS: Final = 15.0
"""How long to wait before looking again; longer than any look takes."""
_LISTENING_SECONDS: Final = 1.0
_CONNECT_SECONDS: Final = 0.5
FOUNDRY_LOCAL: Final = "foundry-local"
_OLLAMA_PORT: Final = 11434
_FOUNDRY_WORDS: Final = (("server", "status"), ("service", "status"))
"""The newer words of its command line, then those before version 0.10."""
_FOUNDRY_SECONDS: Final = 3.0
_FOUNDRY_ADDRESS: Final = re.compile(r"http://(?:127\.0\.0\.1|localhost):(?P<port>\d{1,5})")
_MOST_OUTPUT: Final = 65_536


class Lookout:
    """Looks whether a model server was started meanwhile, now and then, and whether one that was found has stopped.

    `found` is called when one answers.
    """

    def __init__(
        self, clock: Clock, folder: Path | None, environ: Mapping[str, str], found: Callable[[], Awaitable[None]]
    ) -> None:
        self._clock = clock
        self._folder = folder
        self._environ = environ
        self._found = found
        self._next = clock.monotonic() + LOOK_SECONDS
        self._listened_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Look in the background, unless that was done a moment ago."""
        now = self._clock.monotonic()
        if now >= self._next:
            self._next = now + LOOK_SECONDS
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        if await found_entries(self._folder, self._environ):
            await self._found()

    async def misses(self, entries: Iterable[Entry], *, closely: bool) -> bool:
        """Whether one of the servers that were found listens no more; a connection to this machine tells at once.

        Without `closely`, one that listened a moment ago is taken to go on.
        """
        found = [entry.options.base_url for entry in entries if entry.why == "found on this machine"]
        now = self._clock.monotonic()
        if not found or (not closely and now < self._listened_at + _LISTENING_SECONDS):
            return False
        if not all(await asyncio.gather(*(_listens(url) for url in found if url is not None))):
            return True
        self._listened_at = now
        return False

    async def aclose(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])


async def entries_without_sandbox(
    settings: Settings, signed_in: Iterable[str], kept_in: Folders, environ: Mapping[str, str]
) -> list[Entry]:
    """The providers that were configured, chosen or signed in to; with `auto` and none, what answers here."""
    catalogues = str(kept_in.cache / "catalogues") if kept_in.cache is not None else None
    entries = await located(configured_entries(settings, signed_in, environ, catalogues), kept_in.state, environ)
    if not entries and settings.provider == "auto":
        return await found_entries(kept_in.state, environ)
    return entries


async def found_entries(folder: Path | None, environ: Mapping[str, str]) -> list[Entry]:
    """The servers that answer, the preferred one first; of two of a kind the first alone."""
    entries: dict[str, Entry] = {}
    for server in await find_servers(await asyncio.to_thread(places, folder, environ)):
        options = ProviderOptions(name=server.profile, profile=server.profile, base_url=server.base_url)
        entries.setdefault(server.profile, Entry(options, "found on this machine"))
    return list(entries.values())


async def located(entries: Iterable[Entry], folder: Path | None, environ: Mapping[str, str]) -> list[Entry]:
    """The entries, with the address of each local server that was chosen without one and answers somewhere."""
    given = list(entries)
    wanted = {entry.options.profile for entry in given if _without_address(entry)}
    if not wanted:
        return given
    around = await asyncio.to_thread(places, folder, environ)
    servers = await find_servers([place for place in around if place.profile in wanted])
    addresses = {server.profile: server.base_url for server in reversed(servers)}
    return [
        attrs.evolve(entry, options=attrs.evolve(entry.options, base_url=addresses[entry.options.profile]))
        if _without_address(entry) and entry.options.profile in addresses
        else entry
        for entry in given
    ]


async def _listens(base_url: str) -> bool:
    parts = urlsplit(base_url)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except TimeoutError:
        return True  # A busy server is there; its own time limits end the request.
    except OSError:
        return False
    writer.close()
    return True


def _without_address(entry: Entry) -> bool:
    profile = PROFILES.get(entry.options.profile)
    return entry.options.base_url is None and profile is not None and profile.local


def places(folder: Path | None, environ: Mapping[str, str]) -> tuple[Probe, ...]:
    """Where to look. Blocks: it reads a file, and runs Foundry Local's command if that is installed."""
    usual = local_server.probes(folder)
    told = [
        Probe(port, profile)
        for port, profile in ((ollama_port(environ), "ollama"), (_foundry_port(environ), FOUNDRY_LOCAL))
        if port is not None
    ]
    known = {(place.port, place.profile) for place in told}
    ours, rest = usual[:1], usual[1:]
    return (*ours, *told, *(place for place in rest if (place.port, place.profile) not in known))


def ollama_port(environ: Mapping[str, str]) -> int | None:
    """The port that `OLLAMA_HOST` names on this machine; None when it names none or another machine."""
    text = environ.get("OLLAMA_HOST", "").strip().strip("\"'")
    if not text:
        return None
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port or _OLLAMA_PORT
    except ValueError:
        return None
    host = parts.hostname or "127.0.0.1"
    return port if host in {"0.0.0.0", "::"} or is_loopback(host) else None  # noqa: S104 - it is compared, nothing listens there


def _foundry_port(environ: Mapping[str, str]) -> int | None:
    program = shutil.which("foundry", path=environ.get("PATH"))
    if program is None:
        return None
    for words in _FOUNDRY_WORDS:
        try:
            done = subprocess.run(  # noqa: S603 - a program that the person has installed, asked for its status
                [program, *words],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_FOUNDRY_SECONDS,
                check=False,
                env=child_environment(environ),
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        address = _FOUNDRY_ADDRESS.search(done.stdout[:_MOST_OUTPUT])
        if address is not None and 0 < int(address["port"]) < 2**16:
            return int(address["port"])
    return None
