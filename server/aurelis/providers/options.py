"""What the settings say about one provider, as plain values that need no other room, and the checks on them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

import attrs

from aurelis.core.credential_headers import CREDENTIAL_HEADERS
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import Price
from aurelis.providers.azure import normalise
from aurelis.providers.profile import Limits, Profile
from aurelis.providers.profiles import PROFILES


def _frozen_mapping(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return MappingProxyType(dict(value or {}))


@attrs.frozen(kw_only=True)
class ModelOptions:
    """What the user says about one model; None says nothing. `fim` False switches the dialect off."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    fim: str | Literal[False] | None = None
    system_role: bool | None = None
    base_model: str | None = None
    price: Price | None = None


@attrs.frozen(kw_only=True)
class TlsOptions:
    """How the server must prove who it is.

    `min_version` is "1.2" or "1.3"; `ca_file` names more authorities, in PEM, beside the system's; `pins` are
    `sha256/BASE64` of a SubjectPublicKeyInfo, of which any one must match.
    """

    min_version: str = "1.2"
    ca_file: str | None = None
    pins: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class SigningOptions:
    """A shared key with which every request is signed, and the header that carries the signature."""

    key: str = attrs.field(repr=False)
    header: str = "X-Aurelis-Signature"


@attrs.frozen(kw_only=True)
class ProviderOptions:
    """One provider of the settings.

    Attributes:
        name: the name in the settings.
        profile: a name in `profiles.PROFILES`.
        base_url: the OpenAI-compatible base; None takes the profile's own.
        organization: what usage is attributed to, where the vendor knows such a thing.
        deployments: deployment names, each with the base model that it runs ("" when unknown).
        headers: additional headers as they stand in the settings, where no credential may stand.
        secret_headers: additional headers with their values from the environment; they may carry the key.
        limits: limits that replace the profile's.
        models: what the user says about models; the order is the user's preference.
        proxy: the URL of an HTTP(S) proxy; None uses the environment's for hosts that are not loopback.
        tls: how the server must prove who it is.
        signing: the request signature, if one is asked for.
        allow_insecure_http: whether plain http to another machine is allowed.
        key_variable: the environment variable that people are told to set; None names the profile's.
        connect_timeout_seconds: bound of one connection attempt, TLS included.
        catalogue_path: a file in which the list of models is kept between runs; None keeps none.
    """

    name: str
    profile: str = "custom"
    base_url: str | None = None
    organization: str | None = None
    deployments: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_mapping)
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_mapping, repr=False)
    secret_headers: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_mapping, repr=False)
    limits: Limits = attrs.field(factory=Limits)
    models: Mapping[str, ModelOptions] = attrs.field(factory=dict, converter=_frozen_mapping)
    proxy: str | None = attrs.field(default=None, repr=False)
    tls: TlsOptions = attrs.field(factory=TlsOptions)
    signing: SigningOptions | None = None
    allow_insecure_http: bool = False
    key_variable: str | None = None
    connect_timeout_seconds: float = 10.0
    catalogue_path: str | None = None

    @property
    def holds_key(self) -> bool:
        """Whether a header of the user's own carries the key, so that no token is needed."""
        return not CREDENTIAL_HEADERS.isdisjoint(name.lower() for name in self.secret_headers)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine and nothing else."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def profile_of(options: ProviderOptions) -> Profile:
    """The profile that the options name.

    Raises:
        RequestError: of kind `configuration`, when there is none of that name.
    """
    profile = PROFILES.get(options.profile)
    if profile is None:
        known = ", ".join(PROFILES)
        message = f"providers.{options.name}.profile: '{options.profile}' is not known; choose one of {known}."
        raise RequestError(ErrorKind.CONFIGURATION, message, provider=options.name)
    return profile


def _fault(options: ProviderOptions, setting: str, sentence: str) -> RequestError:
    message = f"providers.{options.name}.{setting}: {sentence}"
    return RequestError(ErrorKind.CONFIGURATION, message, provider=options.name, final_for_provider=True)


def _split(options: ProviderOptions, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        port_is_number = False
        parts = urlsplit("")
    blank = any(character.isspace() or not character.isprintable() for character in url)
    if blank or not port_is_number or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _fault(options, "baseUrl", "this is not a URL; write it as https://host/v1.")
    return parts


def check_base_url(options: ProviderOptions, profile: Profile) -> str:
    """The base URL to use, without a slash at its end.

    Raises:
        RequestError: of kind `configuration`, naming the setting, for a URL that is none, that holds a key, or that is
            plain http to another machine without the user's leave.
    """
    url = (options.base_url or profile.base_url or "").strip()
    if profile.azure:
        url = normalise(url)
    if not url:
        raise _fault(options, "baseUrl", f"set the address of {profile.title}, for example https://host/v1.")
    parts = _split(options, url)
    if parts.username or parts.password or parts.query or parts.fragment:
        advice = "remove the part with '@', '?' or '#'; a key belongs in the keychain (aurelis login) or in apiKeyEnv."
        raise _fault(options, "baseUrl", advice)
    if parts.scheme == "http" and not is_loopback(parts.hostname or "") and not options.allow_insecure_http:
        advice = "plain http to another machine is refused; use https, or set allowInsecureHttp to true."
        raise _fault(options, "baseUrl", advice)
    return url.rstrip("/")


def check_headers(options: ProviderOptions) -> dict[str, str]:
    """The user's own headers.

    Raises:
        RequestError: of kind `configuration`, for a header that carries a key or cannot be sent.
    """
    for name in options.headers:
        if name.lower() in CREDENTIAL_HEADERS:
            advice = (
                f"'{name}' is refused; keep the key in the keychain (aurelis login) or name its variable in apiKeyEnv "
                "or headersEnv."
            )
            raise _fault(options, "headers", advice)
    for name, value in (*options.headers.items(), *options.secret_headers.items()):
        token = name and all(character.isalnum() or character in "!#$%&'*+-.^_`|~" for character in name)
        if not (token and name.isascii() and value.isascii() and value.isprintable()):
            raise _fault(options, "headers", f"'{name[:40]!a}' is not a header with a printable ASCII value.")
    secret = {name.lower() for name in options.secret_headers}
    literal = {name: value for name, value in options.headers.items() if name.lower() not in secret}
    return {**literal, **options.secret_headers}


def host_and_port(base_url: str) -> str:
    """`host:port` of a checked base URL."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def root_of(base_url: str) -> str:
    """The base without its last `/v1`: where native routes live."""
    return base_url.removesuffix("/v1").removesuffix("/engines")
