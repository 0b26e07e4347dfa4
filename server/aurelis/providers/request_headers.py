"""The headers of one provider's requests: the profile's, the user's own, and the key.

In come the settings and the source of the token; out come the headers of each request, with a token that is looked up
anew, and what is needed to tell a missing key from a refused one and to keep a key out of what an error quotes.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.providers.errors import Blame, sign_in_advice
from aurelis.providers.options import ProviderOptions, check_headers
from aurelis.providers.profile import Profile
from aurelis.providers.tokens import TokenSource, clean_token


class RequestHeaders:
    """Makes the headers of one provider.

    Attributes:
        names: every header that a request may carry beside the usual ones, in lower case.
    """

    def __init__(self, options: ProviderOptions, profile: Profile, source: TokenSource, *, loopback: bool) -> None:
        self._options = options
        self._profile = profile
        self._source = source
        self._key_needed = profile.key_required and not loopback
        self._fixed = {**profile.headers, **check_headers(options)}
        if options.organization and profile.organization_header:
            self._fixed[profile.organization_header] = options.organization
        self._key_names = [name for name in (profile.key_header, profile.list_key_header) if name is not None]
        self.names = frozenset(name.lower() for name in (*self._fixed, *self._key_names))

    async def token(self) -> str | None:
        """The token, fit for a header; None when there is none.

        Raises:
            RequestError: of kind `auth`, when it cannot be sent.
        """
        token = await self._source.fetch()
        if not token:
            return None
        cleaned = clean_token(token)
        if cleaned is None:
            message = (
                f"The token for {self._profile.title} holds characters that cannot be sent; "
                f"sign in again with `aurelis login {self._options.name}`."
            )
            raise RequestError(ErrorKind.AUTH, message, provider=self._options.name, final_for_provider=True)
        return cleaned

    async def of_request(self, blame: Blame, key_header: str | None = None) -> dict[str, str]:
        """The headers of one request; `key_header` carries the key where the profile's own does not.

        Raises:
            RequestError: of kind `auth`, when there is no token that can be sent and the provider needs one.
        """
        headers = dict(self._fixed)
        if self._options.holds_key:
            return headers  # The user's own word about how to sign in.
        token = await self.token()
        if token:
            name = key_header or self._profile.key_header
            headers[name] = f"Bearer {token}" if name.lower() == "authorization" else token
        elif self._key_needed:
            advice = sign_in_advice(await self._without_key(blame))
            message = f"There is no token for {self._profile.title}; {advice}"
            raise RequestError(ErrorKind.AUTH, message, provider=self._options.name, final_for_provider=True)
        return headers

    async def judged(self, blame: Blame, sent: Mapping[str, str]) -> Blame:
        """The blame of a refused request, which knows whether nothing that was sent can have been a key.

        A header of the user's own may be one.
        """
        own = self._options.headers or self._options.secret_headers
        keyless = not own and not any(name in sent for name in self._key_names)
        return await self._without_key(blame) if keyless else blame

    def keys_in(self, sent: Mapping[str, str]) -> tuple[str, ...]:
        """The keys that a request carried, which no error may quote."""
        keys = (
            sent.get(name, "").removeprefix("Bearer ") for name in (*self._key_names, *self._options.secret_headers)
        )
        return tuple(key for key in keys if key)

    async def _without_key(self, blame: Blame) -> Blame:
        return attrs.evolve(blame, keyless=True, absence=await self._source.absence())
