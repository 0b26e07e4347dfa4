"""One kept answer with its tags and its end, and the bytes that stand for it outside memory.

The bytes are JSON and nothing else: whatever was planted in a database or a shared server is at worst not an entry.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final, Protocol

import attrs

from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer, CacheTags, Invalidation
from aurelis.core.reply import CacheLayer, FinishReason, Usage
from aurelis.core.request import Task

MAX_ENTRY_BYTES: Final = 12_000_000
"""The longest encoded entry that is written or read: an answer of 2,000,000 characters takes at most 6 bytes each."""


@attrs.frozen
class Entry:
    """A kept answer; `expires_at` is seconds since the epoch."""

    answer: CachedAnswer
    tags: CacheTags
    expires_at: float


@attrs.frozen
class LayerStats:
    """What a layer holds and has done; None where the layer cannot tell."""

    name: CacheLayer
    entries: int | None
    bytes: int | None
    hits: int
    misses: int
    error: str | None = None


class Layer(Protocol):
    """One place that keeps entries. `ttl_seconds` bounds how long an entry stays in it.

    Layers may raise; `LayeredCache` turns every fault into a miss.
    """

    @property
    def name(self) -> CacheLayer:
        """The layer's name in a Result."""

    @property
    def ttl_seconds(self) -> float:
        """How long an entry may stay."""

    async def get(self, key: str) -> Entry | None:
        """The entry, or None."""

    async def put(self, key: str, entry: Entry) -> None:
        """Keep an entry until its end."""

    async def invalidate(self, invalidation: Invalidation) -> int:
        """Drop matching entries and count them."""

    async def clear(self) -> int:
        """Drop everything and count it."""

    async def stats(self) -> LayerStats:
        """What the layer holds."""

    async def aclose(self) -> None:
        """Finish writing and let go of files and connections."""


def matches(tags: CacheTags, invalidation: Invalidation) -> bool:
    """Whether an invalidation drops an entry with such tags; a `path` covers everything below it."""
    if tags.task not in invalidation.tasks:
        return False
    if invalidation.language is not None and tags.language != invalidation.language:
        return False
    if invalidation.project is not None and tags.project != invalidation.project:
        return False
    if invalidation.path is None:
        return True
    below = invalidation.path.rstrip("/")
    return tags.path == below or tags.path.startswith(f"{below}/")


def encode_entry(entry: Entry) -> bytes:
    """The entry as JSON in UTF-8."""
    answer, tags = entry.answer, entry.tags
    data = {
        "text": answer.text,
        "model": [answer.model.provider, answer.model.model],
        "finish": answer.finish.value,
        "usage": [answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens],
        "cost": answer.cost_usd,
        "confidence": answer.confidence,
        "reasons": answer.confidence_reasons,
        "stored": answer.stored_at,
        "expires": entry.expires_at,
        "tags": [tags.task.value, tags.language, tags.path, tags.project],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def decode_entry(data: bytes) -> Entry:
    """The entry that `encode_entry` wrote.

    Raises:
        ValueError: when the bytes are not an entry.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise ValueError("the entry is too long")
    try:
        fields: Any = json.loads(data.decode("utf-8", "surrogatepass"))
        provider, model = fields["model"]
        task, language, path, project = fields["tags"]
        cost = fields["cost"]
        answer = CachedAnswer(
            text=_text(fields["text"]),
            model=ModelReference(_text(provider), _text(model)),
            finish=FinishReason(fields["finish"]),
            usage=Usage(*(_whole(number) for number in fields["usage"])),
            cost_usd=None if cost is None else _number(cost),
            confidence=_number(fields["confidence"]),
            stored_at=_number(fields["stored"]),
            confidence_reasons=tuple(_text(reason) for reason in fields["reasons"]),
        )
        tags = CacheTags(Task(task), _text(language), _text(path), _text(project))
        return Entry(answer, tags, _number(fields["expires"]))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("the bytes are not an entry") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected text")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("expected a finite number")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("expected a whole number")
    return value
