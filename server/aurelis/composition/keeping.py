"""What is kept and where: answers and the store, made from the settings and the platform's folders."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from aurelis.cache.bulletin import Bulletin, FileBulletin
from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Layer
from aurelis.cache.layered import LayeredCache
from aurelis.cache.memory import MemoryLayer
from aurelis.config.folders import Folders
from aurelis.config.settings import CacheSettings, DiskCacheSettings, RedisCacheSettings
from aurelis.core.deadline import Clock
from aurelis.core.errors import RequestError
from aurelis.core.home import expanded

if TYPE_CHECKING:
    from aurelis.cache.redis import RedisLayer

LOGGER: Final = logging.getLogger("aurelis.cache")

STORE_FILE: Final = "aurelis.sqlite3"
BULLETIN_FILE: Final = "cache.dropped"


@attrs.frozen
class OpenCache:
    """The answers' layers and what tells other processes of dropped ones; closed together.

    `faults` are sentences about layers that the settings want and that cannot be had.
    """

    answers: LayeredCache
    bulletin: FileBulletin | None
    faults: tuple[str, ...] = ()

    async def aclose(self) -> None:
        """Finish writing and close everything."""
        await self.answers.aclose()
        if self.bulletin is not None:
            await self.bulletin.aclose()


async def open_cache(settings: CacheSettings, folders: Folders, clock: Clock, environ: Mapping[str, str]) -> OpenCache:
    """The layers that the settings switch on; a layer that cannot be had is left out with a warning."""
    layers: list[Layer] = []
    bulletins: list[Bulletin] = []
    faults: list[str] = []
    memory, disk = settings.memory, settings.disk
    if memory.enabled:
        layers.append(
            MemoryLayer(clock, entries=memory.entries, ttl_seconds=memory.ttl_seconds, max_bytes=memory.max_bytes)
        )
    if settings.redis.url is not None:
        try:
            shared = _shared_layer(settings.redis, settings.redis.url, clock, environ)
            layers.append(shared)
            bulletins.append(shared)
        except RequestError as error:
            faults.append(f"The shared cache is off: {error.message}")
            LOGGER.warning("%s", faults[-1])
    folder = _disk_folder(disk, folders)
    if disk.enabled and folder is not None:
        secret = (folders.data or folder) / "cache.key"
        on_disk = DiskLayer(clock, folder, secret, ttl_seconds=disk.ttl_seconds, max_bytes=disk.max_bytes)
        await on_disk.open()
        layers.append(on_disk)
    elif disk.enabled:
        faults.append("The cache's folder cannot be used, so answers are kept in memory alone.")
    bulletin = FileBulletin(folders.state / BULLETIN_FILE, clock.time) if folders.state is not None else None
    if bulletin is not None:
        bulletins.append(bulletin)
    return OpenCache(LayeredCache(clock, layers, settings.ttl_by_task, bulletins), bulletin, tuple(faults))


def _disk_folder(settings: DiskCacheSettings, folders: Folders) -> Path | None:
    if settings.path:
        return expanded(settings.path)
    return folders.cache / "answers" if folders.cache is not None else None


def _shared_layer(settings: RedisCacheSettings, url: str, clock: Clock, environ: Mapping[str, str]) -> RedisLayer:
    from aurelis.cache.redis import RedisLayer as Layer  # noqa: PLC0415 - redis only where it is configured

    key = environ.get(settings.key_env or "", "")
    return Layer(clock, url, key.encode(), ttl_seconds=settings.ttl_seconds, max_bytes=settings.max_bytes)


def store_file(folders: Folders) -> Path | None:
    """Where the store lies; None keeps it in memory."""
    return folders.state / STORE_FILE if folders.state is not None else None
