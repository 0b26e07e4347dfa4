"""Which proxy the requests to one origin go through: the one of the settings, else the environment's.

The environment is read here and not left to the HTTP client, which opens a way to every proxy that is named there: one
that it cannot use, as a SOCKS proxy in ALL_PROXY beside an HTTP proxy in HTTPS_PROXY, would leave it without any.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import attrs
import httpx2

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.providers.options import ProviderOptions, is_loopback

_KINDS: Final = frozenset({"http", "https"})


@attrs.frozen
class Proxy:
    """A proxy to go through, and what names it, for messages: its address may hold a password."""

    address: str = attrs.field(repr=False)
    named_by: str


def proxy_for(options: ProviderOptions, url: httpx2.URL) -> Proxy | None:
    """The proxy, or None where there is none to go through: to loopback no proxy of the environment leads.

    Raises:
        RequestError: of kind `configuration`, for a proxy that cannot be used; its message holds none of the address.
    """
    if options.proxy:
        if not _is_proxy(options.proxy):
            message = f"providers.{options.name}.proxy: this is not a proxy; write it as http://host:port."
            raise _unusable(options, message)
        return Proxy(options.proxy, f"providers.{options.name}.proxy")
    known = getproxies()
    scheme = next((scheme for scheme in (url.scheme, "all") if known.get(scheme)), None)
    if scheme is None or is_loopback(url.host) or _is_bypassed(url, known):
        return None
    address = known[scheme] if "://" in known[scheme] else f"http://{known[scheme]}"
    if not _is_proxy(address):
        message = (
            f"The proxy in {scheme.upper()}_PROXY of the environment is none that speaks HTTP; correct it, set "
            f"providers.{options.name}.proxy to one as http://host:port, or name {url.host} in NO_PROXY."
        )
        raise _unusable(options, message)
    return Proxy(address, f"{scheme.upper()}_PROXY in the environment")


def _unusable(options: ProviderOptions, message: str) -> RequestError:
    return RequestError(ErrorKind.CONFIGURATION, message, provider=options.name, final_for_provider=True)


def _is_proxy(address: str) -> bool:
    try:
        parts = urlsplit(address)
        if parts.scheme not in _KINDS or not parts.hostname or parts.port == 0:
            return False
        httpx2.Proxy(address)
    except (ValueError, httpx2.InvalidURL):
        return False
    return True


def _is_bypassed(url: httpx2.URL, known: Mapping[str, str]) -> bool:
    """Whether the environment wants no proxy for a host, by its name or as one address of a network."""
    if proxy_bypass(url.host):
        return True
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        return False
    return any(address in network for network in _networks(known.get("no", "")))


def _networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    found = []
    for word in text.split(","):
        try:
            found.append(ipaddress.ip_network(word.strip(), strict=False))
        except ValueError:
            continue
    return found
