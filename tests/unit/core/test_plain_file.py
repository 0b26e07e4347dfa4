"""Files that must be plain ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aurelis.core.plain_file import NotPlainFileError, open_plain

POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes and links as POSIX has them")
DESCRIPTORS = Path("/proc/self/fd")


@POSIX
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_plain_file_is_refused_at_once_and_let_go(tmp_path: Path, make: object) -> None:
    """Neither a folder nor a pipe is waited for, read, or kept open."""
    assert callable(make)
    make(tmp_path / "odd")
    before = len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0
    for _ in range(3):
        with pytest.raises(NotPlainFileError):
            open_plain(tmp_path / "odd")
    assert not DESCRIPTORS.exists() or len(list(DESCRIPTORS.iterdir())) == before


@POSIX
def test_links_are_followed_unless_it_is_said(tmp_path: Path) -> None:
    """A person may keep settings elsewhere; a secret of our own is where we have put it."""
    (tmp_path / "real").write_bytes(b"text\r\n")
    (tmp_path / "link").symlink_to("real")
    with open_plain(tmp_path / "link") as stream:
        assert stream.read() == b"text\r\n"
    with pytest.raises(OSError, match="link"):
        open_plain(tmp_path / "link", through_links=False)
