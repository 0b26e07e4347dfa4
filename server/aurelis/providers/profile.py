"""What differs between vendors, as data: a vendor with nothing odd is a row of five lines in `profiles.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs


def _frozen_mapping(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class Limits:
    """What a provider allows for one model; None means unknown.

    `requests_per_minute` and `requests_per_day` count requests, `concurrent` counts requests at once, the token fields
    bound one request's prompt and answer.
    """

    requests_per_minute: int | None = None
    requests_per_day: int | None = None
    concurrent: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    def over(self, base: Limits) -> Limits:
        """These limits, with `base` where nothing is said."""
        return Limits(
            **{
                field.name: getattr(base, field.name)
                if getattr(self, field.name) is None
                else getattr(self, field.name)
                for field in attrs.fields(Limits)
            }
        )


@attrs.frozen(kw_only=True)
class ModelRow:
    """What is known beforehand about the models whose id contains `pattern` (lower case, without case)."""

    pattern: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    fim: str | None = None
    limits: Limits | None = None
    max_tokens_field: str | None = None
    temperature: bool | None = None
    system_role: bool | None = None
    reasoning: bool | None = None
    query: Mapping[str, str] | None = None
    streams: bool | None = None
    opens_reasoning: bool | None = None


@attrs.frozen(kw_only=True)
class Profile:
    """One vendor, gateway or local server.

    Attributes:
        name: the profile's name in the settings.
        title: the vendor's name for people.
        base_url: the OpenAI-compatible base, or None when only the user can know it.
        key_variable: the environment variable in which the vendor's own tools look for the key.
        key_required: whether requests without a key are pointless.
        key_header: the header that carries the key; with `Authorization` it is a bearer token.
        headers: fixed headers of every request.
        models_url: where the list of models is, relative to the base (or absolute); None when there is no list.
        max_tokens_field: the name of the parameter that bounds the answer.
        temperature: whether a temperature may be sent.
        system_role: whether messages of role system are accepted.
        stream_usage: whether `stream_options.include_usage` may be sent.
        reasoning_off: fields of the body that switch reasoning off.
        fim: the fill-in-the-middle dialect of every model, or None.
        fim_base_url: another base for the fill-in-the-middle route.
        raw_completions: whether `/completions` takes a raw prompt, so that a model family's own tokens can be used.
        organization_path: the form of the chat route when an organization is named, with `{organization}` in it.
        organization_header: the header that names the organization.
        rows: what is known about models, the first match wins for each field.
        retired_hosts: hosts known to be gone: nothing is sent to them.
        hosts: hosts by which a base URL is recognised as this vendor's.
        price_source: the provider's id in the price library.
        token_prefixes: how its tokens begin; empty when any form goes.
        limits: limits of models that no row speaks of.
        local: whether it runs on the user's own machine and costs nothing.
        ports: where a local server listens by default, the likeliest first.
    """

    name: str
    title: str
    base_url: str | None = None
    key_variable: str | None = None
    key_required: bool = True
    key_header: str = "Authorization"
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_mapping)
    models_url: str | None = "models"
    max_tokens_field: str = "max_tokens"
    temperature: bool = True
    system_role: bool = True
    stream_usage: bool = True
    reasoning_off: Mapping[str, Any] = attrs.field(factory=dict, converter=_frozen_mapping)
    fim: str | None = None
    fim_base_url: str | None = None
    raw_completions: bool = False
    organization_path: str | None = None
    organization_header: str | None = None
    rows: tuple[ModelRow, ...] = ()
    retired_hosts: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    price_source: str | None = None
    token_prefixes: tuple[str, ...] = ()
    limits: Limits = Limits()
    local: bool = False
    ports: tuple[int, ...] = ()

    def known(self, model: str, field: str) -> Any:
        """The first row's word on a field of a model, or None."""
        lowered = model.lower()
        for row in self.rows:
            value = getattr(row, field)
            if row.pattern in lowered and value is not None:
                return value
        return None
