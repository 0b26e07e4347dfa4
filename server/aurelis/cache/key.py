"""The canonical hash of a request: equal keys mean that one answer serves both.

Code and prompts count to the letter. Only the user's own words, for documentation and explanation, are folded in case
and space, and only where the request says which words those are (facet `words`). The key holds no absolute path: the
texts are redacted and relative by then, and the facets that merely select for invalidation stay out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.model import ModelReference
from aurelis.core.request import Message, RedactedRequest, Task

KEY_VERSION: Final = "1"
"""Part of every key: raised when the meaning of a key or of an entry changes, so that old entries are never read."""

WORDS_FACET: Final = "words"
"""The facet that carries the user's own words exactly as they stand in one message."""

SELECTING_FACETS: Final = frozenset({"path", "project", WORDS_FACET})
"""Facets that say where a request came from, not what it asks."""

FOLDED_TASKS: Final = frozenset({Task.DOCUMENTATION, Task.EXPLANATION})

_QUOTED_OR_WORD: Final = re.compile(r"`[^`]*`|\"[^\"]*\"|'[^']*'|[^\s`\"']+")
_PLAIN_WORD: Final = re.compile(r"[^\W\d_]+", re.UNICODE)


def cache_key(model: ModelReference | str, redacted: RedactedRequest) -> str:
    """The key of an answer that `model` gives to a redacted request: `<version>-<SHA-256 in hex>`."""
    request = redacted.request
    fim = redacted.fim
    parts = [
        KEY_VERSION,
        str(model),
        request.task.value,
        _messages(request.task, redacted.messages, request.facets.get(WORDS_FACET, "")),
        None
        if fim is None
        else [fim.prefix, fim.suffix, fim.name, [[near.name, near.text] for near in fim.neighbours]],
        list(attrs.astuple(request.parameters, recurse=False)),
        request.prompt_digest,
        sorted((name, value) for name, value in request.facets.items() if name not in SELECTING_FACETS),
        request.reasoning,
    ]
    canonical = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return f"{KEY_VERSION}-{hashlib.sha256(canonical.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _messages(task: Task, messages: Sequence[Message], words: str) -> list[list[str]]:
    """The messages to the letter, or with the user's own words set apart and folded.

    The words are folded only where they stand exactly once: any other occurrence could be code.
    """
    letter = [[message.role, message.content] for message in messages]
    if not words.strip() or task not in FOLDED_TASKS:
        return letter
    if sum(message.content.count(words) for message in messages) != 1:
        return letter
    parts = []
    for message in messages:
        before, found, after = message.content.partition(words)
        if not found:
            parts.append([message.role, message.content])
            continue
        around = "\n".join(other.content for other in messages if other is not message and other.role != "system")
        parts.append([message.role, before, _fold(words, f"{around}\n{before}\n{after}"), after])
    return parts


def _fold(words: str, around: str) -> str:
    """Join runs of white space and fold the case of plain words; quoted text and names that the code knows stay."""
    known = set(_PLAIN_WORD.findall(around))
    return " ".join(_fold_token(token, known) for token in _QUOTED_OR_WORD.findall(words))


def _fold_token(token: str, known: set[str]) -> str:
    if token[0] in "`\"'":
        return token
    core = token.strip(".,;:!?()")
    if not _PLAIN_WORD.fullmatch(core) or core in known or not (core.istitle() or core.islower() or len(core) == 1):
        return token
    return token.replace(core, core.casefold())
