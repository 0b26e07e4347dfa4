"""What may not stand in any file of the repository."""

import re
from pathlib import Path

import pytest

from fixtures.needs import TOOLS
from fixtures.source_tree import ROOT, relative, tracked_files

_FORBIDDEN = {
    "a machine's folder": re.compile(r"(?<![\w.])/(work|root|home/(?!user\b|you\b|me\b)\w+|Users/(?!you\b|me\b)\w+)/"),
    "a package registry": re.compile(r"\b(pypi|(files|index|registry)\.[\w-]+)\.(com|io|org)\b"),
    "a locked address": re.compile(r'"resolved": *"https?:'),
    "a pip index": re.compile(r"--(extra-)?index-url|--find-links"),
}
_BINARY = {".png", ".ico", ".gif", ".woff2", ".gguf"}


@pytest.mark.needs("git")
@pytest.mark.parametrize("what", _FORBIDDEN)
def test_no_file_names_a_place_that_only_one_machine_knows(what: str) -> None:
    """No file of the repository holds a machine's path or a package registry's address."""
    found = [
        f"{relative(path)}:{number}: {line.strip()[:100]}"
        for path in tracked_files()
        if path.suffix not in _BINARY and path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if _FORBIDDEN[what].search(line)
    ]
    assert found == []


@pytest.mark.needs("git")
def test_files_are_plain_text() -> None:
    """Text files are UTF-8 with line feeds, end with one, and are not large."""
    for path in tracked_files():
        if path.suffix in _BINARY:
            continue
        content = path.read_bytes()
        assert len(content) < 1_000_000, relative(path)
        assert b"\r\n" not in content, relative(path)
        assert not content or content.endswith(b"\n"), relative(path)


def test_the_licence_is_the_declared_one() -> None:
    """LICENSE is the MIT text of the Aurelis developers."""
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.startswith("MIT License\n\nCopyright (c) 2026 The Aurelis developers\n")


def test_every_tool_that_a_test_may_need_is_described() -> None:
    """CONTRIBUTING.md says of each program how it is got, and names no other."""
    described = re.findall(r'needs\("([\w-]+)"\)', (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert set(described) == set(TOOLS)


def test_the_map_names_every_step_of_reading_ghost_text() -> None:
    """Whoever looks for a step in ARCHITECTURE.md finds its file, and no file that is gone."""
    row = next(
        line for line in (ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines() if "reply becomes ghost" in line
    )
    named = set(re.findall(r"(?:tasks/ghost/)?(\w+\.py)", row))
    assert named == {path.name for path in (ROOT / "server/aurelis/tasks/ghost").glob("*.py")} - {"__init__.py"}
