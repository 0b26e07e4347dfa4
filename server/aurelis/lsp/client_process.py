"""The client's process: when it is gone the server goes too, even where something else keeps the pipes open.

LSP 3.18, "Initialize Request": a client names its process so that the server can end with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import Final

LOOK_SECONDS: Final = 5.0
"""Between two looks at a process where the system does not tell of its end."""

LARGEST_ID: Final = 2**31 - 1


async def ended(process_id: int) -> None:
    """Return when a process has ended.

    Never returns for one that is not there at first: a client in another container has a number that means nothing
    here. Nor on Windows, where pipes end with whoever made them.
    """
    if sys.platform == "win32" or not 1 < process_id <= LARGEST_ID or not _is_there(process_id):
        await asyncio.Event().wait()
        return
    with contextlib.suppress(OSError, AttributeError):  # Another system, an old kernel, or a sandbox that forbids it.
        descriptor = os.pidfd_open(process_id)
        try:
            await _readable(descriptor)
        finally:
            os.close(descriptor)
        return
    while _is_there(process_id):  # noqa: ASYNC110 -- nobody tells
        await asyncio.sleep(LOOK_SECONDS)


async def _readable(descriptor: int) -> None:
    """Linux makes the descriptor of a process readable when that ends."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, told.set)
    try:
        await told.wait()
    finally:
        loop.remove_reader(descriptor)


def _is_there(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:  # Another user's: it is there.
        return True
    return True
