"""Reading files that no editor has open."""

import os
from pathlib import Path

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.lsp.closed_documents import FILE_BYTES, read_closed


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = (tmp_path / "project").resolve()
    folder.mkdir()
    return folder


def test_a_file_of_the_workspace_is_read(workspace: Path) -> None:
    """Its name is relative, its language follows from its ending, its line endings stay."""
    path = workspace / "src" / "a.py"
    path.parent.mkdir()
    path.write_bytes("\ufeffx = 'ü'\r\n".encode())
    snapshot = read_closed(path.as_uri(), (workspace,))
    assert snapshot.text == "x = 'ü'\r\n"
    assert snapshot.name == "src/a.py"
    assert snapshot.language_id == "python"
    assert snapshot.version is None


def refused(uri: str, workspace: Path) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read_closed(uri, (workspace,))
    return caught.value


def test_a_file_outside_is_refused(workspace: Path) -> None:
    """Nothing outside the workspace is read, not through dots and not through links."""
    outside = workspace.parent / "secret.py"
    outside.write_text("x")
    (workspace / "link.py").symlink_to(outside)
    (workspace / "folder").symlink_to(workspace.parent)
    for uri in (
        outside.as_uri(),
        f"{workspace.as_uri()}/../secret.py",
        (workspace / "link.py").as_uri(),
        (workspace / "folder" / "secret.py").as_uri(),
        f"{workspace.as_uri()}-other/a.py",
    ):
        assert refused(uri, workspace).kind is ErrorKind.EXCLUDED


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("binary.py", b"a\0b", ErrorKind.EXCLUDED),
        ("latin.py", b"caf\xe9", ErrorKind.EXCLUDED),
        ("wide.py", "x".encode("utf-16"), ErrorKind.EXCLUDED),
        ("large.py", b"x" * (FILE_BYTES + 1), ErrorKind.TOO_LARGE),
    ],
)
def test_what_is_no_bounded_text_is_refused(workspace: Path, name: str, content: bytes, kind: ErrorKind) -> None:
    """Binary files, other encodings and files beyond the bound each have their words."""
    path = workspace / name
    path.write_bytes(content)
    error = refused(path.as_uri(), workspace)
    assert error.kind is kind
    assert name in error.message


def test_what_is_no_file_is_refused(workspace: Path) -> None:
    """Folders, pipes (which would make a reader wait) and missing files are told apart."""
    os.mkfifo(workspace / "pipe.py")
    assert refused((workspace / "pipe.py").as_uri(), workspace).kind is ErrorKind.EXCLUDED
    assert refused(workspace.as_uri(), workspace).kind is ErrorKind.EXCLUDED
    assert refused((workspace / "missing.py").as_uri(), workspace).kind is ErrorKind.CONFIGURATION
    assert refused("untitled:Untitled-1", workspace).kind is ErrorKind.CONFIGURATION
    assert refused("git:/x/a.py", workspace).kind is ErrorKind.CONFIGURATION
