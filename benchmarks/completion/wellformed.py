"""Whether a document is what its language takes, as a parser says that has no part in the cleaning where there is one.

Languages of code are parsed with the grammar that the product has; data is read with libraries that it does not use.
What nothing here can read (a page of HTML is never wrong, prose neither) has no answer.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from xml.parsers import expat

import yaml

from aurelis.syntax.parses import parse

_KEPT: Final = 16
"""The bound on files of which it is known whether they are well-formed: each is asked about in every shape, in turn."""


def _read_xml(text: str) -> None:
    expat.ParserCreate().Parse(text.encode(), True)


def _read_yaml(text: str) -> None:
    for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
        pass


READERS: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {"json": json.loads, "toml": tomllib.loads, "xml": _read_xml, "yaml": _read_yaml}
)
"""What raises an error for a text that is not of the language."""
_ERRORS: Final = (ValueError, RecursionError, expat.ExpatError, yaml.YAMLError)


def is_well_formed(text: str, language_id: str) -> bool | None:
    """Whether a text is what its language takes; None where nothing can tell."""
    read = READERS.get(language_id)
    if read is None:
        tree = parse(text, language_id)
        return None if tree is None else tree.complete
    try:
        read(text)
    except _ERRORS:
        return False
    return True


@lru_cache(maxsize=_KEPT)
def was_well_formed(text: str, language_id: str) -> bool:
    """The same of a file that holes are cut in, for which what cannot be told is not."""
    return is_well_formed(text, language_id) is True
