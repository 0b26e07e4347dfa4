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
        names = [field.name for field in attrs.fields(Limits)]
        own = {name: getattr(self, name) for name in names}
        return Limits(**{name: getattr(base, name) if own[name] is None else own[name] for name in names})


@attrs.frozen(kw_only=True)
class ModelRow:
    """What is known beforehand about models; None says nothing.

    Attributes:
        pattern: lower case text that the id holds; after `^` the text with which its last part begins.
        input_tokens: the longest prompt.
        output_tokens: the longest answer.
        fim: the fill-in-the-middle dialect.
        limits: what one user may ask.
        max_tokens_field: the parameter that bounds the answer.
        temperature: whether a temperature may be sent.
        system_role: whether messages of role system are accepted.
        reasoning: whether it reasons before it answers.
        reasoning_off: fields of the body that switch reasoning off, or as low as it goes.
        opens_reasoning: whether the template opens the reasoning, so that the answer begins within it.
        query: parameters of the URL.
        streams: whether it can stream.
        became: the model that its vendor named as its successor.
    """

    pattern: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    fim: str | None = None
    limits: Limits | None = None
    max_tokens_field: str | None = None
    temperature: bool | None = None
    system_role: bool | None = None
    reasoning: bool | None = None
    reasoning_off: Mapping[str, Any] | None = None
    opens_reasoning: bool | None = None
    query: Mapping[str, str] | None = None
    streams: bool | None = None
    became: str | None = None

    def matches(self, model: str) -> bool:
        """Whether the row speaks of a model, given in lower case."""
        if self.pattern.startswith("^"):
            return model.rpartition("/")[2].startswith(self.pattern[1:])
        return self.pattern in model


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
        list_key_header: the header that carries it to the list of models, where that is another one.
        headers: fixed headers of every request.
        models_url: where the list of models is, relative to the base; None when there is no list.
        check_url: where a token can be tried, relative to the base, when the list answers anybody or may be missing.
        max_tokens_field: the name of the parameter that bounds the answer.
        temperature: whether a temperature may be sent.
        hottest: the highest temperature that is accepted.
        system_role: whether messages of role system are accepted.
        stream_usage: whether `stream_options.include_usage` may be sent.
        reasoning_off: fields of the body that switch reasoning off.
        fim: the fill-in-the-middle dialect of every model, or None.
        fim_root: the folder under the root that holds the fill-in-the-middle route, where it is not the base.
        raw_completions: whether `/completions` takes a raw prompt, so that a model family's own tokens can be used.
        organization_path: the chat route, relative to the base, when an organization is named (`{organization}`).
        organization_header: the header that names the organization.
        rows: what is known about models, the first match wins for each field.
        spellings: ids by which people know a model, in lower case, each with the one that the server takes.
        tiers: limits by the name that the list of models gives them.
        retired_hosts: hosts known to be gone: nothing is sent to them, whatever profile names them.
        hosts: hosts by which a base URL is recognised as this vendor's; a leading dot takes all hosts below.
        azure: whether URLs are Azure's, to be brought into the form `/openai/v1`.
        price_source: the provider's id in the price library.
        token_prefixes: how its tokens begin; empty when any form goes.
        limits: limits of models that nothing else speaks of.
        routes: the models of each task in order, by the ids that the vendor uses, for users who name none.
        counts_requests: whether the requests that an answer tells as left (`requests_left`) are the user's own.
        local: whether it runs on the user's own machine and costs nothing.
        keep_alive: whether a connection may be used again; False for servers that close it without saying so.
    """

    name: str
    title: str
    base_url: str | None = None
    key_variable: str | None = None
    key_required: bool = True
    key_header: str = "Authorization"
    list_key_header: str | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_mapping)
    models_url: str | None = "models"
    check_url: str | None = None
    max_tokens_field: str = "max_tokens"
    temperature: bool = True
    hottest: float = 2.0
    system_role: bool = True
    stream_usage: bool = True
    reasoning_off: Mapping[str, Any] = attrs.field(factory=dict, converter=_frozen_mapping)
    fim: str | None = None
    fim_root: str | None = None
    raw_completions: bool = False
    organization_path: str | None = None
    organization_header: str | None = None
    rows: tuple[ModelRow, ...] = ()
    spellings: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_mapping)
    tiers: Mapping[str, Limits] = attrs.field(factory=dict, converter=_frozen_mapping)
    retired_hosts: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    azure: bool = False
    price_source: str | None = None
    token_prefixes: tuple[str, ...] = ()
    limits: Limits = attrs.field(factory=Limits)
    routes: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict, converter=_frozen_mapping)
    counts_requests: bool = False
    local: bool = False
    keep_alive: bool = True

    def known(self, model: str, field: str) -> Any:
        """The first row's word on a field of a model, or None."""
        lowered = model.lower()
        for row in self.rows:
            value = getattr(row, field)
            if value is not None and row.matches(lowered):
                return value
        return None
