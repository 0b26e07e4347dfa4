"""Whether a shared cache may be used at all: only over TLS or on this machine, and only with a key."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlsplit

MINIMUM_KEY_BYTES: Final = 16

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_TRUST_OPTIONS: Final = frozenset({"ssl_ca_certs", "ssl_ca_path"})
"""Options of an address that add an authority; the others that begin with `ssl_` could weaken the check."""


def redis_problem(url: str, team_key: bytes) -> str | None:
    """Why a shared cache must not be used like this, as a sentence for the user, or None."""
    try:
        parts = urlsplit(url)
        host, options = parts.hostname or "", dict(parse_qsl(parts.query))
    except ValueError:
        return "The address in cache.redis.url cannot be read; write it as rediss://host:6379/0."
    if parts.scheme not in {"redis", "rediss", "unix"}:
        return "The address in cache.redis.url must begin with rediss://, or redis:// for this machine."
    if parts.scheme == "redis" and (host not in _LOOPBACK or options.keys() & {"host", "port"}):
        return "The shared cache on another machine needs TLS; write its address as rediss:// in cache.redis.url."
    if any(name.startswith("ssl_") and name not in _TRUST_OPTIONS for name in options):
        return "The address in cache.redis.url must not change how TLS is checked; remove its ssl_ options."
    if len(team_key) < MINIMUM_KEY_BYTES:
        return (
            "The shared cache needs the team's key of 16 bytes or more; set the variable that cache.redis.keyEnv names."
        )
    return None


def on_this_machine(url: str) -> bool:
    """Whether an address that may be used leads to a server on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "unix" or parts.hostname in _LOOPBACK
