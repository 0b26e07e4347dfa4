"""Headers whose value is a credential: never written into settings, but taken from a variable of the environment."""

from __future__ import annotations

from typing import Final

CREDENTIAL_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key", "cookie"}
)
"""In lower case."""
