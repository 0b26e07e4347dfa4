"""How a project documents its code, found from the code itself."""

from __future__ import annotations

import re
from collections import Counter
from types import MappingProxyType
from typing import Final

from aurelis.syntax.parses import SyntaxTree
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


def documentation_style(tree: SyntaxTree | None, language_id: str, wanted: str | None = None) -> str:
    """A sentence on the form of documentation: what settings ask for, else the code's own, else the language's."""
    if wanted:
        return f"Use this form of documentation: {wanted}."
    if language_id == "python":
        return f"Write docstrings in {python_style(tree) or _PYTHON_DEFAULT} style."
    style = _OWN.get(language_id)
    return f"Write {style}." if style else ""


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
