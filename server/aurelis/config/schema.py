"""The tree of settings written down for tools: a JSON schema, and the properties of the editor's settings page.

Both follow from the fields alone; a test compares the extension's manifest with them. The scopes of the settings page
follow from the workspace's allow-list: what a workspace may not decide is `machine`, which a workspace cannot set. That
is not enough by itself, because an editor also merges keys that nobody declared (`aurelis.providers.x.baseUrl`): the
extension must send what `inspect` reports as set, for keys of scope `machine` by the user alone, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from aurelis.config.kinds import (
    Choice,
    Either,
    Flag,
    Kind,
    ListOf,
    MapOf,
    Never,
    Number,
    Setting,
    Table,
    Text,
    camel,
    known,
)
from aurelis.config.settings import Settings
from aurelis.config.trust import workspace_may_set

PREFIX: Final = "aurelis"
"""The section of the editor's settings."""

_OTHERS_REPLACE: Final = frozenset({("privacy", "exclude")})
"""Lists that a workspace may add to, but that the editor's own layers would replace: set by the user alone there."""


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the whole tree."""
    schema = _table(Settings, Settings())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Settings of Aurelis", **schema}


def editor_properties() -> dict[str, dict[str, Any]]:
    """`contributes.configuration.properties` of the extension."""
    properties = {}
    for path, about, default in flat(Settings, Settings()):
        schema = kind_schema(about.kind)
        if default is None:
            schema = _or_null(schema)
        user_alone = path in _OTHERS_REPLACE or workspace_may_set(path) is not True
        properties[".".join((PREFIX, *path))] = {
            **schema,
            "default": plain(default),
            "markdownDescription": description(about),
            "scope": "machine" if user_alone else "window",
        }
    return properties


def restricted_configurations() -> list[str]:
    """Settings whose workspace values count in a trusted workspace only (`capabilities.untrustedWorkspaces`)."""
    return [
        ".".join((PREFIX, *path))
        for path, _, _ in flat(Settings, Settings())
        if workspace_may_set(path, trusted=True) and not workspace_may_set(path, trusted=False)
    ]


def flat(shape: type, defaults: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Setting, Any]]:
    """The settings one by one, tables opened as far as their keys are fixed: path, what is known, default."""
    found: list[tuple[tuple[str, ...], Setting, Any]] = []
    for key, (about, attribute) in known(shape).items():
        default = getattr(defaults, attribute.name)
        kind = about.kind
        if isinstance(kind, Table) and default is not None:
            found += flat(kind.shape, default, (*path, key))
        elif isinstance(kind, MapOf) and kind.keys and isinstance(kind.value, Table):
            for word in kind.keys:
                found += flat(kind.value.shape, kind.value.shape(), (*path, key, word))
        else:
            found.append(((*path, key), about, default))
    return found


def description(about: Setting) -> str:
    """One line about a setting, its unit included."""
    return f"{about.doc.removesuffix('.')} ({about.unit})." if about.unit else about.doc


def kind_schema(kind: Kind) -> dict[str, Any]:
    """The JSON schema of a kind."""
    match kind:
        case Flag():
            return {"type": "boolean"}
        case Never():
            return {"const": False}
        case Number(minimum, maximum, whole):
            return {"type": "integer" if whole else "number", "minimum": minimum, "maximum": maximum}
        case Text(_, longest):
            return {"type": "string", "maxLength": longest}
        case Choice(words):
            return {"type": "string", "enum": list(words)}
        case ListOf(entry, longest, single):
            several = {"type": "array", "items": kind_schema(entry), "maxItems": longest}
            return {"anyOf": [kind_schema(entry), several]} if single else several
        case MapOf():
            return _map(kind)
        case Table(shape):
            return _table(shape, shape())
        case Either(kinds):
            return {"anyOf": [kind_schema(one) for one in kinds]}


def plain(value: Any) -> Any:
    """A default as JSON has it."""
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if attrs.has(type(value)):
        set_fields = {camel(name): plain(entry) for name, entry in attrs.asdict(value, recurse=False).items()}
        return {key: entry for key, entry in set_fields.items() if entry is not None and key in known(type(value))}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return list(value) if isinstance(value, tuple) else value


def shown(value: Any) -> Any:
    """Settings as JSON for people (`aurelis config show`): what is set, texts that may hold a secret as `***`."""
    if isinstance(value, Mapping):
        return {key: shown(entry) for key, entry in value.items()}
    if not attrs.has(type(value)):
        return plain(value)
    fields = [(key, attribute, getattr(value, attribute.name)) for key, (_, attribute) in known(type(value)).items()]
    rows = {key: shown(entry) if attribute.repr or not entry else "***" for key, attribute, entry in fields}
    return {key: row for key, row in rows.items() if row is not None and row != {}}


def _map(kind: MapOf) -> dict[str, Any]:
    value = kind_schema(kind.value)
    if kind.keys:
        return {"type": "object", "properties": dict.fromkeys(kind.keys, value), "additionalProperties": False}
    table = {"type": "object", "additionalProperties": value, "maxProperties": kind.longest}
    if not (kind.names or kind.numbered):
        return table
    items = {"type": "string"} if kind.names else value
    return {"anyOf": [{"type": "array", "items": items, "maxItems": kind.longest}, table]}


def _table(shape: type, defaults: Any) -> dict[str, Any]:
    fields = known(shape)
    properties: dict[str, Any] = {}
    for key, (about, attribute) in fields.items():
        default = getattr(defaults, attribute.name)
        properties[key] = {**kind_schema(about.kind), "description": description(about)}
        if isinstance(about.kind, Table) and default is not None:
            properties[key] = {**_table(about.kind.shape, default), "description": description(about)}
        elif default is not None and not about.required and not _holds_tables(about.kind):
            properties[key]["default"] = plain(default)
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [key for key, (about, _) in fields.items() if about.required]
    return {**schema, "required": required} if required else schema


def _holds_tables(kind: Kind) -> bool:
    return isinstance(kind, MapOf) and isinstance(kind.value, Table)


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, or null, which means that nothing is set."""
    if "enum" in schema:
        return {"type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}
