"""Names of files as git writes them into the heads of a diff, and reads them there.

One that holds quotation marks, backslashes or control characters is spelled like a string in C (git-config(1),
"core.quotePath"); behind one with a blank stands a tab, or programs would take what follows the blank for a date.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

_LETTERS: Final = MappingProxyType(
    {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", '"': '"', "\\": "\\"}
)
_CHARACTERS: Final = MappingProxyType({letter: character for character, letter in _LETTERS.items()})
_SPELLED: Final = re.compile(r'[\x00-\x1f\x7f"\\]')
_ESCAPE: Final = re.compile(r"\\([0-7]{3}|.)")


def to_diff(name: str) -> str:
    """What stands behind `---` and `+++`."""
    if _SPELLED.search(name):
        return f'"{_SPELLED.sub(_escaped, name)}"'
    return f"{name}\t" if " " in name else name


def from_diff(text: str) -> str:
    """The name that stands behind `---` or `+++`."""
    name = text.rstrip("\t")
    if not name.startswith('"'):
        return name
    return _ESCAPE.sub(lambda found: _CHARACTERS.get(found[1]) or chr(int(found[1], 8)), name[1:-1])


def _escaped(found: re.Match[str]) -> str:
    letter = _LETTERS.get(found[0])
    return f"\\{letter}" if letter is not None else f"\\{ord(found[0]):03o}"
