"""Checking and showing the audit log from its files alone, without the process that writes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from aurelis.observe.audit_chain import (
    ANCHOR,
    LOCK,
    Anchor,
    files,
    follows,
    raw_lines,
    read_anchor,
    read_line,
    signed_with,
)
from aurelis.observe.file_lock import locked

MAX_PROBLEMS: Final = 20
"""Problems that are listed; one is enough to fail."""

LOCK_SECONDS: Final = 10.0


@attrs.frozen
class AuditReport:
    """What a check found: `problems` are damage, `limits` say what a check of this kind cannot find."""

    lines: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    limits: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged."""
        return not self.problems


def verify_audit(folder: Path, key: bytes | None, anchor_file: Path | None = None) -> AuditReport:
    """Check every line of the log and its end; blocks, and holds the log's lock meanwhile.

    Raises:
        OSError: when the files cannot be read.
    """
    if not folder.is_dir():
        if anchor_file is not None and anchor_file.exists():
            return AuditReport(0, ("The audit log is missing.",), (), ())
        return AuditReport(0, (), ("There is no audit log yet.",), ())
    with locked(folder / LOCK, LOCK_SECONDS):
        return _verify(folder, key, anchor_file or folder / ANCHOR)


def last_lines(folder: Path, limit: int = 50) -> tuple[Mapping[str, Any], ...]:
    """The last lines of the log, oldest first, without checking them; blocks, and holds the log's lock meanwhile.

    Raises:
        OSError: when the files cannot be read.
    """
    kept: list[Mapping[str, Any]] = []
    if folder.is_dir():
        with locked(folder / LOCK, LOCK_SECONDS):
            for path in reversed(files(folder)):
                wanted = max(0, limit - len(kept))
                if not wanted:
                    break
                lines = (fields for raw in raw_lines(path) if (fields := read_line(raw)) is not None)
                kept = [*deque(lines, maxlen=wanted), *kept]
    return tuple(kept)


def _verify(folder: Path, key: bytes | None, anchor_file: Path) -> AuditReport:
    found = files(folder)
    anchor, complaint = read_anchor(anchor_file, key)
    if anchor is None and not found:
        return AuditReport(0, (), ("There is no audit log yet.",), ())
    problems = [complaint] if complaint else []
    notes: list[str] = []
    check = _Check(anchor or Anchor(), key, problems, notes, anchored=anchor is not None)
    for path in found:
        for raw in raw_lines(path):
            check.line(path.name, raw)
    check.end()
    return AuditReport(check.lines, tuple(problems[:MAX_PROBLEMS]), tuple(notes), _limits(key, signed=check.signed))


class _Check:
    """One walk along the chain."""

    def __init__(
        self, anchor: Anchor, key: bytes | None, problems: list[str], notes: list[str], *, anchored: bool
    ) -> None:
        self._anchor = anchor
        self._anchored = anchored
        self._key = key
        self._problems = problems
        self._notes = notes
        self._expected = anchor.first
        self._previous: str | None = anchor.before
        self._at_anchor: str | None = anchor.before if anchor.count < anchor.first else None
        self._keyed = False
        self.signed = 0
        self.lines = 0

    def line(self, name: str, raw: bytes) -> None:
        """Look at the next line."""
        fields = read_line(raw)
        if fields is None:
            if not raw.endswith(b"\n") and self._anchored and self._expected > self._anchor.count:
                self._notes.append(f"The last line of {name} was torn by a crash; the next start repairs it.")
            else:
                self._complain(f"{name}: the line after number {self._expected - 1} is damaged.")
                self._previous = None
            return
        seq = fields["seq"]
        if seq < self._anchor.first:
            return
        self.lines += 1
        if seq != self._expected:
            self._complain(f"{name}: line {self._expected} is missing or out of order (found {seq}).")
        elif self._previous is not None and not follows(fields, self._previous):
            self._complain(f"{name}: line {seq} was altered.")
        self._author(name, fields)
        if fields.get("event") == "audit_anchor_lost":
            self._complain(f"{name}: the anchor had been lost before line {seq}; what was cut before is not known.")
        if seq == self._anchor.count:
            self._at_anchor = str(fields["hash"])
        self._expected, self._previous = seq + 1, str(fields["hash"])

    def end(self) -> None:
        """Compare the end with the anchor."""
        if self._anchored and self._expected <= self._anchor.count:
            missing = self._anchor.count - self._expected + 1
            self._complain("The last line is missing." if missing == 1 else f"The last {missing} lines are missing.")
        elif self._anchored and self._at_anchor != self._anchor.last:
            self._complain(f"Line {self._anchor.count} is not the one that was written.")
        if self._key is not None and self.lines and not self._keyed:
            self._complain("No line was written with the key: the log may have been replaced.")

    def _author(self, name: str, fields: Mapping[str, Any]) -> None:
        self.signed += "mac" in fields
        if self._key is None:
            return
        if signed_with(fields, self._key):
            self._keyed = True
        elif "mac" in fields:
            self._complain(f"{name}: line {fields['seq']} was signed with another key.")
        elif self._keyed:
            self._complain(
                f"{name}: line {fields['seq']} was written without the key, by a program that could not reach the "
                "keychain or by somebody else."
            )

    def _complain(self, problem: str) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(problem)


def _limits(key: bytes | None, *, signed: int) -> tuple[str, ...]:
    always = (
        "A check cannot find that the log and its anchor were both put back to an earlier state, or both removed.",
        "It cannot find requests made by other programs, or lines that could not be written (those are counted).",
    )
    if key is None and signed:
        lines = "1 line is" if signed == 1 else f"{signed} lines are"
        unchecked = f"{lines} signed, which cannot be checked, as the keychain gives no key."
        return unchecked, *always
    if key is None:
        return (
            "There is no key: whoever can write the files can also write a chain of their own that passes.",
            *always,
        )
    return ("Whoever can use the keychain as this user can sign lines.", *always)
