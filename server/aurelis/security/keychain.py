"""The operating system's keychain through keyring, with its many ways of not being there turned into words.

In comes a provider's name; out comes the stored text, or a `KeychainError` whose sentence can be shown. keyring itself
is imported on the keychain's own thread at first use. Backends that keep files and ask for a password on the terminal
are refused: the server's stdin is the protocol.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from aurelis.security.worker import Worker

T = TypeVar("T")

SERVICE: Final = "aurelis"
TIMEOUT_SECONDS: Final = 10.0
"""How long one call may take; a person who unlocks the keychain more slowly is served by the next call."""

_FILE_BACKENDS: Final = ("keyrings.alt", "keyrings.cryptfile")
_SIGNS_OF_A_KEYCHAIN: Final = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY")
"""A session bus, or a desktop that would start one."""
_CHOICE: Final = "PYTHON_KEYRING_BACKEND"
"""The variable by which people choose a backend of keyring's."""
_NONE_MODULES: Final = frozenset({"keyring.backends.fail", "keyring.backends.null"})
"""The backends that keep nothing."""


class KeychainState(StrEnum):
    """Why the keychain gave no answer."""

    ABSENT = "absent"
    LOCKED = "locked"
    UNREADY = "unready"
    UNSUITABLE = "unsuitable"
    SLOW = "slow"
    FAILED = "failed"


SENTENCES: Final = {
    KeychainState.ABSENT: "This machine has no keychain",
    KeychainState.LOCKED: "The keychain is locked; unlock it and try again",
    KeychainState.UNREADY: "The keychain is not set up or its prompt was dismissed",
    KeychainState.UNSUITABLE: "The only keychain here is a file that may ask for a password on the terminal, not used",
    KeychainState.SLOW: "The keychain does not answer; it may be waiting for you to unlock it",
    KeychainState.FAILED: "The keychain failed",
}


class KeychainError(Exception):
    """The keychain gave no answer; the message is a clause without a full stop."""

    def __init__(self, state: KeychainState) -> None:
        super().__init__(SENTENCES[state])
        self.state = state


class Keychain:
    """Texts by provider name, in the service `aurelis`. `backend` replaces keyring's own choice."""

    def __init__(self, backend: Callable[[], Any] | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._backend = backend
        self._timeout_seconds = timeout_seconds
        self._worker = Worker("aurelis-keychain")

    async def get(self, provider: str) -> str | None:
        """The stored text, or None.

        Raises:
            KeychainError: when the keychain cannot be asked.
        """
        found = await self._call(lambda chosen: chosen.get_password(SERVICE, provider))
        return found if isinstance(found, str) else None

    async def set(self, provider: str, text: str) -> None:
        """Store a text.

        Raises:
            KeychainError: when it was not stored.
        """
        await self._call(lambda chosen: chosen.set_password(SERVICE, provider, text))

    async def delete(self, provider: str) -> bool:
        """Remove a text; False when there was none.

        Raises:
            KeychainError: when the keychain cannot be asked.
        """

        def remove(chosen: Any) -> bool:
            if chosen.get_password(SERVICE, provider) is None:
                return False
            chosen.delete_password(SERVICE, provider)
            return True

        return await self._call(remove)

    async def _call(self, use: Callable[[Any], T]) -> T:
        def work() -> T | KeychainState:
            if self._backend is None and nowhere(os.environ, sys.platform):
                return KeychainState.ABSENT
            from keyring import errors, get_keyring  # noqa: PLC0415 - a tenth of a second that only this thread pays

            try:
                return use(suitable((self._backend or get_keyring)()))
            except KeychainError as error:
                return error.state
            except errors.NoKeyringError:
                return KeychainState.ABSENT
            except errors.KeyringLocked:
                return KeychainState.LOCKED
            except errors.InitError:
                return KeychainState.UNREADY
            except Exception:  # noqa: BLE001 - each backend raises its own, and some quote what they were given
                return KeychainState.FAILED

        try:
            found = await self._worker.call(work, self._timeout_seconds)
        except TimeoutError:
            raise KeychainError(KeychainState.SLOW) from None
        if isinstance(found, KeychainState):
            raise KeychainError(found)
        return found


def nowhere(environ: Mapping[str, str], platform: str) -> bool:
    """Whether it is plain that there is no keychain: a Linux without a session bus, where nobody chose another backend.

    Or where somebody chose that there shall be none. Finding that out through keyring would cost every server there
    8 MB, for the libraries of all backends.
    """
    choice = environ.get(_CHOICE)
    if choice:
        return choice.rpartition(".")[0] in _NONE_MODULES
    if not platform.startswith("linux") or any(environ.get(name) for name in _SIGNS_OF_A_KEYCHAIN):
        return False
    folder = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "")) / ".config"
    return not Path(folder, "python_keyring", "keyringrc.cfg").exists()


def suitable(backend: Any) -> Any:
    """The backend, or the first fit one of a chain.

    Raises:
        KeychainError: for no backend, and for files that ask on the terminal or lie there in plain text.
    """
    chained = [one for one in getattr(backend, "backends", ()) if not _keeps_files(one)]
    chosen = chained[0] if chained else backend
    if type(chosen).__module__ in _NONE_MODULES:
        raise KeychainError(KeychainState.ABSENT)
    if _keeps_files(chosen) or getattr(chosen, "backends", None):
        raise KeychainError(KeychainState.UNSUITABLE)
    return chosen


def _keeps_files(backend: Any) -> bool:
    modules = [ancestor.__module__ for ancestor in type(backend).__mro__]
    return hasattr(type(backend), "keyring_key") or any(module.startswith(_FILE_BACKENDS) for module in modules)
