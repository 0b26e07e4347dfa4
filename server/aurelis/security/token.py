"""Tokens that cannot be printed, and the origin that each one belongs to.

A token leaves this room only as a `Token`; the provider that sends it reveals it at the last moment, after comparing
origins (invariant 12).
"""

from __future__ import annotations

import hmac
import re
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import attrs

from aurelis.core.errors import ErrorKind, RequestError

LONGEST_TOKEN: Final = 16_384
"""Characters of a token; the longest in use (signed JSON tokens) have a few thousand."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@attrs.frozen
class Origin:
    """Scheme, host and port (RFC 6454): what a token is bound to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if _DEFAULT_PORTS.get(self.scheme) == self.port else f":{self.port}")


def origin_of(url: str) -> Origin:
    """The origin of an http or https address.

    Raises:
        RequestError: of kind `configuration`, when the address has none.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        scheme, host, port = "", "", None
    if scheme not in _DEFAULT_PORTS or not host or re.search(r"[\x00-\x20\x7f\\%]", host):
        message = "A provider's address is not valid; write it as https://host/v1 in the setting baseUrl."
        raise RequestError(ErrorKind.CONFIGURATION, message)
    return Origin(scheme, host, _DEFAULT_PORTS[scheme] if port is None else port)


class Token:
    """A secret for one origin. Printing, formatting and pickling show or store nothing of it."""

    __slots__ = ("__value", "origin")

    def __init__(self, value: str, origin: Origin) -> None:
        self.__value = value
        self.origin = origin

    def reveal(self, origin: Origin) -> str:
        """The secret itself, for a request to this origin.

        Raises:
            RequestError: of kind `auth`, when it is bound to another origin.
        """
        if origin != self.origin:
            raise RequestError(
                ErrorKind.AUTH,
                f"The token is bound to {self.origin} and was not sent to {origin}; sign in again to use it there.",
                final_for_provider=True,
                security_event="token_rejected",
            )
        return self.__value

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"

    def __format__(self, _spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Token):
            return NotImplemented
        same = hmac.compare_digest(self.__value.encode(), other.__value.encode())
        return same and self.origin == other.origin

    def __hash__(self) -> int:
        return hash(self.origin)

    def __copy__(self) -> Token:
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Token:
        return self

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise TypeError("A token cannot be pickled.")


def clean_token(text: str) -> str | None:
    """A token as people paste it, without blanks around it; None for what cannot stand in an HTTP header."""
    token = text.strip()
    return token if len(token) <= LONGEST_TOKEN and re.fullmatch(r"[\x21-\x7e]+", token) else None


def checked_token(text: str) -> str:
    """A token as people paste it, without blanks around it.

    Raises:
        RequestError: of kind `configuration`, for something that is no token.
    """
    token = clean_token(text)
    if token is None:
        raise RequestError(
            ErrorKind.CONFIGURATION, "This is no token: it is empty, too long, or holds blanks or other odd characters."
        )
    return token


def handed_over(text: str, address: str | None) -> tuple[str, str | None]:
    """A token and the origin of the address that it came with, as they are kept.

    Raises:
        RequestError: of kind `configuration`, for something that is no token or no address.
    """
    return checked_token(text), str(origin_of(address)) if address else None
