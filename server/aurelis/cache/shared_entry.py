"""An entry as it lies in a server that others can read and write: hidden, sealed, and named by nothing guessable.

From the team's key come the entry's name, its seal and the key that hides its header (tags and sequence number). The
body is hidden with a key that also needs the cache key, that is, the very question: whoever has the team's key but
does not ask the same thing can neither find nor read an answer, and whoever lacks the key can also forge none. The
stream that hides is SHAKE-256 (FIPS 202) over key and nonce; the seal is HMAC-SHA256 over what is hidden.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Final

import attrs

from aurelis.cache.entry import Entry, decode_entry, encode_entry
from aurelis.cache.sealed import seal, unseal
from aurelis.core.ports import CacheTags
from aurelis.core.request import Task

_NONCE_BYTES: Final = 16
_LENGTH_BYTES: Final = 4
_SEALED_BYTES: Final = 36
MAX_HEADER_BYTES: Final = 8_192


@attrs.frozen
class TeamKeys:
    """The keys that come from the team's one secret."""

    naming: bytes = attrs.field(repr=False)
    sealing: bytes = attrs.field(repr=False)
    hiding: bytes = attrs.field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> TeamKeys:
        """Derive the keys."""
        uses = (b"aurelis-cache name", b"aurelis-cache seal", b"aurelis-cache hide")
        return cls(*(hmac.digest(secret, use, "sha256") for use in uses))


def shared_name(keys: TeamKeys, key: str) -> str:
    """What an entry is called in the server: no request can be guessed from it."""
    return hmac.digest(keys.naming, key.encode(), "sha256").hex()


def to_shared(keys: TeamKeys, key: str, entry: Entry, sequence: int) -> bytes:
    """The bytes for the server. `sequence` is the number of invalidations known when the answer was kept."""
    name, nonce = shared_name(keys, key), secrets.token_bytes(_NONCE_BYTES)
    tags = entry.tags
    header = json.dumps([sequence, tags.task.value, tags.language, tags.path, tags.project]).encode()
    hidden = _hide(keys.hiding, nonce, header)
    body = _hide(_body_key(keys, key), nonce, encode_entry(entry))
    return seal(keys.sealing, name, nonce + len(hidden).to_bytes(_LENGTH_BYTES, "big") + hidden + body)


def from_shared(keys: TeamKeys, key: str, value: bytes) -> tuple[Entry, int]:
    """The entry and its sequence number.

    Raises:
        ValueError: when the value is a stranger's, altered, or another entry's.
    """
    plain = unseal(keys.sealing, shared_name(keys, key), value)
    nonce, header, body = _split(plain)
    _, sequence = _header(_hide(keys.hiding, nonce, header))
    return decode_entry(_hide(_body_key(keys, key), nonce, body)), sequence


def tags_of_shared(keys: TeamKeys, beginning: bytes) -> CacheTags:
    """The tags from the first `MAX_HEADER_BYTES` of a value, whose seal is not checked: good for dropping only.

    Raises:
        ValueError: when there are none.
    """
    nonce, header, _ = _split(beginning[_SEALED_BYTES:])
    return _header(_hide(keys.hiding, nonce, header))[0]


def _split(plain: bytes) -> tuple[bytes, bytes, bytes]:
    start = _NONCE_BYTES + _LENGTH_BYTES
    length = int.from_bytes(plain[_NONCE_BYTES:start], "big")
    if len(plain) < start + length or length > MAX_HEADER_BYTES:
        raise ValueError("the value is not an entry")
    return plain[:_NONCE_BYTES], plain[start : start + length], plain[start + length :]


def _header(plain: bytes) -> tuple[CacheTags, int]:
    try:
        sequence, task, language, path, project = json.loads(plain)
        if not isinstance(sequence, int) or not all(isinstance(text, str) for text in (language, path, project)):
            raise ValueError("the value is not an entry")
        return CacheTags(Task(task), language, path, project), sequence
    except (TypeError, RecursionError) as error:
        raise ValueError("the value is not an entry") from error


def _body_key(keys: TeamKeys, key: str) -> bytes:
    return hmac.digest(keys.hiding, key.encode(), "sha256")


def _hide(key: bytes, nonce: bytes, data: bytes) -> bytes:
    """Data combined with the stream of key and nonce; doing it twice gives the data back."""
    stream = hashlib.shake_256(key + nonce).digest(len(data))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")
