"""What people call a language, from LSP's identifier of it (LSP 3.18, "TextDocumentItem")."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bat": "batch",
        "cpp": "C++",
        "csharp": "C#",
        "css": "CSS",
        "fsharp": "F#",
        "html": "HTML",
        "javascript": "JavaScript",
        "javascriptreact": "JavaScript (React)",
        "json": "JSON",
        "jsonc": "JSON with comments",
        "latex": "LaTeX",
        "makefile": "Make",
        "objective-c": "Objective-C",
        "objective-cpp": "Objective-C++",
        "ocaml": "OCaml",
        "php": "PHP",
        "plaintext": "plain text",
        "powershell": "PowerShell",
        "scss": "SCSS",
        "shellscript": "shell",
        "sql": "SQL",
        "toml": "TOML",
        "typescript": "TypeScript",
        "typescriptreact": "TypeScript (React)",
        "vb": "Visual Basic",
        "xml": "XML",
        "xsl": "XSL",
        "yaml": "YAML",
    }
)
"""Where the name is not the identifier with a capital letter."""


def language_name(language_id: str) -> str:
    """The name to use in a sentence; "text" where there is no identifier."""
    return _NAMES.get(language_id, language_id[:1].upper() + language_id[1:]) or "text"
