"""The audit log's files: appending, repairing what a crash left, rotating. Everything here blocks.

All of the user's processes append to one file under one lock. The order of steps makes every moment of a kill safe:
lines are written before the anchor that counts them, a new file is begun before the anchor names it, and an old one is
removed after the anchor has let go of it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from aurelis.core.deadline import Clock
from aurelis.observe.audit_chain import (
    ANCHOR,
    CURRENT,
    LOCK,
    Anchor,
    files,
    follows,
    make_line,
    raw_lines,
    read_anchor,
    read_line,
    rotated,
    write_anchor,
)
from aurelis.observe.file_lock import locked

LOCK_SECONDS: Final = 5.0


class AuditFile:
    """The log in `folder`, at most `max_files` files of about `max_bytes` bytes each; used on one thread only."""

    def __init__(self, clock: Clock, folder: Path, anchor_file: Path | None, max_bytes: int, max_files: int) -> None:
        self._clock = clock
        self._folder = folder
        self._anchor_file = anchor_file or folder / ANCHOR
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._key: bytes | None = None

    def append(self, lines: Sequence[Mapping[str, Any]], key: bytes | None) -> None:
        """Write lines behind whatever is there, signed where there is a key.

        Raises:
            OSError: when nothing was written.
        """
        self._key = key
        for folder in (self._folder, self._anchor_file.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._folder / LOCK, LOCK_SECONDS):
            anchor = self._recover()
            if anchor.offset > self._max_bytes:
                anchor = self._rotate(anchor)
            begun, encoded = anchor.offset, bytearray()
            for fields in lines:
                line, anchor = make_line(fields, anchor, key)
                encoded += line
            self._write(begun, bytes(encoded))
            if lines:
                write_anchor(self._anchor_file, anchor, key)

    def _write(self, begun: int, encoded: bytes) -> None:
        """Append in one piece; what a full disk took of it is taken back."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self._folder / CURRENT, flags, 0o600)
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            try:
                written = 0
                while written < len(encoded):
                    written += file.write(encoded[written:]) or 0
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(begun)
                raise

    def _recover(self) -> Anchor:
        """The anchor as it must stand before the next line, after repairing what a crash left."""
        current = self._folder / CURRENT
        anchor, complaint = read_anchor(self._anchor_file, self._key)
        if anchor is None or (complaint and self._keyed()):
            # Going on behind an anchor that somebody else wrote would hide what they cut.
            anchor = self._rebuild()
        elif not current.exists() and (self._folder / f"audit.{anchor.opened:012d}.jsonl").exists():
            # Killed between renaming the file and writing the anchor.
            anchor = attrs.evolve(anchor, offset=0, opened=anchor.count + 1)
            write_anchor(self._anchor_file, anchor, self._key)
        size = current.stat().st_size if current.exists() else 0
        if size > anchor.offset:
            anchor = self._adopt(anchor, current, size)
        elif size < anchor.offset:
            # Lines were cut. The numbers go on after the missing ones, which is how a check finds the gap.
            size = _with_ended_line(current, size)
            anchor = attrs.evolve(anchor, offset=size, opened=anchor.opened if size else anchor.count + 1)
        return anchor

    def _keyed(self) -> bool:
        """Whether the log's last line was written with a key, so that its anchor must be sealed."""
        last: Mapping[str, Any] = {}
        for path in files(self._folder)[-2:]:
            for raw in raw_lines(path):
                last = read_line(raw) or last
        return "mac" in last

    def _adopt(self, anchor: Anchor, current: Path, size: int) -> Anchor:
        """Take over whole lines written just before a crash and remove a torn one."""
        with current.open("r+b") as file:
            file.seek(anchor.offset)
            for raw in file:
                fields = read_line(raw)
                if fields is None and not raw.endswith(b"\n"):
                    file.truncate(anchor.offset)
                    detail = f"{len(raw)} bytes of a torn line were removed after a crash"
                    line, anchor = make_line(own_event(self._clock, "audit_repaired", detail), anchor, self._key)
                    file.seek(0, os.SEEK_END)
                    file.write(line)
                    break
                if fields is not None and fields["seq"] == anchor.count + 1 and follows(fields, anchor.last):
                    anchor = attrs.evolve(
                        anchor, count=anchor.count + 1, last=fields["hash"], offset=anchor.offset + len(raw)
                    )
                    continue
                # A line that nobody with this chain wrote stays, for a check to find; ours go on behind it.
                anchor = attrs.evolve(anchor, offset=_with_ended_line(current, size))
                break
        write_anchor(self._anchor_file, anchor, self._key)
        return anchor

    def _rebuild(self) -> Anchor:
        """A new anchor: for a new log, or, with a line that says so, for one whose anchor was lost."""
        anchor, lines = Anchor(), 0
        current = self._folder / CURRENT
        opened = None
        for path in files(self._folder):
            for raw in raw_lines(path):
                fields = read_line(raw)
                if fields is not None:
                    anchor = attrs.evolve(anchor, count=fields["seq"], last=fields["hash"])
                    lines += 1
                    if opened is None and path == current:
                        opened = fields["seq"]
        size = _with_ended_line(current, current.stat().st_size) if current.exists() else 0
        # By this number the file is named when it is rotated: another one's would replace that file.
        anchor = attrs.evolve(anchor, offset=size, opened=anchor.count + 1 if opened is None else opened)
        if lines:
            line, anchor = make_line(
                own_event(self._clock, "audit_anchor_lost", f"{lines} lines were found", "high"), anchor, self._key
            )
            with current.open("ab") as file:
                file.write(line)
        write_anchor(self._anchor_file, anchor, self._key)
        return anchor

    def _rotate(self, anchor: Anchor) -> Anchor:
        current = self._folder / CURRENT
        current.replace(self._folder / f"audit.{anchor.opened:012d}.jsonl")
        anchor = attrs.evolve(anchor, offset=0, opened=anchor.count + 1)
        old = rotated(self._folder)
        surplus = old[: max(0, len(old) - max(1, self._max_files - 1))]
        for path in surplus:
            for raw in raw_lines(path):
                fields = read_line(raw)
                if fields is not None and fields["seq"] >= anchor.first:
                    anchor = attrs.evolve(anchor, first=fields["seq"] + 1, before=fields["hash"])
        # The anchor first: a file that should be gone does no harm, lines missing without notice would.
        write_anchor(self._anchor_file, anchor, self._key)
        for path in surplus:
            with contextlib.suppress(OSError):
                path.unlink()
        return anchor


def _with_ended_line(path: Path, size: int) -> int:
    """A file's size once its last line is ended: the piece of a line would swallow the next one."""
    with path.open("r+b") as file:
        file.seek(max(0, size - 1))
        if file.read(1) in {b"", b"\n"}:
            return size
        return size + file.write(b"\n")


def own_event(clock: Clock, name: str, detail: str, severity: str = "warning") -> dict[str, Any]:
    """The fields of an event that the log itself reports."""
    return {"time": iso(clock.time()), "event": name, "severity": severity, "detail": detail}


def iso(seconds: float) -> str:
    """A time in seconds since the epoch as UTC text."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
