from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aurelis.core.record import CallRecord, SecurityEvent, SentPrompt
from aurelis.observe.audit import MAX_WAITING, AuditLog, AuditPolicy
from aurelis.observe.audit_chain import CURRENT
from aurelis.observe.audit_verify import last_lines
from fixtures.hand_clock import HandClock
from fixtures.records import PLAIN
from unit.observe.audit_logs import KEY, OpenAudit, check, write

MakeRecord = Callable[..., CallRecord]
MakeSent = Callable[..., SentPrompt]


async def test_a_request_is_one_line(open_audit: OpenAudit, make_record: MakeRecord, tmp_path: Path) -> None:
    """Each request is one JSON line with sizes, hashes, outcome and cost, and no content."""
    log = open_audit(user_id="someone@example")
    log.record(make_record(outcome="error:timeout"), None)
    await log.settled()
    (line,) = last_lines(tmp_path / "audit")
    assert (line["event"], line["severity"], line["requestId"], line["outcome"]) == (
        "request",
        "warning",
        "r1",
        "error:timeout",
    )
    assert (line["host"], line["promptSha256"], line["redactionRules"]) == ("127.0.0.1:1", "00", ["token"])
    assert line["attempts"] == [{"model": "sandbox/default", "outcome": "ok", "status": 200, "durationMs": 120}]
    raw = (tmp_path / "audit" / CURRENT).read_bytes()
    assert b"someone" not in raw
    assert len(line["user"]) == 32
    assert raw.count(b"\n") == 1


async def test_an_event_is_one_line(open_audit: OpenAudit, tmp_path: Path) -> None:
    """A security event is a line with its name and severity; values are cut at a thousand characters."""
    log = open_audit()
    log.security_event(SecurityEvent("redirect_blocked", "high", "x" * 5_000 + "\n\u2028", 1.0, "r9"))
    log.security_event(SecurityEvent("odd", "unheard of", "", 1.0))
    await log.settled()
    line, odd = last_lines(tmp_path / "audit")
    assert (line["event"], line["severity"], line["requestId"], line["detail"]) == (
        "redirect_blocked",
        "high",
        "r9",
        "x" * 1_000,
    )
    assert odd["severity"] == "warning"


@pytest.mark.parametrize(("content", "there"), [(False, False), (True, True)])
async def test_content_is_written_only_on_request(
    open_audit: OpenAudit, make_sent: MakeSent, tmp_path: Path, *, content: bool, there: bool
) -> None:
    """The redacted prompt stands in the log only where the user said so."""
    log = open_audit(content=content)
    sent = make_sent(text="def planted(): ...")
    log.record(sent.record, sent)
    await log.settled()
    assert (b"planted" in (tmp_path / "audit" / CURRENT).read_bytes()) is there


@pytest.mark.parametrize(("level", "kept"), [("info", 3), ("warning", 2), ("high", 1)])
async def test_the_level_selects(
    open_audit: OpenAudit, make_record: MakeRecord, tmp_path: Path, level: str, kept: int
) -> None:
    """Lines below the level are left out; a failed request is a warning."""
    log = open_audit(level=level)
    log.record(make_record(), None)
    log.record(make_record(outcome="error:auth"), None)
    log.security_event(SecurityEvent("pin_mismatch", "high", "", 0.0))
    await log.settled()
    assert len(last_lines(tmp_path / "audit")) == kept


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_the_files_are_the_users_alone(open_audit: OpenAudit, tmp_path: Path) -> None:
    """Nobody else can read the log."""
    await write(open_audit(), 1)
    assert stat.S_IMODE((tmp_path / "audit").stat().st_mode) == 0o700
    for path in (tmp_path / "audit").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("key", [KEY, None])
async def test_an_untouched_log_passes(open_audit: OpenAudit, tmp_path: Path, key: bytes | None) -> None:
    """A log written by several processes in turn passes and says what a check cannot find."""
    assert check(tmp_path, key).ok
    logs = [open_audit(key), open_audit(key)]
    for number in range(6):
        await write(logs[number % 2], 1, number)
    report = check(tmp_path, key)
    assert (report.ok, report.lines) == (True, 6)
    assert report.limits
    assert any("no key" in limit for limit in report.limits) is (key is None)


def _alter(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b'"ok"', b'"no"', 1), *lines[3:]]


def _respell(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b":", b": ", 1), *lines[3:]]


DAMAGE: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "altered": _alter,
    "spelled otherwise": _respell,
    "removed": lambda lines: [*lines[:2], *lines[3:]],
    "first removed": lambda lines: lines[1:],
    "tail cut": lambda lines: lines[:-2],
    "all cut": lambda lines: [],
    "swapped": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "doubled": lambda lines: [*lines[:3], *lines[2:]],
    "half a line": lambda lines: [*lines[:-1], lines[-1][:50]],
    "nonsense inside": lambda lines: [*lines[:2], b"nonsense\n", *lines[2:]],
    "strange text": lambda lines: [*lines, b'{"seq":7,"hash":"\\ud800","mac":"\\ud800"}\n'],
    "strange depth": lambda lines: [*lines, b'{"seq":7,"hash":"","x":' + b"[" * 990 + b"]" * 990 + b"}\n"],
    "strange number": lambda lines: [*lines, b'{"seq":' + b"9" * 9_000 + b"}\n"],
    "nonsense behind": lambda lines: [*lines, b"nonsense\n"],
    "a line of another chain": lambda lines: [*lines, lines[0]],
}


@pytest.mark.parametrize("key", [KEY, None])
@pytest.mark.parametrize("name", DAMAGE)
async def test_damage_is_found(open_audit: OpenAudit, tmp_path: Path, name: str, key: bytes | None) -> None:
    """Altered, removed, swapped and foreign lines and a cut tail are found, and stay found after more was written."""
    await write(open_audit(key), 6)
    path = tmp_path / "audit" / CURRENT
    path.write_bytes(b"".join(DAMAGE[name](path.read_bytes().splitlines(keepends=True))))
    assert not check(tmp_path, key).ok
    await write(open_audit(key), 3)
    assert not check(tmp_path, key).ok


async def test_a_forged_chain_is_found_by_the_key(open_audit: OpenAudit, clock: HandClock, tmp_path: Path) -> None:
    """A whole log written anew without the key, or with another one, does not pass."""
    await write(open_audit(), 4)
    for key in (None, b"another key"):
        for path in (tmp_path / "audit").iterdir():
            path.unlink()
        await write(open_audit(key), 4)
        assert check(tmp_path, key).ok
        assert not check(tmp_path).ok


async def test_a_required_log_that_hangs_refuses(
    open_audit: OpenAudit, make_record: MakeRecord, tmp_path: Path
) -> None:
    """Where the log is required and no more lines can wait, requests are refused until the disk answers again."""
    log = open_audit(required=True)
    log.start()
    await log.settled()
    assert log.ready() is None
    held = threading.Event()
    log._executor.submit(held.wait)
    for _ in range(MAX_WAITING):
        assert log.ready() is None
        log.record(make_record(), None)
    assert log.ready() is not None
    held.set()
    await log.settled()
    assert log.ready() is None
    assert check(tmp_path).lines == MAX_WAITING


async def test_an_unwritable_log_only_warns(
    open_audit: OpenAudit, make_record: MakeRecord, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the log cannot be written there is one warning, and no request is refused."""
    (tmp_path / "file").write_text("in the way")
    log = open_audit(folder=tmp_path / "file" / "audit")
    log.start()
    await log.settled()
    for _ in range(3):
        log.record(make_record(), None)
        await log.settled()
    assert log.ready() is None
    assert len(caplog.records) == 1


async def test_a_required_log_refuses_until_it_can_be_written(
    open_audit: OpenAudit, make_record: MakeRecord, tmp_path: Path
) -> None:
    """Where the log is required, requests are refused while it fails; what waited is written when it works again."""
    (tmp_path / "blocked").write_text("in the way")
    log = open_audit(folder=tmp_path / "blocked" / "audit", required=True)
    assert log.ready() is not None
    log.start()
    await log.settled()
    log.record(make_record(), None)
    await log.settled()
    sentence = log.ready() or ""
    assert "privacy.audit.required" in sentence
    (tmp_path / "blocked").unlink()
    log.ready()
    await log.settled()
    assert log.ready() is None
    assert len(last_lines(tmp_path / "blocked" / "audit")) == 1


async def test_waiting_lines_are_bounded_and_the_loss_is_written(
    open_audit: OpenAudit, make_record: MakeRecord, tmp_path: Path
) -> None:
    """Lines that the disk is too slow for are dropped beyond a bound, and the log says how many."""
    log = open_audit()
    held = threading.Event()
    log._executor.submit(held.wait)
    for _ in range(MAX_WAITING + 7):
        log.record(make_record(), None)
    assert log.dropped == 7
    held.set()
    await log.settled()
    last = last_lines(tmp_path / "audit", 1)[0]
    assert (last["event"], "7 lines" in last["detail"]) == ("audit_lines_dropped", True)
    assert check(tmp_path).lines == MAX_WAITING + 1


async def test_a_failing_keychain_is_an_unwritable_log(
    clock: HandClock, make_record: MakeRecord, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A keychain that raises leaves the log unwritten with one warning, never an error."""

    def locked() -> bytes | None:
        raise RuntimeError("locked")

    log = AuditLog(clock, tmp_path / "audit", AuditPolicy(required=True), key=locked)
    log.start()
    await log.settled()
    log.record(make_record(), None)
    await log.settled()
    assert "RuntimeError" in (log.ready() or "")
    await log.aclose()
    assert len(caplog.records) == 1


async def test_lines_wait_for_each_other_but_not_at_the_end(
    open_audit: OpenAudit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines are gathered for a moment; whoever waits for the log, or closes it, has them at once."""
    log = open_audit()
    await log.settled()
    monkeypatch.setattr("aurelis.observe.audit.GATHER_SECONDS", 3_600.0)
    log.record(PLAIN, None)
    log.record(PLAIN, None)
    await log.settled()
    assert len(last_lines(tmp_path / "audit")) == 2
    log.record(PLAIN, None)
    await log.aclose()
    assert len(last_lines(tmp_path / "audit")) == 3
    assert check(tmp_path).ok


async def test_a_required_log_gathers_nothing(
    open_audit: OpenAudit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the log is required each line is written at once, so that the next request knows of a full disk."""
    log = open_audit(required=True)
    await log.settled()
    monkeypatch.setattr("aurelis.observe.audit.GATHER_SECONDS", 3_600.0)
    log.record(PLAIN, None)
    await asyncio.wrap_future(log._executor.submit(lambda: None))
    assert len(last_lines(tmp_path / "audit")) == 1
