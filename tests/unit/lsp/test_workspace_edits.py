"""Where new files may go."""

from pathlib import Path

import pytest

from aurelis.lsp.workspace_edits import free_path


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("tests/test_a.py", "tests/test_a.py"),
        ("taken.py", "taken_2.py"),
        ("taken_test.go", "taken_2_test.go"),
        ("taken.test.ts", "taken_2.test.ts"),
        ("new/folder/a.py", "new/folder/a.py"),
        ("/etc/passwd", None),
        ("../outside.py", None),
        ("link/a.py", None),
        ("hooks/a.py", None),
        (".hidden/a.py", None),
        ("a/.hidden.py", None),
        ("c:evil.py", None),
        ("", None),
        ("..\\outside.py", None),
        ("dangling.py", "dangling_2.py"),
    ],
)
def test_a_new_file_goes_inside_the_workspace_where_nothing_is(tmp_path: Path, name: str, place: str | None) -> None:
    """Never outside, links resolved, never hidden, never over something."""
    folder = tmp_path.resolve() / "project"
    folder.mkdir()
    for taken in ("taken.py", "taken_test.go", "taken.test.ts"):
        (folder / taken).write_text("")
    (folder / "link").symlink_to(tmp_path)
    (folder / ".git" / "hooks").mkdir(parents=True)
    (folder / "hooks").symlink_to(".git/hooks")
    (folder / "dangling.py").symlink_to(tmp_path / "nowhere.py")
    found = free_path(folder, name)
    assert found == (None if place is None else folder / place)
