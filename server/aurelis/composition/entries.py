"""Which providers there are: those of the settings, those signed in to, and what `auto` finds when there is neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import attrs

from aurelis.composition.directory import Entry, Why
from aurelis.config.settings import ModelSettings, ProviderSettings, Settings
from aurelis.core.model import ModelReference, Price
from aurelis.providers.options import ModelOptions, ProviderOptions, SigningOptions, TlsOptions
from aurelis.providers.profile import Limits
from aurelis.providers.profiles import PROFILES, profile_for_host

SANDBOX = "sandbox"


def configured_entries(
    settings: Settings, signed_in: Iterable[str], environ: Mapping[str, str], catalogue_folder: str | None
) -> list[Entry]:
    """The providers that the user configured, chose, named in a route, or signed in to; the preferred one first."""
    why: dict[str, Why] = {}
    if settings.provider != "auto":
        why[settings.provider] = "chosen"
    for name in settings.providers:
        why.setdefault(name, "configured")
    for name in signed_in:
        if name in PROFILES or name in settings.providers:
            why.setdefault(name, "signed in")
    for name in _named_by_routes(settings):
        if name in PROFILES and name != SANDBOX:
            why.setdefault(name, "configured")
    entries = []
    for name, reason in why.items():
        provider = settings.providers.get(name)
        if provider is None and (name not in PROFILES or name == SANDBOX):
            continue
        entries.append(entry_of(name, provider or ProviderSettings(), reason, environ, settings, catalogue_folder))
    return _without_clashes(entries)


def _without_clashes(entries: list[Entry]) -> list[Entry]:
    """Names that differ only in case would share a keychain entry and a file where case does not count."""
    seen: dict[str, str] = {}
    result = []
    for entry in entries:
        name = entry.options.name
        other = seen.setdefault(name.lower(), name)
        clash = f"providers.{other} and providers.{name} differ only in case; rename one." if other != name else None
        result.append(attrs.evolve(entry, fault=entry.fault or clash))
    return result


def entry_of(
    name: str,
    provider: ProviderSettings,
    why: Why,
    environ: Mapping[str, str],
    settings: Settings,
    catalogue_folder: str | None = None,
) -> Entry:
    """One provider's options; what is wrong with them becomes the entry's fault, so that nothing is sent astray."""
    fault = provider.fault
    secret_headers: dict[str, str] = {}
    for header, variable in provider.headers_env.items():
        value = environ.get(variable)
        if value is None:
            fault = fault or f"the environment variable {variable} (providers.{name}.headersEnv) is not set."
        else:
            secret_headers[header] = value
    signing = None
    if provider.signing is not None:
        key = environ.get(provider.signing.key_env)
        if key:
            signing = SigningOptions(key=key, header=provider.signing.header)
        else:
            fault = fault or f"the environment variable {provider.signing.key_env} (signing.keyEnv) is not set."
    limits = provider.limits
    return Entry(
        ProviderOptions(
            name=name,
            profile=provider.profile or _profile_name(name, provider.base_url),
            base_url=provider.base_url,
            organization=provider.organization,
            deployments={deployment: model or "" for deployment, model in provider.deployments.items()},
            headers=provider.headers,
            secret_headers=secret_headers,
            limits=Limits(**attrs.asdict(limits)),
            models={model: _model_options(known) for model, known in provider.models.items()},
            proxy=provider.proxy,
            tls=TlsOptions(
                min_version=provider.tls.min_version, ca_file=provider.tls.ca_file, pins=tuple(provider.tls.pins)
            ),
            signing=signing,
            allow_insecure_http=provider.allow_insecure_http,
            key_variable=provider.api_key_env,
            connect_timeout_seconds=settings.requests.connect_timeout_seconds,
            catalogue_path=f"{catalogue_folder}/{name}.json" if catalogue_folder else None,
        ),
        why,
        fault,
    )


def price_sources(entries: Iterable[Entry]) -> dict[str, str]:
    """In whose price table each provider's models are."""
    rows = ((entry.options.name, PROFILES.get(entry.options.profile)) for entry in entries)
    return {name: row.price_source for name, row in rows if row is not None and row.price_source is not None}


def _profile_name(name: str, base_url: str | None) -> str:
    """The profile of a provider that names none: its own name's, that of the vendor whose host it is, or `custom`."""
    if name in PROFILES:
        return name
    try:
        host = urlsplit(base_url or "").hostname
    except ValueError:
        host = None
    vendor = profile_for_host(host) if host else None
    return vendor.name if vendor is not None else "custom"


def _model_options(known: ModelSettings) -> ModelOptions:
    price = Price(known.price.input, known.price.output) if known.price is not None else None
    return ModelOptions(
        input_tokens=known.input_tokens,
        output_tokens=known.output_tokens,
        fim=known.fim,
        system_role=known.system_role,
        base_model=known.base_model,
        price=price,
    )


def _named_by_routes(settings: Settings) -> Iterable[str]:
    for values in (*settings.models.values(), *settings.routing.tasks.values()):
        for value in values:
            if "/" in value:
                yield ModelReference.parse(value).provider


def providers_differ(before: Settings, after: Settings) -> bool:
    """Whether a change of settings concerns the providers."""
    names = ("provider", "providers", "models", "routing")
    return any(getattr(before, name) != getattr(after, name) for name in names) or (
        before.requests.connect_timeout_seconds != after.requests.connect_timeout_seconds
    )
