"""How a project documents its code, found from the code itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from aurelis.syntax.parses import SyntaxTree, parse
from aurelis.syntax.scopes import definitions

_PYTHON_STYLES: Final = (
    (
        "NumPy",
        re.compile(r"^[ \t]*+(?:Parameters|Returns|Raises|Yields|Attributes)[ \t]*+\n[ \t]*+-{3,}", re.MULTILINE),
    ),
    ("reST", re.compile(r"^[ \t]*+:(?:param|type|returns?|rtype|raises?)\b[^:\n]*:", re.MULTILINE)),
    ("Google", re.compile(r"^[ \t]*+(?:Args|Arguments|Returns|Raises|Yields|Attributes):[ \t]*+$", re.MULTILINE)),
)
_OWN: Final = MappingProxyType(
    {
        "c": "Doxygen comments (/** ... */ with @param and @return)",
        "cpp": "Doxygen comments (/** ... */ with @param and @return)",
        "go": "Go doc comments: // lines above the declaration, beginning with its name",
        "java": "Javadoc (/** ... */ with @param, @return and @throws)",
        "javascript": "JSDoc (/** ... */ with @param, @returns and @throws)",
        "javascriptreact": "JSDoc (/** ... */ with @param, @returns and @throws)",
        "rust": "Rustdoc: /// lines above the item, with # Errors, # Panics and # Examples where they apply",
        "typescript": "TSDoc (/** ... */ with @param, @returns and @throws, without types)",
        "typescriptreact": "TSDoc (/** ... */ with @param, @returns and @throws, without types)",
    }
)
_PYTHON_DEFAULT: Final = "Google"


MOST_NEIGHBOURS: Final = 5
"""Files of the project in which the style is looked for when the document itself shows none."""


def documentation_style(
    tree: SyntaxTree | None, language_id: str, wanted: str | None = None, others: Sequence[str] = ()
) -> str:
    """A sentence on the form of documentation: what settings ask for, else the code's own, else the language's.

    `others` are texts of the same project and language, asked where the document itself shows no style.
    """
    if wanted:
        return f"Use this form of documentation: {wanted}."
    if language_id == "python":
        near = (found for text in others if (found := python_style(parse(text, language_id))))
        return f"Write docstrings in {python_style(tree) or next(near, _PYTHON_DEFAULT)} style."
    style = _OWN.get(language_id)
    return f"Write {style}." if style else ""


def documented_neighbours(name: str, language_id: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names of files that may show the document's style, the nearest first; none where a language has but one."""
    if language_id != "python":
        return ()
    own = PurePosixPath(name)
    near = [PurePosixPath(other) for other in names if other.endswith(".py") and other != name]
    near.sort(key=lambda other: (other.parent != own.parent, own.parent not in other.parents, len(other.parts)))
    return tuple(other.as_posix() for other in near[:MOST_NEIGHBOURS])


def python_style(tree: SyntaxTree | None) -> str | None:
    """The style that most of a Python text's docstrings use: Google, NumPy or reST; None where none can be told."""
    if tree is None:
        return None
    found: Counter[str] = Counter()
    for definition in definitions(tree):
        for name, pattern in _PYTHON_STYLES:
            if pattern.search(definition.documentation):
                found[name] += 1
                break
    return found.most_common(1)[0][0] if found else None
