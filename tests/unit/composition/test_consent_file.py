from __future__ import annotations

import json
from pathlib import Path

import pytest

from aurelis.composition.consent import FILE, MOST_HOSTS, ConsentFile
from aurelis.config.folders import Folders


def folders(state: Path | None) -> Folders:
    return Folders(config=None, cache=None, data=None, state=state)


def test_processes_do_not_forget_each_other_s_consent(tmp_path: Path) -> None:
    """Each writes what it was told beside what others wrote after it had read the file."""
    one, two = ConsentFile.open(folders(tmp_path)), ConsentFile.open(folders(tmp_path))
    one.allow("one.test")
    two.allow("two.test")
    assert two.hosts == ConsentFile.open(folders(tmp_path)).hosts == {"one.test", "two.test"}
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_latest_yes_is_always_kept(tmp_path: Path) -> None:
    """However many there were, the host that was just allowed is allowed."""
    consent = ConsentFile.open(folders(tmp_path))
    for number in reversed(range(MOST_HOSTS + 5)):
        consent.allow(f"host-{number:03}.test")
        assert f"host-{number:03}.test" in ConsentFile.open(folders(tmp_path)).hosts
    assert len(consent.hosts) == MOST_HOSTS


@pytest.mark.parametrize("text", ["", "{", "{}", "3", json.dumps([1, None]), "\x00"])
def test_a_damaged_file_allows_nothing_and_is_written_anew(tmp_path: Path, text: str) -> None:
    """People are asked again, and their answer is kept."""
    (tmp_path / FILE).write_text(text)
    consent = ConsentFile.open(folders(tmp_path))
    assert consent.hosts == frozenset()
    consent.allow("one.test")
    assert ConsentFile.open(folders(tmp_path)).hosts == {"one.test"}


def test_without_a_folder_a_yes_lasts_as_long_as_the_process() -> None:
    """Nothing is written, and nothing fails."""
    consent = ConsentFile.open(folders(None))
    consent.allow("one.test")
    assert consent.hosts == {"one.test"}
