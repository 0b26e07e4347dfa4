"""What is kept and where: answers and the store, made from the settings and the platform's folders."""

from __future__ import annotations

from pathlib import Path

from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Layer
from aurelis.cache.layered import LayeredCache
from aurelis.cache.memory import MemoryLayer
from aurelis.config.folders import Folders
from aurelis.config.settings import CacheSettings
from aurelis.core.deadline import Clock

STORE_FILE = "aurelis.sqlite3"


def open_cache(settings: CacheSettings, folders: Folders, clock: Clock) -> LayeredCache:
    """The layers that the settings switch on; a layer without a usable folder is left out."""
    layers: list[Layer] = []
    memory, disk = settings.memory, settings.disk
    if memory.enabled:
        layers.append(
            MemoryLayer(clock, entries=memory.entries, ttl_seconds=memory.ttl_seconds, max_bytes=memory.max_bytes)
        )
    folder = Path(disk.path).expanduser() if disk.path else (folders.cache / "answers" if folders.cache else None)
    if disk.enabled and folder is not None:
        secret = (folders.data or folder) / "cache.key"
        layers.append(DiskLayer(clock, folder, secret, ttl_seconds=disk.ttl_seconds, max_bytes=disk.max_bytes))
    return LayeredCache(clock, layers, settings.ttl_by_task)


def store_file(folders: Folders) -> Path | None:
    """Where the store lies; None keeps it in memory."""
    return folders.state / STORE_FILE if folders.state is not None else None
