"""A smaller process: what start-up leaves behind is collected and given back to the system.

The parts are imported on a thread. With glibc's defaults that leaves a second heap, and with it megabytes that a server
that lives for days would keep.
"""

from __future__ import annotations

import gc
import linecache
from collections.abc import Callable
from typing import Final

_M_ARENA_MAX: Final = -8
"""glibc's malloc.h: how many heaps threads may have between them."""

_GENERATED: Final = "<attrs generated"
"""How attrs names what it makes: two megabytes for the classes of lsprotocol."""


def share_one_heap() -> None:
    """Let threads take memory from the process's one heap; does nothing without glibc. Call it before they work."""
    mallopt = _glibc("mallopt")
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Collect what start-up left, exempt the rest from further collections, and return free pages to the system.

    Takes about 0.1 s: call it off the event loop.
    """
    _forget_generated_source()
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _forget_generated_source() -> None:
    """Drop the source of the methods that attrs made; only tracebacks would show it, and their names say enough."""
    for name in [name for name in linecache.cache if name.startswith(_GENERATED)]:
        linecache.cache.pop(name, None)


def _glibc(function: str) -> Callable[..., int] | None:
    import ctypes  # noqa: PLC0415 - not needed before the parts are built

    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    return getattr(library, function, None)
