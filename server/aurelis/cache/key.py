"""The canonical hash of a request: equal keys mean that one answer serves both.

Code and prompts count to the letter. Only the user's own words, for documentation and explanation, are folded in case
and space, and only where the request says which words those are (facet `words`) and which of them the code spells just
so (facet `names`). The key holds no absolute path: the texts are redacted and relative by then, and the facets that
merely select for invalidation stay out.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Final

import attrs

from aurelis.core.model import ModelReference
from aurelis.core.redaction_map import RedactionMap
from aurelis.core.request import RedactedRequest, Task

KEY_VERSION: Final = "2"
"""Part of every key: raised when the meaning of a key or of an entry changes, so that old entries are never read."""

WORDS_FACET: Final = "words"
"""The facet that carries the user's own words exactly as they stand in one message."""

NAMES_FACET: Final = "names"
"""The facet with those of the user's words that the code spells exactly so, and which may therefore be names."""

SELECTING_FACETS: Final = frozenset({"path", "project", WORDS_FACET, NAMES_FACET})
"""Facets that say where a request came from or how it is to be read, not what it asks."""

FOLDED_TASKS: Final = frozenset({Task.DOCUMENTATION, Task.EXPLANATION})

_ABBREVIATIONS: Final = frozenset({"IT", "US", "WHO"})
"""What in capitals means something else than the word; other capitals are emphasis."""

_TOKEN: Final = re.compile(r"(?:`[^`]*`|\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|\S)+")
"""What stands between white space, with what stands in quotation marks as one piece."""

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_JOINT: Final = re.compile(r"['\u2019-]")
_AROUND_WORDS: Final = ".,;:!?()"
_INDENTED: Final = re.compile(r":[ \t]*\r?\n[ \t]+\S|\n(?: {4}|\t)[ \t]*\S")
"""A block as Python and Markdown have it: there, white space at the start of a line means something."""


def cache_key(model: ModelReference | str, redacted: RedactedRequest) -> str:
    """The key of an answer that `model` gives to a redacted request: `<version>-<SHA-256 in hex>`."""
    request = redacted.request
    fim = redacted.fim
    parts = [
        KEY_VERSION,
        str(model),
        request.task.value,
        _messages(redacted),
        None
        if fim is None
        else [fim.prefix, fim.suffix, fim.name, [[near.name, near.text] for near in fim.neighbours]],
        list(attrs.astuple(request.parameters, recurse=False)),
        request.prompt_digest,
        sorted(
            (name, _hidden(value, redacted.redactions))
            for name, value in request.facets.items()
            if name not in SELECTING_FACETS
        ),
        request.reasoning,
    ]
    canonical = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return f"{KEY_VERSION}-{hashlib.sha256(canonical.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _hidden(value: str, redactions: RedactionMap) -> str:
    """A facet as it stands in the prompt, its secrets replaced."""
    for entry in redactions.entries:
        value = value.replace(entry.secret, entry.placeholder)
    return value


def _messages(redacted: RedactedRequest) -> list[list[str]]:
    """The messages to the letter, or with the user's own words set apart and folded.

    The words are folded only where they stand exactly once: any other occurrence could be code.
    """
    request, messages = redacted.request, redacted.messages
    words = request.facets.get(WORDS_FACET, "")
    letter = [[message.role, message.content] for message in messages]
    if not words.strip() or request.task not in FOLDED_TASKS or _INDENTED.search(words):
        return letter
    if sum(message.content.count(words) for message in messages) != 1:
        return letter
    folded = _fold(words, frozenset(request.facets.get(NAMES_FACET, "").split()))
    parts = []
    for message in messages:
        before, found, after = message.content.partition(words)
        parts.append([message.role, before, folded, after] if found else [message.role, message.content])
    return parts


def _fold(words: str, names: frozenset[str]) -> str:
    """Join runs of white space and fold the case of plain words; quoted text and names that the code knows stay."""
    shouted = not any(letter.islower() for letter in words)
    return " ".join(_fold_token(token, names, shouted=shouted) for token in _TOKEN.findall(words))


def _fold_token(token: str, names: frozenset[str], *, shouted: bool) -> str:
    core = token.strip(_AROUND_WORDS)
    if not _WORD.fullmatch(core) or not names.isdisjoint(_JOINT.split(core)):
        return token
    rest = core[1:]
    plain = not rest or rest == rest.lower() or core == core.title()
    capitals = core == core.upper() and (shouted or core not in _ABBREVIATIONS)
    return token.replace(core, core.casefold()) if plain or capitals else token
