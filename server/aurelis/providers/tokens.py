"""What tokens look like, and whether one works.

In comes a token; out comes a warning about its form (never a refusal: vendors change their forms) or a `TokenCheck`. No
message holds any part of a token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

import attrs

from aurelis.providers.profile import Profile


async def _nothing_known() -> str:
    return ""


@attrs.frozen
class TokenSource:
    """Where a provider's token comes from.

    Attributes:
        fetch: the token, asked for before each request; None when there is none.
        absence: what keeps a token from being used, in sentences for whoever is told that there is none.
    """

    fetch: Callable[[], Awaitable[str | None]]
    absence: Callable[[], Awaitable[str]] = _nothing_known


@attrs.frozen
class TokenCheck:
    """Whether a token works: `unknown` when that could not be found out, `none` when there is no token."""

    state: Literal["valid", "invalid", "unknown", "none"]
    message: str


def clean_token(token: str) -> str | None:
    """The token as it can be sent in a header, or None when it cannot."""
    stripped = token.strip()
    return stripped if stripped and stripped.isascii() and stripped.isprintable() and " " not in stripped else None


def format_warning(profile: Profile, token: str) -> str | None:
    """A sentence about a token whose form is not the profile's, or None."""
    cleaned = clean_token(token)
    if cleaned is None:
        return "The token holds blanks or characters that cannot be sent; copy it again."
    if not profile.token_prefixes or cleaned.startswith(profile.token_prefixes):
        return None
    forms = ", ".join(profile.token_prefixes)
    return f"Tokens of {profile.title} usually begin with one of: {forms}. This one does not; it is used all the same."
