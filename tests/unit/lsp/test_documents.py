"""The store of open documents."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from aurelis.core.positions import LineIndex, PositionEncoding
from aurelis.lsp.documents import Documents, display_name, file_path, is_served, project_name

URI = "file:///project/a.py"
TEXT = st.text(st.sampled_from("ab \t\n\r\x0c\u2028é\U0001f600"), max_size=30)


def opened(
    text: str, uri: str = URI, language: str = "python", encoding: PositionEncoding = PositionEncoding.UTF16
) -> Documents:
    documents = Documents(encoding)
    documents.open(types.TextDocumentItem(uri, language, 1, text))
    return documents


def identifier(version: int, uri: str = URI) -> types.VersionedTextDocumentIdentifier:
    return types.VersionedTextDocumentIdentifier(version, uri)


def text_of(documents: Documents, uri: str = URI) -> str:
    snapshot = documents.snapshot(uri)
    assert snapshot is not None
    return snapshot.text


@given(
    TEXT,
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), TEXT), max_size=5),
    st.sampled_from(PositionEncoding),
)
def test_edits_in_any_encoding_give_the_text_that_the_editor_has(
    text: str, edits: list[tuple[int, int, str]], encoding: PositionEncoding
) -> None:
    """Incremental edits keep the store equal to the editor's own text."""
    documents = opened(text, encoding=encoding)
    for version, (first, second, new) in enumerate(edits, 2):
        index = LineIndex(text)
        start = index.position_at(min(first, second, len(text)), encoding)
        end = index.position_at(min(max(first, second), len(text)), encoding)
        span = types.Range(types.Position(start.line, start.character), types.Position(end.line, end.character))
        from_offset = index.offset_at(start.line, start.character, encoding)
        to_offset = index.offset_at(end.line, end.character, encoding)
        text = text[:from_offset] + new + text[to_offset:]
        documents.change(identifier(version), [types.TextDocumentContentChangePartial(span, new)])
        assert text_of(documents) == text
        assert documents.version(URI) == version


def test_a_snapshot_does_not_change() -> None:
    """What was taken before an edit stays as it was, and the next one is fresh."""
    documents = opened("one\n")
    before = documents.snapshot(URI)
    assert before is documents.snapshot(URI)
    documents.change(identifier(2), [types.TextDocumentContentChangeWholeDocument("two\n")])
    after = documents.snapshot(URI)
    assert before is not None
    assert after is not None
    assert (before.text, before.version) == ("one\n", 1)
    assert (after.text, after.version) == ("two\n", 2)


def test_changes_of_a_document_that_is_not_open_are_ignored() -> None:
    """An edit after the close, or without an opening, is no failure."""
    documents = opened("x")
    documents.close(URI)
    documents.change(identifier(3), [types.TextDocumentContentChangeWholeDocument("y")])
    assert documents.snapshot(URI) is None
    documents.close(URI)


@pytest.mark.parametrize(
    ("uri", "language", "served"),
    [
        ("file:///a.py", "python", True),
        ("untitled:Untitled-1", "python", True),
        ("vscode-notebook-cell:/a.ipynb#W0", "python", True),
        ("git:/a.py?x", "python", False),
        ("output:extension", "log", False),
        ("vscode-scm:git/scm0/input", "scminput", False),
        ("aurelis:/answer/1.md", "markdown", False),
        ("untitled:panel", "scminput", False),
        ("file://[a/b.py", "python", False),
    ],
)
def test_only_what_somebody_writes_is_served(uri: str, language: str, *, served: bool) -> None:
    """Panels, inputs, old versions and our own answers are not worked on."""
    assert is_served(uri, language) is served
    assert (opened("x", uri, language).snapshot(uri) is not None) is served


def cell(uri: str, kind: types.NotebookCellKind = types.NotebookCellKind.Code) -> types.NotebookCell:
    return types.NotebookCell(kind, uri)


def item(uri: str, text: str) -> types.TextDocumentItem:
    return types.TextDocumentItem(uri, "python", 1, text)


def test_a_cell_sees_the_code_cells_above_it() -> None:
    """Order follows the notebook, markdown is left out, and structure changes are followed."""
    documents = Documents()
    uris = [f"vscode-notebook-cell:/n.ipynb#{number}" for number in range(4)]
    cells = [cell(uris[0]), cell(uris[1], types.NotebookCellKind.Markup), cell(uris[2])]
    notebook = types.NotebookDocument("file:///n.ipynb", "jupyter-notebook", 1, cells)
    documents.open_notebook(notebook, [item(uris[0], "a = 1"), item(uris[1], "# words"), item(uris[2], "b")])
    last = documents.snapshot(uris[2])
    assert last is not None
    assert last.cells_above == ("a = 1",)
    structure = types.NotebookDocumentCellChangeStructure(
        types.NotebookCellArrayChange(1, 1, [cell(uris[3])]),
        did_open=[item(uris[3], "c = 3")],
        did_close=[types.TextDocumentIdentifier(uris[1])],
    )
    content = types.NotebookDocumentCellContentChanges(
        identifier(2, uris[0]), [types.TextDocumentContentChangeWholeDocument("a = 2")]
    )
    documents.change_notebook(
        notebook.uri,
        types.NotebookDocumentChangeEvent(
            cells=types.NotebookDocumentCellChanges(structure=structure, text_content=[content])
        ),
    )
    changed = documents.snapshot(uris[2])
    assert changed is not None
    assert changed.cells_above == ("a = 2", "c = 3")
    assert documents.snapshot(uris[1]) is None
    documents.close_notebook(notebook.uri, uris)
    assert documents.snapshots() == ()


@pytest.mark.parametrize(
    "asked",
    [
        "file:///project/w%20%C3%BC/a.py",
        "file:///project/w%20%c3%bc/a.py",
        "file:///project/w ü/a.py",
        "file:///project/x/../w%20%C3%BC/a.py",
        "file://localhost/project/w%20%C3%BC/a.py",
        "file:/project/w%20%C3%BC/a.py",
    ],
)
def test_an_open_file_is_found_by_any_spelling_of_its_uri(asked: str) -> None:
    """What is open is not read from the disk because another part of the editor writes its URI differently."""
    uri = "file:///project/w%20%C3%BC/a.py"
    documents = opened("unsaved\n", uri)
    snapshot = documents.snapshot(asked)
    assert snapshot is not None
    assert (snapshot.uri, snapshot.text) == (uri, "unsaved\n")
    assert (documents.is_open(asked), documents.version(asked)) == (True, 1)
    assert not documents.is_open(asked.replace("a.py", "b.py"))


def test_a_cell_is_not_found_by_the_uri_of_its_notebook() -> None:
    """A notebook's file is none of its cells."""
    documents = opened("x = 1\n", "vscode-notebook-cell:/project/n.ipynb#a")
    assert documents.snapshot("file:///project/n.ipynb") is None


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a%20b/c%23.py", "/a b/c#.py"),
        ("file:///a/%C3%BC.py", "/a/ü.py"),
        ("file://localhost/a/b.py", "/a/b.py"),
        ("untitled:Untitled-1", None),
        ("file:", None),
        ("file:///a%00b", None),
        ("nonsense", None),
        ("file://[a/b.py", None),
    ],
)
def test_the_file_of_a_uri(uri: str, path: str | None) -> None:
    """Escapes are undone; what is no file has no path."""
    assert file_path(uri) == (None if path is None else Path(path))


def test_names_for_prompts_are_never_absolute() -> None:
    """Inside a folder the relative path, elsewhere the bare name."""
    folders = [Path("/project")]
    assert display_name("x", Path("/project/src/a.py"), folders) == "src/a.py"
    assert display_name("x", Path("/elsewhere/b.py"), folders) == "b.py"
    assert display_name("untitled:Untitled-1", None, folders) == "Untitled-1"
    assert [project_name(Path(p), folders) for p in ("/project/src/a.py", "/elsewhere/b.py")] == ["project", ""]
