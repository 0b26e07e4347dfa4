"""credentials.toml: tokens in a plain file of the configuration folder, for machines without a keychain.

It is read only if nobody else can read it, and written whole, with mode 0600, in one step. A table per provider:

    [NAME]
    token = "..."
    origin = "https://host"
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from aurelis.core.plain_file import NotPlainFileError, open_plain

NAME: Final = "credentials.toml"
LARGEST_FILE: Final = 1_048_576
"""Bytes; the file holds a few hundred."""


@attrs.frozen
class Entry:
    """A stored token and the origin it is bound to; no origin when it was written by hand and not used yet."""

    token: str = attrs.field(repr=False)
    origin: str | None


class CredentialFileError(Exception):
    """The file must not or cannot be used; the message is a clause without a full stop."""


def read(file: Path) -> dict[str, Entry]:
    """All entries; none where there is no file. Blocks.

    Raises:
        CredentialFileError: when the file is not private to the user, or is not what it should be.
    """
    try:
        with open_plain(file) as stream:
            complaint = _complaint(os.fstat(stream.fileno()))
            content = b"" if complaint else stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return {}
    except NotPlainFileError:
        raise CredentialFileError(f"{NAME} is not a plain file") from None
    except (OSError, ValueError):
        raise CredentialFileError(f"{NAME} cannot be read") from None
    if complaint:
        raise CredentialFileError(complaint)
    if len(content) > LARGEST_FILE:
        raise CredentialFileError(f"{NAME} is too large")
    import tomllib  # noqa: PLC0415 - only those who have a file pay for it

    try:
        tables = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise CredentialFileError(f"{NAME} is not valid TOML") from None
    return {name: entry for name, table in tables.items() if (entry := _entry(table)) is not None}


def write(file: Path, entries: Mapping[str, Entry]) -> None:
    """Replace the file. Blocks.

    Raises:
        CredentialFileError: when it cannot be written.
    """
    lines = ["# Tokens of Aurelis in plain text. Keep this file private; `aurelis logout NAME` removes an entry."]
    for name, entry in entries.items():
        lines += ["", f"[{json.dumps(name)}]", f"token = {json.dumps(entry.token)}"]
        lines += [f"origin = {json.dumps(entry.origin)}"] if entry.origin else []
    temporary = None
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{NAME}.")
        with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123 - the descriptor has mode 0600 already
            stream.write("\n".join(lines) + "\n")
            stream.flush()
            os.fsync(descriptor)
        Path(temporary).replace(file)
    except OSError:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise CredentialFileError(f"{NAME} cannot be written") from None


def _complaint(found: os.stat_result) -> str | None:
    if os.name != "posix":
        return None  # The profile folder's access list is what keeps it private there.
    if found.st_uid != os.geteuid():
        return f"{NAME} belongs to another user and is not used"
    if found.st_mode & 0o077:
        return f"{NAME} can be read by other users and is not used; run chmod 600 on it"
    return None


def _entry(table: object) -> Entry | None:
    if isinstance(table, str):
        return Entry(table, None)
    if not isinstance(table, dict) or not isinstance(table.get("token"), str):
        return None
    origin = table.get("origin")
    return Entry(table["token"], origin if isinstance(origin, str) else None)
