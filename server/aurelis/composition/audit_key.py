"""The key that signs the audit log: made at the first use and kept in the keychain, where there is one."""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from pathlib import Path
from typing import Final

from aurelis.observe.file_lock import locked
from aurelis.security.keychain import Keychain, KeychainError

ENTRY: Final = "(audit log)"
"""The key's name in the keychain; no provider can be called that."""

KEY_BYTES: Final = 32
KEYCHAIN_SECONDS: Final = 3.0
LOCK: Final = "audit.key.lock"
LOCK_SECONDS: Final = 10.0


def signing_key(state: Path) -> bytes | None:
    """The key, made if there is none yet; None without a keychain. Blocks: call it on a thread without an event loop.

    `state` is the folder of a lock, so that of two processes that start at once only one makes a key.
    """
    return asyncio.run(_found_or_made(Keychain(timeout_seconds=KEYCHAIN_SECONDS), state))


async def known_key() -> bytes | None:
    """The key if there is one; None without a keychain too."""
    try:
        return _read(await Keychain(timeout_seconds=KEYCHAIN_SECONDS).get(ENTRY))
    except KeychainError:
        return None


async def _found_or_made(keychain: Keychain, state: Path) -> bytes | None:
    try:
        found = _read(await keychain.get(ENTRY))
        if found is None:
            with locked(state / LOCK, LOCK_SECONDS):
                found = _read(await keychain.get(ENTRY))
                if found is None:
                    found = secrets.token_bytes(KEY_BYTES)
                    await keychain.set(ENTRY, base64.b64encode(found).decode("ascii"))
    except (KeychainError, OSError):
        return None
    return found


def _read(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == KEY_BYTES else None
