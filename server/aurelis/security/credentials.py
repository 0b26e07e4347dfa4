"""Which token goes to which provider: four sources in a fixed order, each token bound to one origin.

In come a provider's name, the origin that its requests go to and the names of environment variables; out comes a
`Token`, None, or an error that says to sign in again. Nothing here prompts, logs a token or keeps one where it prints.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from aurelis.core.deadline import Clock, SystemClock
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.security.credential_file import Entry
from aurelis.security.keychain import Keychain
from aurelis.security.stores import FileStore, KeychainStore, StoreError
from aurelis.security.token import Origin, Token, checked_token, clean_token, handed_over, origin_of

__all__ = ["Credentials", "Lookup", "Origin", "Token", "origin_of"]

Source = Literal["editor", "environment", "file", "keychain"]

MOST_PROVIDERS: Final = 100
"""Providers whose tokens are held in memory."""

ABSENCE_SECONDS: Final = 30.0
"""How long the absence of a token is believed, so that a login in a terminal reaches a running server."""


@attrs.frozen
class Lookup:
    """Whose token is wanted.

    Attributes:
        provider: its name in the settings.
        origin: where its requests go.
        variable: the environment variable that the user named (`apiKeyEnv`).
        own_variable: the variable that this kind of provider is known for; give it for configured providers alone.
        own_origin: where tokens of `own_variable` belong; None where every user has an address of their own.
    """

    provider: str
    origin: Origin
    variable: str | None = None
    own_variable: str | None = None
    own_origin: Origin | None = None


@attrs.frozen
class _Found:
    """Outcome of a search through file and keychain; `notes` are clauses about sources that could not be asked."""

    token: Token | None = None
    source: Source | None = None
    bound_elsewhere: str | None = None
    notes: tuple[str, ...] = ()
    at: float = 0.0


class Credentials:
    """The tokens of this process.

    `folder` is the configuration folder, None where there is none. `environ` is read at each look-up.
    """

    def __init__(
        self,
        folder: Path | None,
        environ: Mapping[str, str],
        *,
        keychain: Keychain | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._environ = environ
        self._stores: Mapping[Source, FileStore | KeychainStore] = {
            "file": FileStore(folder),
            "keychain": KeychainStore(keychain or Keychain()),
        }
        self._clock = clock or SystemClock()
        self._handed_over: dict[str, Entry] = {}
        self._kept: dict[tuple[str, Origin], _Found] = {}
        self._first_use: dict[tuple[Source, str], str] = {}
        # The stores take few calls at once, so requests share a search: one at most for each provider and address.
        self._searches: dict[tuple[str, Origin], asyncio.Task[_Found]] = {}

    def hand_over(self, provider: str, token: str | None, origin: str | None = None) -> None:
        """Take a token from the editor for this process; None falls back to the next source.

        `origin` is what the user agreed to when signing in; without it the token is bound to its first use.

        Raises:
            RequestError: of kind `configuration`, for something that is no token.
        """
        self.forget(provider)
        if token is None:
            self._handed_over.pop(provider, None)
            return
        if provider not in self._handed_over and len(self._handed_over) >= MOST_PROVIDERS:
            raise RequestError(
                ErrorKind.CONFIGURATION, "Too many providers have handed over tokens; restart the editor."
            )
        self._handed_over[provider] = Entry(*handed_over(token, origin))

    async def token(self, lookup: Lookup) -> Token | None:
        """The token for a provider's origin, None where no source has one.

        Raises:
            RequestError: of kind `auth`, when the only token is bound to another origin: sign in again.
        """
        found = await self._search(lookup)
        if found.token is None and found.bound_elsewhere is not None:
            raise RequestError(
                ErrorKind.AUTH,
                f"The token for {lookup.provider} is bound to {found.bound_elsewhere}, but the settings now point to "
                f"{lookup.origin}; sign in again with `aurelis login {lookup.provider}` if you trust that address.",
                provider=lookup.provider,
                final_for_provider=True,
                security_event="token_rejected",
            )
        return found.token

    async def absence(self, lookup: Lookup) -> str:
        """Sentences about sources that could not be asked, or must not be, where there is no token; "" without any."""
        found = await self._search(lookup)
        return "" if found.token is not None else " ".join(f"{note}." for note in found.notes)

    def forget(self, provider: str) -> None:
        """Look the token up anew next time: after a 401, and when settings or tokens change."""
        for known in (self._kept, self._searches):
            for key in [key for key in known if key[0] == provider]:
                del known[key]

    async def reach(self, provider: str, where: Literal["keychain", "file"]) -> None:
        """See whether a token could be kept there, before anybody types one.

        Raises:
            RequestError: of kind `configuration`, when it could not; the message says why and what else there is.
        """
        try:
            await self._stores[where].find(provider)
        except StoreError as error:
            raise _unkept(f"{error}, so that no token was asked for.", provider, where) from None

    async def store(self, provider: str, origin: Origin, token: str, *, where: Literal["keychain", "file"]) -> None:
        """Keep a token for later sessions (login).

        Raises:
            RequestError: of kind `configuration`, when it could not be kept; the message says why.
        """
        entry = Entry(checked_token(token), str(origin))
        self._first_use.pop((where, provider), None)
        try:
            await self._stores[where].keep(provider, entry)
        except StoreError as error:
            raise _unkept(f"{error}; the token was not stored.", provider, where) from None
        finally:
            self.forget(provider)

    async def delete(self, provider: str) -> tuple[Source, ...]:
        """Remove a token from keychain, file and memory (logout); returns where it was.

        Raises:
            RequestError: of kind `configuration`, when a source that may hold it could not be changed.
        """
        removed: list[Source] = ["editor"] if self._handed_over.pop(provider, None) else []
        failed = []
        for source, store in self._stores.items():
            self._first_use.pop((source, provider), None)
            try:
                removed += [source] if await store.remove(provider) else []
            except StoreError as error:
                failed.append(str(error))
        self.forget(provider)
        if failed:
            raise RequestError(ErrorKind.CONFIGURATION, f"{'. '.join(failed)}; a token may still be there.")
        return tuple(removed)

    async def status(self, lookups: Iterable[Lookup]) -> tuple[Mapping[str, Any], ...]:
        """Per provider `{provider, source, origin, present, message?}`; never a token."""
        return tuple([await self._status(lookup) for lookup in lookups])

    def mentions(self, variables: Iterable[str]) -> tuple[str, ...]:
        """Those of the variables that are set: keys of providers that nobody configured, mentioned and never used."""
        return tuple(name for name in variables if self._environ.get(name))

    async def _status(self, lookup: Lookup) -> Mapping[str, Any]:
        found = await self._search(lookup)
        row: dict[str, Any] = {
            "provider": lookup.provider,
            "source": found.source,
            "origin": str(lookup.origin),
            "present": found.token is not None,
        }
        if found.token is None and found.bound_elsewhere:
            row["message"] = f"The token is bound to {found.bound_elsewhere}; sign in again."
        elif found.token is None and found.notes:
            row["message"] = " ".join(f"{note}." for note in found.notes)
        return row

    async def _search(self, lookup: Lookup) -> _Found:
        bound_elsewhere = None
        entry = self._handed_over.get(lookup.provider)
        if entry is not None:
            if entry.origin in {None, str(lookup.origin)}:
                self._handed_over[lookup.provider] = Entry(entry.token, str(lookup.origin))
                return _Found(Token(entry.token, lookup.origin), "editor")
            bound_elsewhere = entry.origin
        notes = []
        name = lookup.variable
        if name is None and lookup.own_variable and self._environ.get(lookup.own_variable):
            if lookup.own_origin in {None, lookup.origin}:
                name = lookup.own_variable
            else:
                notes.append(f"{lookup.own_variable} belongs to {lookup.own_origin} and is not sent to {lookup.origin}")
        if name and self._environ.get(name):
            value = clean_token(self._environ[name])
            if value is not None:
                return _Found(Token(value, lookup.origin), "environment")
            notes.append(f"The variable {name} holds no token (blanks or odd characters in it)")
        kept = self._known(lookup)
        if kept is None:
            key = (lookup.provider, lookup.origin)
            search = self._searches.get(key)
            if search is None:
                search = self._searches[key] = asyncio.create_task(self._search_stores_and_keep(lookup))
            kept = await asyncio.shield(search)
        elsewhere = bound_elsewhere or kept.bound_elsewhere
        return attrs.evolve(kept, bound_elsewhere=elsewhere, notes=(*notes, *kept.notes))

    def _known(self, lookup: Lookup) -> _Found | None:
        """What a search found that need not be made again yet."""
        kept = self._kept.get((lookup.provider, lookup.origin))
        if kept is not None and kept.token is None and self._clock.monotonic() - kept.at > ABSENCE_SECONDS:
            return None
        return kept

    async def _search_stores_and_keep(self, lookup: Lookup) -> _Found:
        """Search file and keychain; what was found is kept, unless it was to be forgotten meanwhile."""
        key = (lookup.provider, lookup.origin)
        try:
            found = await self._search_stores(lookup)
        finally:
            wanted = self._searches.get(key) is asyncio.current_task()
            if wanted:
                del self._searches[key]
        if wanted:
            if len(self._kept) >= MOST_PROVIDERS:
                self._kept.clear()
            self._kept[key] = found
        return found

    async def _search_stores(self, lookup: Lookup) -> _Found:
        bound_elsewhere = None
        notes = []
        for source, store in self._stores.items():
            try:
                entry = await store.find(lookup.provider)
            except StoreError as error:
                notes.append(str(error))
                continue
            value = clean_token(entry.token) if entry else None
            if entry is None or value is None:
                continue
            if entry.origin is None:
                entry = await self._bound(source, store, Entry(value, str(lookup.origin)), lookup.provider)
            if entry.origin == str(lookup.origin):
                return _Found(Token(value, lookup.origin), source, at=self._clock.monotonic())
            bound_elsewhere = bound_elsewhere or entry.origin
        return _Found(bound_elsewhere=bound_elsewhere, notes=tuple(notes), at=self._clock.monotonic())

    async def _bound(self, source: Source, store: FileStore | KeychainStore, entry: Entry, provider: str) -> Entry:
        """Bind a token that was stored by hand to its first use, for good where it can be written down."""
        if len(self._first_use) >= MOST_PROVIDERS:
            return Entry(entry.token, "another address")
        first = self._first_use.setdefault((source, provider), str(entry.origin))
        if first == entry.origin:
            with contextlib.suppress(StoreError):
                await store.keep(provider, entry)
        return Entry(entry.token, first)


def _unkept(why: str, provider: str, where: Literal["keychain", "file"]) -> RequestError:
    """What to do where a token cannot be kept."""
    if where == "keychain":
        why += (
            f" `aurelis login {provider} --file` keeps it in a file of your own, and "
            f"providers.{provider}.apiKeyEnv names an environment variable that holds it."
        )
    return RequestError(ErrorKind.CONFIGURATION, why)
