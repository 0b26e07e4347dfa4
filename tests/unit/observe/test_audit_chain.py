"""The audit log's chain, anchor and files: what is found, repaired and kept after damage, crashes and rotation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aurelis.observe.audit_chain import ANCHOR, CURRENT, files
from aurelis.observe.audit_verify import last_lines, verify_audit
from unit.observe.audit_logs import KEY, OpenAudit, check, write


async def test_an_anchor_set_back_is_found(open_audit: OpenAudit, tmp_path: Path) -> None:
    """Cutting the tail and writing an anchor to fit needs the key."""
    await write(open_audit(), 4)
    path, anchor = tmp_path / "audit" / CURRENT, tmp_path / "audit" / ANCHOR
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    fields = json.loads(anchor.read_bytes())
    fields |= {"count": 2, "last": json.loads(lines[1])["hash"], "offset": len(b"".join(lines[:2]))}
    anchor.write_text(json.dumps(fields))
    assert check(tmp_path, None).ok
    assert not check(tmp_path).ok


@pytest.mark.parametrize("damage", [None, b"", b"{}", b"[1]", b'{"count": "x"}', b'{"first": 1, "other": 2}'])
async def test_a_lost_anchor_is_found(open_audit: OpenAudit, tmp_path: Path, damage: bytes | None) -> None:
    """A log whose anchor was removed or damaged goes on, and says for good that a cut may have been hidden."""
    await write(open_audit(), 3)
    anchor = tmp_path / "audit" / ANCHOR
    anchor.unlink() if damage is None else anchor.write_bytes(damage)
    assert not check(tmp_path).ok
    await write(open_audit(), 2, 3)
    report = check(tmp_path)
    assert not report.ok
    assert any("anchor" in problem for problem in report.problems)
    assert [line["event"] for line in last_lines(tmp_path / "audit")].count("request") == 5


@pytest.mark.parametrize("first", [KEY, None])
async def test_an_anchor_without_the_seal_counts_only_before_there_was_a_key(
    open_audit: OpenAudit, tmp_path: Path, first: bytes | None
) -> None:
    """A keychain that comes later breaks nothing; behind an anchor that somebody else wrote nobody goes on unsaid."""
    await write(open_audit(first), 3)
    anchor = tmp_path / "audit" / ANCHOR
    unsealed = {name: value for name, value in json.loads(anchor.read_bytes()).items() if name != "mac"}
    anchor.write_text(json.dumps(unsealed))
    await write(open_audit(KEY), 1, 3)
    events = [line["event"] for line in last_lines(tmp_path / "audit")]
    assert events.count("audit_anchor_lost") == (first is KEY)
    assert check(tmp_path).ok == (first is None)


@pytest.mark.parametrize(("cut", "words"), [(1, "The last line is missing."), (2, "The last 2 lines are missing.")])
async def test_a_cut_tail_is_counted(open_audit: OpenAudit, tmp_path: Path, cut: int, words: str) -> None:
    """What is missing at the end is told in lines."""
    await write(open_audit(), 4)
    current = tmp_path / "audit" / "audit.jsonl"
    current.write_bytes(b"".join(current.read_bytes().splitlines(keepends=True)[:-cut]))
    assert check(tmp_path).problems == (words,)


async def test_signed_lines_without_their_key_are_counted(open_audit: OpenAudit, tmp_path: Path) -> None:
    """Who has no keychain is told how many signatures were not looked at."""
    await write(open_audit(KEY), 2)
    await write(open_audit(None), 1, 2)
    assert check(tmp_path, None).limits[0].startswith("2 lines are signed, which cannot be checked")
    await write(open_audit(None, folder=tmp_path / "other"), 1)
    assert verify_audit(tmp_path / "other", None).limits[0].startswith("There is no key")


async def test_a_torn_line_is_repaired_at_the_next_start(open_audit: OpenAudit, tmp_path: Path) -> None:
    """What a crash left of a line is no damage: it is removed, and a line says so."""
    await write(open_audit(), 2)
    path = tmp_path / "audit" / CURRENT
    path.write_bytes(path.read_bytes() + b'{"seq":3,"time":"20')
    report = check(tmp_path)
    assert report.ok
    assert report.notes
    open_audit().start()
    await write(open_audit(), 1, 2)
    report = check(tmp_path)
    assert report.ok
    assert not report.notes
    assert [line["event"] for line in last_lines(tmp_path / "audit")] == ["request"] * 2 + ["audit_repaired", "request"]


@pytest.mark.parametrize("lost", [False, True])
async def test_a_line_that_was_cut_in_its_middle_swallows_none(
    open_audit: OpenAudit, tmp_path: Path, *, lost: bool
) -> None:
    """A counted line of which a piece is left stays damage, and what is written after it stands in lines of its own."""
    await write(open_audit(), 3)
    path = tmp_path / "audit" / CURRENT
    path.write_bytes(path.read_bytes()[:-40])
    if lost:
        (tmp_path / "audit" / ANCHOR).unlink()
    await write(open_audit(), 2, 3)
    assert not check(tmp_path).ok
    assert [line["event"] for line in last_lines(tmp_path / "audit")].count("request") == 4


async def test_a_piece_of_a_line_behind_a_foreign_one_swallows_none(open_audit: OpenAudit, tmp_path: Path) -> None:
    """What somebody else wrote stays for a check to find, and ours go on in lines of their own."""
    await write(open_audit(), 2)
    path = tmp_path / "audit" / CURRENT
    path.write_bytes(path.read_bytes() + b"somebody\nelse")
    await write(open_audit(), 2, 2)
    assert not check(tmp_path).ok
    assert [line["event"] for line in last_lines(tmp_path / "audit")].count("request") == 4


async def test_lines_written_just_before_a_crash_are_taken_over(open_audit: OpenAudit, tmp_path: Path) -> None:
    """Whole lines that the anchor does not count yet belong to the log."""
    await write(open_audit(), 2)
    anchor = tmp_path / "audit" / ANCHOR
    before = anchor.read_bytes()
    await write(open_audit(), 2, 2)
    anchor.write_bytes(before)
    assert check(tmp_path).ok
    await write(open_audit(), 1, 4)
    report = check(tmp_path)
    assert (report.ok, report.lines) == (True, 5)


async def test_a_lost_anchor_costs_no_line(open_audit: OpenAudit, tmp_path: Path) -> None:
    """A log that was rotated before its anchor was lost is rotated again, and no file takes another's place."""
    for number in range(7):
        await write(open_audit(max_bytes=1_000, max_files=100), 1, number)
    assert len(files(tmp_path / "audit")) > 2
    (tmp_path / "audit" / ANCHOR).unlink()
    for number in range(7, 14):
        await write(open_audit(max_bytes=1_000, max_files=100), 1, number)
    sequence = [line["seq"] for line in last_lines(tmp_path / "audit", 1_000)]
    assert sequence == list(range(1, 16))  # One line says that the anchor was lost.


async def test_the_log_is_rotated_and_bounded(open_audit: OpenAudit, tmp_path: Path) -> None:
    """Full files are put aside, the oldest go, and what is left still passes; a removed file does not."""
    log = open_audit(max_bytes=3_000, max_files=3)
    await write(log, 40)
    paths = files(tmp_path / "audit")
    assert len(paths) == 3
    assert all(path.stat().st_size < 5_000 for path in paths)
    report = check(tmp_path)
    assert report.ok
    assert 3 < report.lines < 20
    assert last_lines(tmp_path / "audit", 1)[0]["requestId"] == "r39"
    for wanted in (0, 2, report.lines - 1, report.lines, 1_000):
        sequence = [line["seq"] for line in last_lines(tmp_path / "audit", wanted)]
        assert sequence == list(range(41 - min(wanted, report.lines), 41))
    paths[1].unlink()
    assert not check(tmp_path).ok


async def test_a_crash_between_two_steps_of_rotation_is_no_damage(open_audit: OpenAudit, tmp_path: Path) -> None:
    """A file that was put aside before the anchor knew is taken as put aside."""
    await write(open_audit(), 3)
    folder = tmp_path / "audit"
    (folder / CURRENT).rename(folder / "audit.000000000001.jsonl")
    await write(open_audit(), 2, 3)
    report = check(tmp_path)
    assert (report.ok, report.lines) == (True, 5)
