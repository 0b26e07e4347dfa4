"""The audit log under violence: flipped bytes, killed writers, hostile text."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.core.record import SecurityEvent
from aurelis.observe.audit import AuditLog, AuditPolicy
from aurelis.observe.audit_chain import ANCHOR, CURRENT
from aurelis.observe.audit_verify import verify_audit
from fixtures.hand_clock import HandClock
from fixtures.records import PLAIN

KEY = b"a key of the keychain"


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_flipped_byte_is_found(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever byte of a finished log is changed, the check fails and never raises."""
    folder = tmp_path_factory.mktemp("flip") / "audit"

    async def fill() -> None:
        log = AuditLog(HandClock(), folder, AuditPolicy(), key=lambda: KEY)
        for _ in range(3):
            log.record(PLAIN, None)
        await log.aclose()

    asyncio.run(fill())
    path = folder / CURRENT
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    assert not verify_audit(folder, KEY).ok


WRITER = """
import asyncio, pathlib, sys
from aurelis.core.deadline import SystemClock
from aurelis.core.record import SecurityEvent
from aurelis.observe.audit import AuditLog, AuditPolicy

async def main(folder):
    log = AuditLog(SystemClock(), folder, AuditPolicy(max_bytes=20_000, max_files=50), key=lambda: b"k")
    log.start()
    await log.settled()
    print("ready", flush=True)
    while True:
        log.security_event(SecurityEvent("secret_redacted", "info", "x" * 900, 0.0))
        await log.settled()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


def lines_written(folder: Path) -> int:
    """The number of the last line, as the anchor tells it; the files may just be rotated."""
    return int(json.loads((folder / ANCHOR).read_bytes())["count"])


async def test_killed_writers_leave_a_log_that_passes(tmp_path: Path) -> None:
    """Two processes that write at once and are killed in the middle, again and again, damage nothing."""
    folder = tmp_path / "audit"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for round_number in range(4):
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", WRITER, str(folder), stdout=asyncio.subprocess.PIPE, env=environment
            )
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdout is not None
            await process.stdout.readline()
        grown = lines_written(folder) + 12 + 5 * round_number
        while lines_written(folder) < grown:  # noqa: ASYNC110  # other processes write
            await asyncio.sleep(0.001)
        for process in processes:
            process.kill()
            await process.wait()
    log = AuditLog(HandClock(), folder, AuditPolicy(), key=lambda: b"k")
    log.start()
    await log.settled()
    await log.aclose()
    report = verify_audit(folder, b"k")
    assert report.ok, report.problems
    assert report.lines > 60
    assert not report.notes


def test_lines_speak_no_control_characters(tmp_path: Path) -> None:
    """Nothing in the files can move a terminal's cursor or hide a line."""

    async def fill() -> None:
        log = AuditLog(HandClock(), tmp_path, AuditPolicy())
        log.security_event(SecurityEvent("odd", "info", "\x1b[2J\r\u202e\ud800", 0.0))
        await log.aclose()

    asyncio.run(fill())
    assert re.fullmatch(rb"[\x20-\x7e]+\n", (tmp_path / CURRENT).read_bytes())
