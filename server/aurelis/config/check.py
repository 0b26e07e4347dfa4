"""Plain tables against the tree of settings: what fits is kept, what does not is reported and left out.

In goes one layer as it was read (anything at all) and what the earlier layers came to; out comes a partial table that
`build` can turn into settings without any further doubt. Neither ever raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import attrs

from aurelis.config.findings import Findings
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
    expected,
    known,
    written,
)

S = TypeVar("S")

WRONG: Final = object()
"""Stands for a value that cannot be used."""

FAULT: Final = "fault"
"""Key under which a partial provider carries why it must not be used: `{setting: sentence or None}`."""

_LONGEST_KEY: Final = 300
_LARGEST_SHOWN: Final = 1e12
_CREDENTIALS: Final = frozenset({"apikey", "key", "token", "accesstoken", "password", "secret", "bearer"})
_LEFT_OUT: Final = "the entry is left out"


def check(shape: type, value: object, earlier: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    """Keep of a layer what fits the tree."""
    fitting = _table(shape, value, earlier, "", findings)
    return fitting if isinstance(fitting, dict) else {}


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two partial tables as one: tables are merged, everything else is replaced by what stands above."""
    merged = dict(below)
    for key, value in above.items():
        present = merged.get(key)
        merged[key] = merge(present, value) if isinstance(present, dict) and isinstance(value, dict) else value
    return merged


def build(default: S, partial: Mapping[str, Any]) -> S:
    """A checked partial table as an instance of the tree, everything else as in `default`."""
    changes = {}
    for key, (about, attribute) in known(type(default)).items():
        if key in partial:
            changes[attribute.name] = _built(about.kind, partial[key], getattr(default, attribute.name))
    faults = [sentence for sentence in partial.get(FAULT, {}).values() if sentence]
    if faults:
        changes[FAULT] = faults[0]
    return attrs.evolve(default, **changes)  # type: ignore[misc]  # every shape in the tree is an attrs class


def _built(kind: Kind, value: Any, default: Any) -> Any:
    if isinstance(kind, Table):
        return build(kind.shape() if default is None else default, value)
    if isinstance(kind, MapOf):
        named = value if isinstance(value, dict) else dict.fromkeys(value)
        entries = {key: _entry(kind.value, entry) for key, entry in named.items()}
        return MappingProxyType({**(default or {}), **entries})
    return value


def _entry(kind: Kind, value: Any) -> Any:
    return kind.shape() if value is None and isinstance(kind, Table) else _built(kind, value, None)


def _value(kind: Kind, value: object, earlier: Any, path: str, findings: Findings) -> Any:
    """The value as it will be used, or `WRONG`; whatever is wrong below this level has then been reported."""
    match kind:
        case Table(shape):
            return _table(shape, value, earlier, path, findings)
        case MapOf():
            return _map(kind, value, earlier, path, findings)
        case ListOf():
            return _list(kind, value, path, findings)
        case _:
            return _leaf(kind, value)


def _leaf(kind: Kind, value: object) -> Any:
    match kind:
        case Flag():
            return value if isinstance(value, bool) else WRONG
        case Never():
            return False if value is False else WRONG
        case Choice(words):
            return value if isinstance(value, str) and value in words else WRONG
        case Number():
            return _number(kind, value)
        case Text(_, longest, fault):
            if not isinstance(value, str) or len(value) > longest or "\0" in value or not _encodable(value):
                return WRONG
            return WRONG if fault and fault(value) else value
        case Either(kinds):
            return next((found for one in kinds if (found := _leaf(one, value)) is not WRONG), WRONG)
        case _:
            return WRONG


def _number(kind: Number, value: object) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return WRONG
    if not kind.minimum <= value <= kind.maximum or (kind.whole and value != int(value)):
        return WRONG
    return int(value) if kind.whole else float(value)


def _list(kind: ListOf, value: object, path: str, findings: Findings) -> Any:
    entries = [value] if kind.single and isinstance(value, str) else value
    if not isinstance(entries, list | tuple):
        return WRONG
    fitting = []
    for number, entry in enumerate(entries[: kind.longest]):
        found = _value(kind.entry, entry, None, f"{path}[{number}]", findings)
        if found is WRONG:
            findings.add(f"{path}[{number}]", f"{_expected(kind.entry, entry)}; {_LEFT_OUT}.")
        else:
            fitting.append(found)
    if len(entries) > kind.longest:
        findings.add(path, f"Expected at most {kind.longest} entries; the rest is left out.")
    return tuple(fitting) if fitting or not entries else WRONG


def _map(kind: MapOf, value: object, earlier: Any, path: str, findings: Findings) -> Any:
    if kind.names and isinstance(value, list | tuple):
        return _list(ListOf(Text(f"a {kind.key}", _LONGEST_KEY), kind.longest), value, path, findings)
    if kind.numbered and isinstance(value, list | tuple):
        value = {str(number): entry for number, entry in enumerate(value, 1)}
    if not isinstance(value, Mapping):
        return WRONG
    fitting: dict[str, Any] = {}
    for key, entry in list(value.items())[: kind.longest]:
        below = f"{path}.{key}"
        if (complaint := _key_complaint(kind, key)) is not None:
            findings.add(below, complaint)
        elif entry is not None:
            found = _map_entry(kind.value, entry, _below(earlier, key), below, findings)
            fitting.update({} if found is WRONG else {key: found})
        elif kind.names:
            fitting[key] = None
    if len(value) > kind.longest:
        findings.add(path, f"Expected at most {kind.longest} entries; the rest is left out.")
    return fitting


def _map_entry(kind: Kind, value: object, earlier: Any, path: str, findings: Findings) -> Any:
    before = findings.count
    found = _value(kind, value, earlier, path, findings)
    if found is not WRONG:
        return found
    if isinstance(kind, Table) and FAULT in attrs.fields_dict(kind.shape):
        findings.add(path, f"{_expected(kind, value)}; the provider is not used.")
        return {FAULT: {"": f"The setting {path} is not a table. Correct it to use the provider."}}
    if findings.count == before:
        findings.add(path, f"{_expected(kind, value)}; {_LEFT_OUT}.")
    return WRONG


def _key_complaint(kind: MapOf, key: object) -> str | None:
    if not isinstance(key, str) or not 0 < len(key) <= _LONGEST_KEY or not _encodable(key):
        return f"Expected a {kind.key} as the key; {_LEFT_OUT}."
    if kind.keys and key not in kind.keys:
        return f"There is no {kind.key} of this name{_suggestion(key, kind.keys)}; {_LEFT_OUT}."
    wanted = kind.fault(key) if kind.fault else None
    return f"Expected {wanted} as the key; {_LEFT_OUT}." if wanted else None


def _table(shape: type, value: object, earlier: Any, path: str, findings: Findings) -> Any:
    if not isinstance(value, Mapping):
        return WRONG
    fields = known(shape)
    fitting: dict[str, Any] = {}
    faults: dict[str, str | None] = {}
    for key, entry in value.items():
        below = f"{path}.{key}" if path else str(key)
        if key not in fields:
            faults.update(_unknown(key, below, fields, findings))
        elif entry is not None and entry != "":
            before = findings.count
            found = _field(*fields[key], entry, _below(earlier, key), below, findings)
            if isinstance(found, dict) and isinstance(fields[key][0].kind, Table):
                faults.update({f"{key}.{inner}": sentence for inner, sentence in found.pop(FAULT, {}).items()})
            if fields[key][0].critical:
                faults[key] = _fault(below, before, findings)
            if found is not WRONG:
                fitting[key] = found
    missing = [key for key, (about, _) in fields.items() if about.required and key not in fitting]
    if missing:
        findings.add(path, f"Expected {' and '.join(missing)} in this table; it is not used.")
        return WRONG
    if faults:
        fitting[FAULT] = faults
    return fitting


def _fault(path: str, before: int, findings: Findings) -> str | None:
    """Why the provider must not be used: what was found in a setting first; None when nothing was."""
    if findings.count == before:
        return None
    first = findings.problems[before] if before < len(findings.problems) else None
    what = f"is wrong. {first.message.partition(';')[0]}" if first is not None and first.path == path else "is wrong"
    return f"The setting {path} {what}. Correct it to use the provider."


def _field(about: Setting, attribute: Any, value: object, earlier: Any, path: str, findings: Findings) -> Any:
    """The value of one field, reported if it is wrong; `WRONG` leaves it to the earlier layers."""
    before = findings.count
    found = _value(about.kind, value, earlier, path, findings)
    if found is not WRONG:
        return found
    if findings.count == before:
        findings.add(path, f"{_expected(about.kind, value)}; {_instead(about, earlier, attribute.default)}.")
    return WRONG if about.cautious is None else about.cautious


def _unknown(key: object, path: str, fields: Mapping[str, Any], findings: Findings) -> dict[str, str | None]:
    """Report a key that no setting has; a fault, where one was probably meant that a provider must not go without."""
    name = str(key)
    if name.replace("_", "").replace("-", "").lower() in _CREDENTIALS and "apiKeyEnv" in fields:
        findings.add(path, "Tokens do not belong into settings: sign in with `aurelis login`, or set apiKeyEnv.")
        return {}
    if findings.full:  # Nobody reads on, and searching for what was meant takes time.
        findings.add(path, "")
        critical = any(about.critical for about, _ in fields.values())
        return {"": f"There are too many problems before {path}. Correct them to use the provider."} if critical else {}
    findings.add(path, f"There is no such setting{_suggestion(name, fields)}; it is ignored.")
    meant = _closest(name, fields)
    if meant is None or not fields[meant][0].critical:
        return {}
    return {meant: f"The setting {path} is unknown; it may mean {meant}. Correct it to use the provider."}


def _suggestion(name: str, words: Iterable[str]) -> str:
    meant = _closest(name, words)
    return f" (did you mean {meant}?)" if meant else ""


def _closest(name: str, words: Iterable[str]) -> str | None:
    """The word that differs only in case, dashes and underscores, or is closest by far."""
    import difflib  # noqa: PLC0415 - only mistakes pay for it, not every start

    plain = {word.lower(): word for word in words}
    asked = name[:_LONGEST_KEY].replace("_", "").replace("-", "").lower()
    return next((plain[match] for match in difflib.get_close_matches(asked, plain, n=1, cutoff=0.75)), None)


def _expected(kind: Kind, value: object) -> str:
    """Expected this, got that; the value itself is shown only where it is a number."""
    wanted = expected(kind)
    if isinstance(kind, Text) and isinstance(value, str):
        if len(value) > kind.longest:
            wanted = f"{wanted} of at most {kind.longest} characters"
        elif kind.fault:
            wanted = kind.fault(value) or wanted
    return f"Expected {wanted}, got {_shape(value)}"


def _shape(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return written(value) if abs(value) < _LARGEST_SHOWN else "a number far off"
        case str():
            if not value:
                return "an empty text"
            return "a text" if _encodable(value) else "a text that cannot be written as UTF-8"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a table"
        case None:
            return "nothing"
        case _:
            return "something else"


def _instead(about: Setting, earlier: Any, default: Any) -> str:
    """What happens in place of a wrong value."""
    if about.critical:
        return "the provider is not used until this is corrected"
    if about.cautious is not None:
        return f"{_shown(about.kind, about.cautious)} is used instead"
    if earlier is not None:
        return f"{_shown(about.kind, earlier) or 'the earlier value'} is used instead"
    if default is None:
        return "it is not set"
    return f"{_shown(about.kind, default) or 'the default'} is used instead"


def _shown(kind: Kind, value: Any) -> str | None:
    match kind:
        case Flag() | Number():
            return _shape(value)
        case Choice():
            return f'"{value}"'
        case Either(kinds):
            return next((_shown(one, value) for one in kinds if _leaf(one, value) is not WRONG), None)
        case _:
            return None


def _below(earlier: Any, key: Any) -> Any:
    return earlier.get(key) if isinstance(earlier, Mapping) else None


def _encodable(text: str) -> bool:
    """Whether a text can be written at all: JSON may hold lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
