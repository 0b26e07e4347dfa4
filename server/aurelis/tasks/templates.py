"""Prompt files: finding one, its content hash, and filling in its blanks.

A file is two texts, the system's and the user's, with a line `---` between them. `{{name}}` is a blank; a line that
holds nothing but blanks that are empty disappears. A file of the same name in the user's own folder replaces ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import attrs

from aurelis.core.errors import ErrorKind, RequestError

_BLANK: Final = re.compile(r"\{\{(\w+)\}\}")
_ONLY_BLANKS: Final = re.compile(r"\s*(?:\{\{\w+\}\}\s*)+")
_SPACE: Final = re.compile(r"\n{3,}")
_FOLDER: Final = Path(__file__).parent / "prompts"
_SEPARATOR: Final = "\n---\n"
_KEPT_PROMPTS: Final = 32
"""The bound on prompt files kept in memory; there are fewer than that."""
LONGEST_PROMPT_FILE: Final = 100_000
"""Characters of a user's own prompt file; more is taken for a mistake."""


@attrs.frozen
class Prompt:
    """A prompt file; `digest` is the SHA-256 of its content, part of every cache key."""

    system: str = attrs.field(repr=False)
    user: str = attrs.field(repr=False)
    digest: str


def load_prompt(name: str, user_folder: Path | None = None) -> Prompt:
    """The user's own file of that name, or ours. Reads the disk: call it off the event loop when a folder is given.

    Raises:
        RequestError: of kind `configuration`, when the user's file cannot be used.
    """
    if user_folder is None:
        return _built_in(name)
    path = user_folder / f"{name}.md"
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return _built_in(name)
    except (OSError, UnicodeDecodeError) as error:
        message = f"The prompt file {name}.md in the configuration folder cannot be read; correct or remove it."
        raise RequestError(ErrorKind.CONFIGURATION, message) from error
    if len(text) > LONGEST_PROMPT_FILE or _SEPARATOR not in text.replace("\r\n", "\n"):
        message = (
            f"The prompt file {name}.md in the configuration folder needs the system's and the user's text with a "
            f"line --- between them, and at most {LONGEST_PROMPT_FILE} characters; correct or remove it."
        )
        raise RequestError(ErrorKind.CONFIGURATION, message)
    return _parsed(text)


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its blanks filled in; what is filled in is not searched for blanks again."""
    lines = []
    for line in template.split("\n"):
        names = _BLANK.findall(line)
        if names and _ONLY_BLANKS.fullmatch(line) and not any(values.get(name) for name in names):
            continue
        lines.append(line)
    shape = _SPACE.sub("\n\n", "\n".join(lines)).strip()
    return _BLANK.sub(lambda match: values.get(match.group(1), ""), shape)


@lru_cache(maxsize=_KEPT_PROMPTS)
def _built_in(name: str) -> Prompt:
    return _parsed((_FOLDER / f"{name}.md").read_text(encoding="utf-8"))


def _parsed(text: str) -> Prompt:
    system, _, user = text.replace("\r\n", "\n").partition(_SEPARATOR)
    return Prompt(system.strip(), user.strip(), sha256(text.encode()).hexdigest())
