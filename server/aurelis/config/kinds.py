"""What a setting may be: small frozen descriptions that checking, the JSON schema and the documentation share.

A kind says what is expected; `check.py` compares values with it, `schema.py` writes it down. They are named tuples
because start-up makes these classes, and an attrs class takes six times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import attrs

T = TypeVar("T")

NOTHING_SET: Mapping[str, Any] = MappingProxyType({})
"""The empty, immutable map that map-valued settings start from."""


class Flag(NamedTuple):
    """True or false."""


class Number(NamedTuple):
    """A finite number within bounds, both included; `whole` allows no fraction."""

    minimum: float
    maximum: float
    whole: bool = False


class Text(NamedTuple):
    """A text of at most `longest` characters.

    `fault` looks at a text and says what was expected instead, or None when it is fine.
    """

    expected: str = "a text"
    longest: int = 1000
    fault: Callable[[str], str | None] | None = None


class Choice(NamedTuple):
    """One of a few words."""

    words: tuple[str, ...]


class Never(NamedTuple):
    """Exactly `false`, which switches a setting off that otherwise holds a text."""


class ListOf(NamedTuple):
    """A list; wrong entries are dropped one by one. `single` also takes one entry without brackets."""

    entry: Kind
    longest: int = 100
    single: bool = False


class MapOf(NamedTuple):
    """A table whose keys the user chooses, or whose keys are the words in `keys`.

    `names` also takes a list of keys without values, `numbered` a list of values, whose keys are then 1, 2, 3.
    `key` is what messages call a key; `fault` judges one, as in `Text`.
    """

    value: Kind
    keys: tuple[str, ...] = ()
    names: bool = False
    numbered: bool = False
    longest: int = 200
    key: str = "name"
    fault: Callable[[str], str | None] | None = None


class Table(NamedTuple):
    """A table with fixed keys, the fields of an attrs class made of settings."""

    shape: type


class Either(NamedTuple):
    """The first of several kinds that fits."""

    kinds: tuple[Kind, ...]


Kind = Flag | Number | Text | Choice | Never | ListOf | MapOf | Table | Either


class Setting(NamedTuple):
    """What is known about one field of the tree besides its default.

    Attributes:
        kind: what its value may be.
        doc: one line for people.
        unit: the unit of a number, empty where there is none.
        required: whether the table that holds it makes no sense without it.
        critical: whether a wrong value must put the whole provider out of use instead of falling back, because the
            fallback could send text or a token somewhere else, or less protected.
        cautious: what is used in place of a wrong value, whatever earlier layers said.
    """

    kind: Kind
    doc: str
    unit: str = ""
    required: bool = False
    critical: bool = False
    cautious: Any = None


def _fields(shape: type) -> tuple[attrs.Attribute[Any], ...]:
    return tuple(attrs.fields(shape))


class Branch:
    """Base of the tree's tables: equality, hash and repr once, by field, where attrs would compile them for each class.

    That halves what these classes cost at start-up. Their decorator says `repr=False, eq=False` for the same reason.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, field.name) == getattr(other, field.name) for field in _fields(type(self)))

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, field.name) for field in _fields(type(self))))

    def __repr__(self) -> str:
        shown = [f"{field.name}={getattr(self, field.name)!r}" for field in _fields(type(self)) if field.repr]
        return f"{type(self).__name__}({', '.join(shown)})"


def setting(default: T, kind: Kind, doc: str, *, repr: bool = True, **facts: Any) -> T:  # noqa: A002 - named as in attrs.field, which it wraps
    """A field of the tree: its default, its kind and one line about it."""
    field: T = attrs.field(default=default, repr=repr, metadata={"setting": Setting(kind, doc, **facts)})
    return field


def known(shape: type) -> Mapping[str, tuple[Setting, Any]]:
    """The settings of a table by their camelCase key: what is known, and the attrs attribute."""
    found = {}
    for attribute in attrs.fields(shape):
        if "setting" in attribute.metadata:
            found[camel(attribute.name)] = (attribute.metadata["setting"], attribute)
    return found


def camel(name: str) -> str:
    """The name that users write for a field: `timeout_seconds` is `timeoutSeconds`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def expected(kind: Kind) -> str:
    """What a value should have been, as part of a sentence."""
    match kind:
        case Flag():
            return "true or false"
        case Never():
            return "false"
        case Number(minimum, maximum, whole):
            return f"a {'whole ' if whole else ''}number from {written(minimum)} to {written(maximum)}"
        case Text(words):
            return words
        case Choice(words):
            return either_of([f'"{word}"' for word in words])
        case ListOf(entry, _, single):
            entries = f"a list, each entry {expected(entry)}"
            return f"{expected(entry)}, or {entries}" if single else entries
        case MapOf(value, _, names, numbered):
            inner = "" if isinstance(value, Table) else f" from {kind.key} to {expected(value)}"
            listed = ", or a list of names" if names else ", or a list of the latter" if numbered else ""
            return f"a table{inner}{listed}"
        case Table():
            return "a table"
        case Either(kinds):
            return either_of([expected(one) for one in kinds])


def written(number: float) -> str:
    """A number as people write it, with all its digits."""
    return str(int(number)) if float(number).is_integer() else f"{number:g}"


def either_of(words: Sequence[str]) -> str:
    """Alternatives as a sentence has them: `a, b or c`."""
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} or {words[-1]}"
