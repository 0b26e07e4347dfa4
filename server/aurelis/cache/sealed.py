"""A seal on every entry that leaves memory, so that nobody without the key can plant or swap one.

The seal is HMAC-SHA256 (RFC 2104, FIPS 198-1) over the entry's own key and its bytes: an entry copied to another key,
altered, cut or written by a stranger is not opened. It also serves as the checksum against damage.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from aurelis.core.plain_file import open_plain

_MARK: Final = b"AUR1"
_SEAL_BYTES: Final = 32
_KEY_BYTES: Final = 32


def seal(secret: bytes, key: str, payload: bytes) -> bytes:
    """The payload with its mark and seal in front."""
    return _MARK + _mac(secret, key, payload) + payload


def unseal(secret: bytes, key: str, sealed: bytes) -> bytes:
    """The payload of a sealed value.

    Raises:
        ValueError: when the seal is not ours or not of this key.
    """
    start = len(_MARK) + _SEAL_BYTES
    payload = sealed[start:]
    if sealed[: len(_MARK)] != _MARK or not hmac.compare_digest(sealed[len(_MARK) : start], _mac(secret, key, payload)):
        raise ValueError("the entry is not sealed with this key")
    return payload


def _mac(secret: bytes, key: str, payload: bytes) -> bytes:
    return hmac.digest(secret, b"%s\0%s\0%s" % (_MARK, key.encode(), payload), "sha256")


def private_folder(path: Path) -> None:
    """Create a folder that only the user can enter, or check that an existing one is the user's to write in alone.

    An existing empty folder is closed to others. One with something in it may serve other ends and stays as it is.

    Raises:
        OSError: when it cannot be created, belongs to somebody else, or others may write in it.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name != "posix":
        return
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.geteuid():
        raise PermissionError(f"the folder {path.name} belongs to another user")
    if mode & 0o022:
        raise PermissionError(f"other users may write in the folder {path.name}")
    if mode & 0o055 and not any(path.iterdir()):
        path.chmod(0o700)


def private_file(path: Path) -> None:
    """Create a file that only the user can read, unless it exists.

    Raises:
        OSError: when it cannot be created.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def user_secret(path: Path) -> bytes:
    """The user's own 32 random bytes, created on first use in a file that only the user can read.

    Two processes that create it at once end with the same bytes: the file is written aside and linked into place,
    which succeeds for one of them only.

    Raises:
        OSError: when the file can be neither read nor written, or is not private to the user.
    """
    private_folder(path.parent)
    for _ in range(3):
        try:
            return _read_secret(path)
        except FileNotFoundError:
            _create_secret(path)
        except ValueError:
            path.unlink(missing_ok=True)
    return _read_secret(path)


def _read_secret(path: Path) -> bytes:
    with open_plain(path, through_links=False) as file:
        found = os.fstat(file.fileno())
        if os.name == "posix" and (found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077):
            raise PermissionError(f"{path.name} must be private to its user (chmod 600)")
        content = file.read(_KEY_BYTES + 1)
    if len(content) != _KEY_BYTES:
        raise ValueError(f"{path.name} is damaged")
    return content


def _create_secret(path: Path) -> None:
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            return
    finally:
        aside.unlink(missing_ok=True)
