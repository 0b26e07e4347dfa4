"""Tokens for providers: which one a provider gets, and which providers a person has signed in to.

The keychain cannot be listed, so the names (never the tokens) of providers that were signed in to are kept in a file.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from aurelis.composition.directory import Entry
from aurelis.composition.entries import SANDBOX, entry_of
from aurelis.composition.names_file import read_names, write_names
from aurelis.config.folders import Folders
from aurelis.config.settings import ProviderSettings, Settings
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.providers.openai_compatible import open_provider
from aurelis.providers.options import ProviderOptions, check_base_url, is_loopback
from aurelis.providers.profiles import PROFILES, retired_vendor, unknown_name
from aurelis.providers.tokens import TokenCheck, TokenSource, format_warning
from aurelis.security.credentials import Credentials, Lookup
from aurelis.security.token import origin_of

NAMES_FILE: Final = "signed-in.json"
MOST_NAMES: Final = 100


class Authentication:
    """The tokens of this process and the list of sign-ins."""

    def __init__(self, folders: Folders, environ: Mapping[str, str]) -> None:
        self._credentials = Credentials(folders.config, environ)
        self._names_file = folders.state / NAMES_FILE if folders.state is not None else None
        self._handed_over: set[str] = set()
        self._sent: dict[str, bytes] = {}

    async def signed_in(self) -> tuple[str, ...]:
        """Providers with a token that somebody gave us on purpose, in alphabetical order."""
        kept = await asyncio.to_thread(_read_names, self._names_file)
        return tuple(sorted(self._handed_over | kept))

    def source(self, options: ProviderOptions) -> TokenSource:
        """Where a provider's token comes from before each request; it goes to the provider's own origin only."""
        if options.profile == SANDBOX:
            return TokenSource(_none)
        whose = cache(lambda: lookup_of(options))

        async def fetch() -> str | None:
            lookup = whose()
            token = await self._credentials.token(lookup)
            revealed = token.reveal(lookup.origin) if token is not None else None
            self._sent[options.name] = _fingerprint(revealed)
            return revealed

        async def absence() -> str:
            return await self._credentials.absence(whose())

        return TokenSource(fetch, absence)

    def hand_over(self, provider: str, token: str | None, origin: str | None = None) -> None:
        """Take a token from the editor, bound to `origin` or to its first use; None falls back to the next source.

        Raises:
            RequestError: of kind `configuration`, for something that is no token.
        """
        self._credentials.hand_over(provider, token, origin)
        if token is None:
            self._handed_over.discard(provider)
        else:
            self._handed_over.add(provider)

    async def changed(self, options: ProviderOptions) -> bool:
        """Look a provider's token up anew, in every place, and say whether it is another one than the one last sent."""
        self._credentials.forget(options.name)
        try:
            lookup = lookup_of(options)
            token = await self._credentials.token(lookup)
        except RequestError:
            return False
        now = token.reveal(lookup.origin) if token is not None else None
        return _fingerprint(now) != self._sent.get(options.name, _fingerprint(None))

    async def login(
        self, provider: str, token: str, settings: Settings, *, where: Literal["keychain", "file"] = "keychain"
    ) -> None:
        """Keep a token for later sessions, bound to the provider's address.

        Raises:
            RequestError: of kind `configuration`, for an unknown provider or when the token cannot be kept.
        """
        entry = _entry(provider, settings)
        await self._credentials.store(provider, lookup_of(entry.options).origin, token, where=where)
        await asyncio.to_thread(_change_names, self._names_file, {provider}, frozenset())

    async def attempt(self, provider: str, token: str, settings: Settings) -> tuple[TokenCheck, str | None]:
        """Whether a token works, found out within 10 s and without keeping it, and a warning about its form.

        Raises:
            RequestError: of kind `configuration`, for an unknown provider or one whose settings are wrong.
        """
        entry = _entry(provider, settings)
        if entry.fault is not None:
            raise RequestError(ErrorKind.CONFIGURATION, entry.fault, provider=provider)

        async def given() -> str:
            return token

        opened = await asyncio.to_thread(
            open_provider, attrs.evolve(entry.options, catalogue_path=None), TokenSource(given)
        )
        try:
            return await opened.check_token(), format_warning(opened.profile, token)
        finally:
            await opened.aclose()

    async def logout(self, provider: str) -> tuple[str, ...]:
        """Remove a token wherever it is kept; returns where it was."""
        removed = await self._credentials.delete(provider)
        self._handed_over.discard(provider)
        await asyncio.to_thread(_change_names, self._names_file, frozenset(), {provider})
        return removed

    async def status(self, entries: Iterable[Entry]) -> tuple[Mapping[str, Any], ...]:
        """Per provider where its token comes from; never a token."""
        rows = []
        for entry in entries:
            profile = PROFILES.get(entry.options.profile)
            try:
                [row] = await self._credentials.status([lookup_of(entry.options)])
            except RequestError as error:
                message = entry.fault or error.message
                none: dict[str, Any] = {"source": None, "origin": None, "present": False}
                rows.append({"provider": entry.options.name, **none, "message": message, "misconfigured": True})
                continue
            required = (profile is None or profile.key_required) and not entry.options.holds_key
            more: dict[str, Any] = {"required": required, "why": entry.why}
            variable = entry.options.key_variable
            if variable:
                fault = "holds no token" if self._credentials.mentions([variable]) else "is not set"
                more |= {"variable": variable, "variableFault": None if row["present"] else fault}
            rows.append({**row, **more})
        return tuple(rows)

    def mentioned(self, entries: Iterable[Entry]) -> tuple[Mapping[str, Any], ...]:
        """A row for each key in the environment whose provider nobody configured: it is mentioned and never used."""
        taken = {entry.options.key_variable for entry in entries}
        taken |= {
            PROFILES[entry.options.profile].key_variable for entry in entries if entry.options.profile in PROFILES
        }
        free: dict[str, str] = {}
        for name, profile in PROFILES.items():
            if profile.key_variable is not None and profile.key_variable not in taken:
                free.setdefault(profile.key_variable, name)
        return tuple(
            {
                "provider": free[variable],
                "source": None,
                "origin": None,
                "present": False,
                "required": False,
                "message": f"{variable} is set, but nobody chose {free[variable]}, so it is not used; "
                f'set provider = "{free[variable]}" to use it.',
            }
            for variable in self._credentials.mentions(free)
        )


def _entry(provider: str, settings: Settings) -> Entry:
    message = unknown_name(provider, settings.providers)
    if message is not None:
        raise RequestError(ErrorKind.CONFIGURATION, message)
    own = settings.providers.get(provider, ProviderSettings())
    return entry_of(provider, own, "signed in", os.environ, settings)


async def _none() -> None:
    return None


def _fingerprint(token: str | None) -> bytes:
    """What a token can be recognised by without keeping it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest() if token else b""


def lookup_of(options: ProviderOptions) -> Lookup:
    """Whose token a provider's requests need.

    Raises:
        RequestError: of kind `configuration`, for a provider without an address that can be used.
    """
    profile = PROFILES.get(options.profile)
    vendor = profile.base_url if profile is not None else None
    origin = origin_of(check_base_url(options, profile) if profile is not None else options.base_url or "")
    # A gateway on this machine that the user put in the vendor's place gets the vendor's key; another host does not,
    # unless everybody's is at another host, because people run it themselves or the vendor's own has gone.
    own_origin = None if vendor is None or is_loopback(origin.host) else origin_of(vendor)
    if own_origin is not None and (is_loopback(own_origin.host) or retired_vendor(own_origin.host)):
        own_origin = None
    return Lookup(
        provider=options.name,
        origin=origin,
        variable=options.key_variable,
        own_variable=profile.key_variable if profile is not None else None,
        own_origin=own_origin,
    )


def _read_names(file: Path | None) -> frozenset[str]:
    try:
        return read_names(file)
    except (OSError, ValueError):
        return frozenset()


def _change_names(file: Path | None, add: Iterable[str], remove: Iterable[str]) -> None:
    if file is None:
        return
    write_names(file, sorted((_read_names(file) | set(add)) - set(remove))[:MOST_NAMES])
