"""Paths with lines."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from aurelis.cli.changed_lines import read_changes
from aurelis.cli.documents import Target, open_context, open_target, read_standard_input, read_target
from aurelis.core.errors import ErrorKind, RequestError

CODE = "import os\n\n\ndef first():\n    return 1\n\n\nclass Second:\n    pass\n"


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code.py").write_text(CODE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code.py", Target(Path("code.py"))),
        ("code.py:3", Target(Path("code.py"), 3)),
        ("code.py:3-7", Target(Path("code.py"), 3, 7)),
        ("a:b.py", Target(Path("a:b.py"))),
        ("a:b.py:1-1", Target(Path("a:b.py"), 1, 1)),
        ("C:\\code.py:12", Target(Path("C:\\code.py"), 12)),
        ("code.py:x", Target(Path("code.py:x"))),
        ("code.py:-3", Target(Path("code.py:-3"))),
    ],
)
def test_lines_are_taken_from_the_end_of_a_path(text: str, expected: Target) -> None:
    """Only numbers at the end are lines; colons elsewhere belong to the path."""
    assert read_target(text) == expected


def test_a_file_that_is_named_like_lines_is_a_file(tmp_path: Path) -> None:
    """What exists under the whole name is meant by it."""
    (tmp_path / "log:12").write_text("x")
    assert read_target("log:12") == Target(Path("log:12"))


@pytest.mark.parametrize("text", ["", "code.py:0", "code.py:5-3", "code.py:0-4"])
def test_lines_that_make_no_sense_are_refused(text: str) -> None:
    """Lines count from 1 and do not run backwards."""
    with pytest.raises(RequestError) as raised:
        read_target(text)
    assert raised.value.kind is ErrorKind.CONFIGURATION


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code.py:4", "def first():\n    return 1"),
        ("code.py:5", "def first():\n    return 1"),
        ("code.py:9", "class Second:\n    pass"),
        ("code.py:1", "i"),
        ("code.py:4-5", "def first():\n    return 1\n"),
        ("code.py:1-1", "import os\n"),
    ],
)
async def test_a_line_means_the_definition_around_it(text: str, expected: str) -> None:
    """One line stands for its definition, or for itself outside of one; two for the lines between them."""
    chosen = await open_target(read_target(text))
    assert chosen.range is not None
    start, end = chosen.range
    assert chosen.snapshot.text[start:end] == expected


@pytest.mark.parametrize(
    ("name", "content", "kind", "message"),
    [
        ("code.py:99", None, ErrorKind.CONFIGURATION, "no line 99"),
        ("missing.py", None, ErrorKind.CONFIGURATION, "is not there"),
        (".", None, ErrorKind.CONFIGURATION, "is a folder"),
        ("-", None, ErrorKind.CONFIGURATION, "Only `aurelis ask` reads"),
        ("binary", b"a\0b", ErrorKind.EXCLUDED, "not a text file"),
        ("latin", b"\xe4", ErrorKind.EXCLUDED, "not UTF-8"),
    ],
)
async def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes | None, kind: ErrorKind, message: str
) -> None:
    """The error says which file and why."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RequestError, match=message) as raised:
        await open_target(read_target(name))
    assert raised.value.kind is kind


async def test_a_named_file_may_lie_outside_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who names a file means it, and its own folder is then the workspace."""
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    chosen = await open_target(read_target("../code.py"))
    assert (chosen.folder.samefile(tmp_path), chosen.snapshot.name) == (True, "code.py")


async def test_context_is_cut_to_the_lines_that_are_named() -> None:
    """Only those lines are sent along."""
    whole, cut = await open_context(["code.py", "code.py:4-5"])
    assert (whole.text, cut.text) == (CODE, "def first():\n    return 1\n")


async def test_what_is_piped_in_stands_among_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is one more document, whatever bytes a log holds; where `-` is not read it names no file."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfone\xff\r\ntwo\n")))
    first, second = await open_context(["-", "code.py"], read_standard_input())
    assert (first.text, first.language_id, first.path) == ("one\ufffd\r\ntwo\n", "plaintext", None)
    assert second.text == CODE
    with pytest.raises(RequestError, match="Only `aurelis ask` reads"):
        await open_context(["-"])


@pytest.mark.parametrize(
    ("piped", "kind", "message"),
    [
        (b" \n", ErrorKind.CONFIGURATION, "said nothing"),
        (b"a\0b", ErrorKind.EXCLUDED, "no text"),
        (b"x" * (4 * 1024 * 1024 + 1), ErrorKind.TOO_LARGE, "larger than 4 MB"),
        (None, ErrorKind.CONFIGURATION, "Nothing is piped"),
    ],
)
def test_what_is_piped_in_must_be_text(
    monkeypatch: pytest.MonkeyPatch, piped: bytes | None, kind: ErrorKind, message: str
) -> None:
    """The error says what is wrong with it; a terminal is not waited for."""
    monkeypatch.setattr(sys, "stdin", None if piped is None else io.TextIOWrapper(io.BytesIO(piped)))
    with pytest.raises(RequestError, match=message) as raised:
        read_standard_input()
    assert raised.value.kind is kind


def test_changed_lines_near_each_other_are_one_place() -> None:
    """Hunks are read from a diff without context; removals count too, deleted files do not."""
    diff = (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n@@ -9,0 +10,3 @@\n+a\n+b\n+c\n"
        "@@ -90,2 +91,0 @@\n-p\n-q\ndiff --git a/b.py b/b.py\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1,2 @@\n+a\n+b\n"
    )
    assert read_changes(diff) == (Target(Path("a.py"), 1, 12), Target(Path("a.py"), 91, 91), Target(Path("b.py"), 1, 2))


@pytest.mark.parametrize(
    "content",
    [
        "+++ b/other.py\n",  # an added line `++ b/other.py`
        "--- a/other.py\n+x\n",
        "+a\x0c@@ -1 +90 @@\n",
        "+a\u2028+++ b/other.py\n",
        "+a\r@@ -1 +90 @@\n",
        "-x\n\\ No newline at end of file\n+++ b/other.py\n\\ No newline at end of file\n",
    ],
)
def test_lines_that_look_like_a_diff_s_own_are_content(content: str) -> None:
    """What was added or removed names no file and no place."""
    added, removed = content.count("\n+") + content.startswith("+"), content.startswith("-")
    diff = f"--- a/a.py\n+++ b/a.py\n@@ -4,{int(removed)} +5,{added} @@\n{content}@@ -50,0 +60 @@\n+y\n"
    assert read_changes(diff) == (Target(Path("a.py"), 5, 5), Target(Path("a.py"), 60, 60))
