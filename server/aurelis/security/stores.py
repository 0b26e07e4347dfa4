"""The two places that keep tokens between sessions: credentials.toml and the keychain, behind the same three verbs.

In comes a provider's name; out comes an `Entry`, the token as it was stored and the origin it is bound to. What goes
wrong is a `StoreError` whose message is a clause for the user.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from aurelis.security import credential_file
from aurelis.security.credential_file import CredentialFileError, Entry
from aurelis.security.keychain import Keychain, KeychainError, KeychainState
from aurelis.security.worker import Worker

T = TypeVar("T")

_FILE_SECONDS: Final = 5.0
"""How long the disk may take."""


class StoreError(Exception):
    """A store could not be asked or changed; the message is a clause without a full stop."""


class FileStore:
    """credentials.toml of the configuration folder, None where there is no such folder."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / credential_file.NAME if folder else None
        self._worker = Worker("aurelis-credentials")

    async def find(self, provider: str) -> Entry | None:
        """The provider's entry.

        Raises:
            StoreError: when the file must not or cannot be used.
        """
        file = self._file
        return None if file is None else await self._call(lambda: credential_file.read(file).get(provider))

    async def keep(self, provider: str, entry: Entry) -> None:
        """Write the provider's entry.

        Raises:
            StoreError: when it was not written.
        """
        file = self._file
        if file is None:
            raise StoreError("There is no configuration folder to keep a token in")
        await self._call(lambda: credential_file.write(file, {**credential_file.read(file), provider: entry}))

    async def remove(self, provider: str) -> bool:
        """Remove the provider's entry; False when there was none.

        Raises:
            StoreError: when it may still be there.
        """
        file = self._file
        if file is None:
            return False

        def work() -> bool:
            entries = credential_file.read(file)
            if entries.pop(provider, None) is None:
                return False
            credential_file.write(file, entries)
            return True

        return await self._call(work)

    async def _call(self, work: Callable[[], T]) -> T:
        try:
            return await self._worker.call(work, _FILE_SECONDS)
        except CredentialFileError as error:
            raise StoreError(str(error)) from None
        except TimeoutError:
            raise StoreError(f"{credential_file.NAME} cannot be reached in time") from None


class KeychainStore:
    """The operating system's keychain; each text in it is JSON with token and origin."""

    def __init__(self, keychain: Keychain) -> None:
        self._keychain = keychain

    async def find(self, provider: str) -> Entry | None:
        """The provider's entry; a plain text was set by hand and is bound to nothing yet.

        Raises:
            StoreError: when the keychain cannot be asked.
        """
        try:
            text = await self._keychain.get(provider)
        except KeychainError as error:
            raise StoreError(str(error)) from None
        return None if text is None else _opened(text)

    async def keep(self, provider: str, entry: Entry) -> None:
        """Store the provider's entry.

        Raises:
            StoreError: when it was not stored.
        """
        try:
            await self._keychain.set(provider, json.dumps({"origin": entry.origin, "token": entry.token}))
        except KeychainError as error:
            raise StoreError(str(error)) from None

    async def remove(self, provider: str) -> bool:
        """Remove the provider's entry; False when there was none, or no keychain that could hold one.

        Raises:
            StoreError: when it may still be there.
        """
        try:
            return await self._keychain.delete(provider)
        except KeychainError as error:
            if error.state in {KeychainState.ABSENT, KeychainState.UNSUITABLE}:
                return False
            raise StoreError(str(error)) from None


def _opened(text: str) -> Entry:
    """What the keychain holds; a plain text was set by hand and is bound to nothing yet."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return Entry(text, None)
    if not isinstance(found, dict):
        return Entry(text, None)
    token, origin = found.get("token"), found.get("origin")
    return Entry(token if isinstance(token, str) else "", origin if isinstance(origin, str) else "")
