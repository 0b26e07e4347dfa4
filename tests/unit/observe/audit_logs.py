"""What the tests of the audit log share: writing requests into one, and checking it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs

from aurelis.observe.audit import AuditLog
from aurelis.observe.audit_verify import AuditReport, verify_audit
from fixtures.records import PLAIN

KEY = b"a key of the keychain"
OpenAudit = Callable[..., AuditLog]


async def write(log: AuditLog, count: int, first: int = 0) -> None:
    """Write so many requests, one after the other, numbered from `first` on."""
    for number in range(first, first + count):
        log.record(attrs.evolve(PLAIN, request_id=f"r{number}"), None)
        await log.settled()


def check(tmp_path: Path, key: bytes | None = KEY) -> AuditReport:
    """Check the log of a test."""
    return verify_audit(tmp_path / "audit", key)
