"""What was edited lately, place by place."""

from __future__ import annotations

from lsprotocol import types

from aurelis.core.positions import Position, PositionEncoding
from aurelis.lsp.documents import Documents
from aurelis.lsp.edit_trail import LONGEST_PLACE, PLACES

URI = "file:///a.py"


def documents(text: str = "".join(f"line {number}\n" for number in range(40))) -> Documents:
    made = Documents(PositionEncoding.UTF16)
    made.open(types.TextDocumentItem(URI, "python", 1, text))
    return made


def edit(made: Documents, start: Position, end: Position, text: str) -> None:
    span = types.Range(types.Position(start.line, start.character), types.Position(end.line, end.character))
    change = types.TextDocumentContentChangePartial(span, text)
    made.change(types.VersionedTextDocumentIdentifier(2, URI), [change])


def typed(made: Documents, line: int, text: str) -> None:
    for at, character in enumerate(text):
        edit(made, Position(line, at), Position(line, at), character)


def test_keys_in_one_place_are_one_change() -> None:
    """Old and new text of the whole place, however many keys it took; the place of the cursor is left out."""
    made = documents()
    typed(made, 3, "new ")
    edit(made, Position(3, 10), Position(3, 10), "\nmore")
    edit(made, Position(2, 0), Position(2, 4), "Line")
    assert made.trail.changes(but=(URI, 20)) == [(URI, "line 2\nline 3\n", "Line 2\nnew line 3\nmore\n")]
    assert made.trail.changes(but=(URI, 3)) == []


def test_lines_above_move_a_place_and_do_not_change_it() -> None:
    """A place is still found after lines were put in and taken out above it."""
    made = documents()
    typed(made, 30, "x")
    edit(made, Position(5, 0), Position(5, 0), "one\ntwo\n")
    edit(made, Position(10, 0), Position(13, 0), "")
    changes = made.trail.changes(but=(URI, 0))
    assert changes[0] == (URI, "line 30\n", "xline 30\n")
    assert len(changes) == 3


def test_the_trail_is_bounded_and_forgets_what_is_no_trail() -> None:
    """So many places; a file that was replaced or formatted or closed leaves none."""
    made = documents("\n" * 200)
    for number in range(PLACES + 5):
        typed(made, number * 5, "x")
    assert len(made.trail.changes(but=("", 0))) == PLACES
    edit(made, Position(0, 0), Position(0, 0), "y\n" * (LONGEST_PLACE + 1))
    assert made.trail.changes(but=("", 0)) == []
    typed(made, 1, "x")
    made.close(URI)
    assert made.trail.changes(but=("", 0)) == []
