"""Homes: the person's own, others', and those that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from aurelis.core.home import expanded, home


def test_paths_are_expanded_as_a_shell_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A leading `~` is the home; elsewhere it is a character like any other."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert home() == tmp_path
    assert expanded("~/models/x.gguf") == tmp_path / "models" / "x.gguf"
    assert expanded("a/~/b") == Path("a/~/b")


def test_a_home_that_nobody_knows_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an unknown person's folder nor one's own is made up."""
    assert expanded("~nobody-we-know/x") is None
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert home() is None
