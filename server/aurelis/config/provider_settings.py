"""The part of the settings tree that describes one provider: address, models, limits, protection of the connection."""

# ruff: noqa: RUF009 - setting() is attrs.field under another name: it declares a field and runs once.

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from aurelis.config.faults import (
    any_header_name_fault,
    base_url_fault,
    header_name_fault,
    header_value_fault,
    pin_fault,
    proxy_fault,
    variable_fault,
)
from aurelis.config.kinds import (
    NOTHING_SET,
    Branch,
    Choice,
    Either,
    Flag,
    ListOf,
    MapOf,
    Never,
    Number,
    Table,
    Text,
    setting,
)

_VARIABLE = Text("the name of an environment variable (the name, not the token)", 128, variable_fault)
_COUNT = Number(1, 1_000_000_000, whole=True)


@attrs.frozen(repr=False, eq=False)
class PriceSettings(Branch):
    """US dollars for a million tokens."""

    input: float = setting(0.0, Number(0, 100_000), "For a million tokens of prompt.", unit="US dollars", required=True)
    output: float = setting(
        0.0, Number(0, 100_000), "For a million tokens of answer.", unit="US dollars", required=True
    )


@attrs.frozen(repr=False, eq=False)
class ModelSettings(Branch):
    """What you know better about a model than its provider tells; None leaves it to the provider."""

    input_tokens: int | None = setting(None, _COUNT, "Longest prompt.", unit="tokens")
    output_tokens: int | None = setting(None, _COUNT, "Longest answer.", unit="tokens")
    fim: Literal[False] | str | None = setting(
        None,
        Either(
            (
                Never(),
                Choice(
                    (
                        "mistral",
                        "suffix",
                        "ollama",
                        "llamacpp",
                        "qwen",
                        "starcoder",
                        "codellama",
                        "deepseek",
                        "codestral",
                        "codegemma",
                        "granite",
                    )
                ),
            )
        ),
        "How it fills a hole in the middle of a text, or false if it cannot.",
    )
    system_role: bool | None = setting(None, Flag(), "Whether it takes system messages.")
    base_model: str | None = setting(None, Text("a model name", 200), "The model behind a deployment, for its price.")
    price: PriceSettings | None = setting(None, Table(PriceSettings), "What it costs.")


@attrs.frozen(repr=False, eq=False)
class TlsSettings(Branch):
    """How the connection is protected."""

    min_version: Literal["1.2", "1.3"] = setting("1.2", Choice(("1.2", "1.3")), "Oldest TLS version allowed.")
    ca_file: str | None = setting(
        None, Text("a file"), "File with certificate authorities (PEM) to trust beside the system's.", critical=True
    )
    pins: tuple[str, ...] = setting(
        (),
        ListOf(Text("a pin written as sha256/BASE64", fault=pin_fault), 20),
        "Public keys of which the server must show one (`sha256/BASE64` of the SubjectPublicKeyInfo).",
        critical=True,
    )


@attrs.frozen(repr=False, eq=False)
class SigningSettings(Branch):
    """A signature over each request."""

    key_env: str = setting("", _VARIABLE, "Environment variable with the key.", required=True)
    header: str = setting(
        "X-Aurelis-Signature",
        Text("the name of an HTTP header", 100, header_name_fault),
        "Header that carries the signature.",
    )


@attrs.frozen(repr=False, eq=False)
class ProviderLimits(Branch):
    """What the provider allows; None is unknown."""

    requests_per_minute: int | None = setting(None, _COUNT, "Requests in any 60 seconds.")
    requests_per_day: int | None = setting(None, _COUNT, "Requests in a day.")
    concurrent: int | None = setting(None, Number(1, 1000, whole=True), "Requests under way at once.")
    input_tokens: int | None = setting(None, _COUNT, "Longest prompt.", unit="tokens")
    output_tokens: int | None = setting(None, _COUNT, "Longest answer.", unit="tokens")


@attrs.frozen(repr=False, eq=False)
class ProviderSettings(Branch):
    """One place that answers requests.

    `fault` is no setting: it says why the provider must not be used, after a value was wrong whose fallback could
    send text or a token elsewhere or less protected. None means that all is well.
    """

    profile: str | None = setting(
        None,
        Text("a profile name", 64),
        "The kind of provider, where its name does not say it (`custom` for any compatible server).",
        critical=True,
    )
    base_url: str | None = setting(
        None,
        Text("an address such as https://host/v1", fault=base_url_fault),
        "The OpenAI-compatible address, usually ending in `/v1`.",
        critical=True,
    )
    allow_insecure_http: bool = setting(False, Flag(), "Allow plain http to another machine.", cautious=False)
    api_key_env: str | None = setting(None, _VARIABLE, "Environment variable with the token.", critical=True)
    organization: str | None = setting(None, Text(longest=200), "Organization that requests are billed to.")
    deployments: Mapping[str, str | None] = setting(
        NOTHING_SET,
        MapOf(Text("a model name", 200), names=True, key="deployment"),
        "Names of your deployments, or a table from deployment to the model behind it.",
    )
    headers: Mapping[str, str] = setting(
        NOTHING_SET,
        MapOf(
            Text("one line of plain characters", 4_000, header_value_fault),
            key="header",
            longest=50,
            fault=header_name_fault,
        ),
        "Headers to send; credentials are refused here.",
        repr=False,
        critical=True,
    )
    headers_env: Mapping[str, str] = setting(
        NOTHING_SET,
        MapOf(_VARIABLE, key="header", longest=50, fault=any_header_name_fault),
        "Headers to send whose values are in environment variables.",
        critical=True,
    )
    proxy: str | None = setting(
        None,
        Text("a proxy address such as http://host:3128", fault=proxy_fault),
        "Proxy to go through.",
        repr=False,
        critical=True,
    )
    tls: TlsSettings = setting(TlsSettings(), Table(TlsSettings), "How the connection is protected.", critical=True)
    signing: SigningSettings | None = setting(
        None, Table(SigningSettings), "A signature over each request.", critical=True
    )
    limits: ProviderLimits = setting(ProviderLimits(), Table(ProviderLimits), "What the provider allows.")
    models: Mapping[str, ModelSettings] = setting(
        NOTHING_SET,
        MapOf(Table(ModelSettings), names=True, key="model", longest=1000),
        "Its models: a list of names, or a table from name to what you know about it.",
    )
    fault: str | None = None
