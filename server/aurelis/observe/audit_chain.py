"""The audit log's chain: how a line is bound to all lines before it, where the log ends, and how both are checked.

Each line carries `seq` and `hash`, the SHA-256 of the hash before it and of its own content, so that altering,
removing, inserting or swapping a line breaks the chain at that place. Where there is a key, `mac` (HMAC-SHA256 of the
hash) says that a process with the key wrote it. The anchor, a small file of its own, holds the count and the last hash,
so that cutting the tail is found; it is sealed with the same key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import attrs

from aurelis.core.whole_file import replace_whole

CURRENT: Final = "audit.jsonl"
ROTATED: Final = "audit.*.jsonl"
ANCHOR: Final = "audit.anchor"
LOCK: Final = "audit.lock"
GENESIS: Final = "0" * 64
MAX_LINE_BYTES: Final = 200_000
"""No line that is written comes near this; a longer one is read as damage."""


@attrs.frozen
class Anchor:
    """Where the log begins and ends.

    `first` and `before` are the sequence number of the first line kept and the hash before it; `count` and `last` the
    number and hash of the last line; `offset` the length in bytes of the current file, `opened` its first line.
    """

    first: int = 1
    before: str = GENESIS
    count: int = 0
    last: str = GENESIS
    offset: int = 0
    opened: int = 1


_KINDS: Final[Mapping[str, type]] = MappingProxyType(
    {field.name: type(field.default) for field in attrs.fields(Anchor)}
)
"""What an anchor's file must hold: names in order, and the type of each."""


def make_line(fields: Mapping[str, Any], anchor: Anchor, key: bytes | None) -> tuple[bytes, Anchor]:
    """The next line in bytes, with its end of line, and the anchor after it."""
    seq = anchor.count + 1
    body = {"seq": seq, **fields}
    digest = _digest(anchor.last, body)
    signed = {**body, "hash": digest}
    if key is not None:
        signed["mac"] = _mac(key, digest)
    line = _spelled(signed)
    return line, attrs.evolve(anchor, count=seq, last=digest, offset=anchor.offset + len(line))


def read_line(raw: bytes) -> dict[str, Any] | None:
    """The fields of a whole line, or None when it is not one."""
    if not raw.endswith(b"\n") or len(raw) > MAX_LINE_BYTES:
        return None
    try:
        fields = json.loads(raw)
        # A line has one spelling only, so that nothing in its bytes can be changed without changing its hash.
        if not isinstance(fields, dict) or _spelled(fields) != raw:
            return None
    except (ValueError, RecursionError):
        return None
    whole = type(fields.get("seq")) is int and type(fields.get("hash")) is str
    return fields if whole else None


def follows(fields: Mapping[str, Any], previous: str) -> bool:
    """Whether a line's hash continues the chain after `previous`."""
    body = {name: value for name, value in fields.items() if name not in {"hash", "mac"}}
    return hmac.compare_digest(_bytes(fields["hash"]), _bytes(_digest(previous, body)))


def signed_with(fields: Mapping[str, Any], key: bytes) -> bool:
    """Whether a process with the key wrote the line."""
    return hmac.compare_digest(_bytes(fields.get("mac", "")), _bytes(_mac(key, str(fields["hash"]))))


def write_anchor(path: Path, anchor: Anchor, key: bytes | None) -> None:
    """Replace the anchor in one step; only the holder of the log's lock may."""
    body = attrs.asdict(anchor)
    text = json.dumps({**body, **({} if key is None else {"mac": _mac(key, _digest("", body))})})
    replace_whole(path, text)


def read_anchor(path: Path, key: bytes | None) -> tuple[Anchor | None, str]:
    """The anchor, or None when there is none; and what is wrong with it, as a sentence, or nothing."""
    try:
        fields = json.loads(path.read_bytes()[:10_000])
        seal = fields.pop("mac", None)
        anchor = Anchor(*(fields[name] for name in _KINDS))
    except FileNotFoundError:
        return None, "The anchor is missing, so a cut tail cannot be found."
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, "The anchor is damaged, so a cut tail cannot be found."
    if not all(isinstance(getattr(anchor, name), kind) for name, kind in _KINDS.items()):
        return None, "The anchor is damaged, so a cut tail cannot be found."
    if key is not None and not hmac.compare_digest(_bytes(seal), _bytes(_mac(key, _digest("", fields)))):
        return anchor, "The anchor is not sealed with the key: it may have been set back."
    return anchor, ""


def files(folder: Path) -> tuple[Path, ...]:
    """The log's files, oldest first."""
    current = folder / CURRENT
    return (*rotated(folder), *([current] if current.exists() else []))


def rotated(folder: Path) -> tuple[Path, ...]:
    """The files that were rotated away, oldest first; each name holds the number of the file's first line."""
    return tuple(sorted(path for path in folder.glob(ROTATED) if path.name.split(".")[1].isdigit()))


def raw_lines(path: Path) -> Iterator[bytes]:
    """Every line of a file in bytes, a torn one at the end included."""
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            yield line


def _spelled(fields: Mapping[str, Any]) -> bytes:
    return (json.dumps(fields, ensure_ascii=True, separators=(",", ":")) + "\n").encode("ascii")


def _digest(previous: str, body: Mapping[str, Any]) -> str:
    canonical = json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{canonical}".encode("utf-8", "surrogatepass")).hexdigest()


def _mac(key: bytes, digest: str) -> str:
    return hmac.digest(key, _bytes(digest), "sha256").hex()


def _bytes(text: Any) -> bytes:
    return str(text).encode("utf-8", "surrogatepass")
