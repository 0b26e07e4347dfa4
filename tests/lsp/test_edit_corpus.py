"""Real files of eight languages changed over LSP, in every position encoding: each becomes exactly the wanted one."""

from random import Random
from typing import Any

import pytest

from aurelis.core.positions import LineIndex, PositionEncoding
from aurelis.core.text_edits import TextEdit, apply_edits
from fixtures.corpus import PLACES, changes
from fixtures.needs import require
from fixtures.reply_shapes import replies
from lsp.fake_services import FakeServices
from lsp.raw_editor import FULL_CAPABILITIES, connection
from lsp.scenes import execute

COMMANDS = ("fix", "refactor", "optimize", "document")


@pytest.mark.parametrize("encoding", PositionEncoding)
@pytest.mark.parametrize("language", PLACES)
async def test_real_files_become_what_was_meant(language: str, encoding: PositionEncoding) -> None:
    """Small versioned edits, said in the client's units, of line endings, marks and blanks of every form."""
    if language != "python":
        require("corpus")
    random = Random(f"{language} {encoding}")  # noqa: S311 - the same choices in every run
    capabilities = {**FULL_CAPABILITIES, "general": {"positionEncodings": [encoding.value]}}
    services = FakeServices()
    async with connection(services) as (editor, _):
        await editor.initialize(capabilities)
        for number, (form, change) in enumerate(changes(language, random, files=2)):
            told = replies(change)
            shape = random.choice(sorted(set(told) - {"patch envelope"}))
            services.reply = lambda _, told=told, shape=shape: told[shape]  # type: ignore[misc]  # bound now
            uri = f"file:///nowhere/{number}"
            editor.open(uri, change.document, language, version=number)
            index = LineIndex(change.document)
            span = {
                "start": place(index, change.region.start, encoding),
                "end": place(index, change.region.end, encoding),
            }
            result = await editor.request(
                "workspace/executeCommand",
                execute(random.choice(COMMANDS), textDocument={"uri": uri}, range=span),
            )
            (edited,) = result["edit"]["documentChanges"]
            assert edited["textDocument"] == {"uri": uri, "version": number}
            edits = [text_edit(index, one, encoding) for one in edited["edits"]]
            assert apply_edits(change.document, edits) == change.wanted, (change.name, form, shape)
            (annotation,) = result["edit"]["changeAnnotations"].values()
            assert not annotation.get("needsConfirmation"), (change.name, form, shape, annotation)
            assert all(edit.end - edit.start < 200 for edit in edits)


def place(index: LineIndex, offset: int, encoding: PositionEncoding) -> dict[str, int]:
    """A position as a client sends it."""
    found = index.position_at(offset, encoding)
    return {"line": found.line, "character": found.character}


def text_edit(index: LineIndex, edit: dict[str, Any], encoding: PositionEncoding) -> TextEdit:
    """An edit by offsets; its positions must be such as a client can mean."""
    start, end = (edit["range"][side] for side in ("start", "end"))
    offsets = [index.offset_at(at["line"], at["character"], encoding) for at in (start, end)]
    assert [place(index, offset, encoding) for offset in offsets] == [start, end]
    return TextEdit(*offsets, edit["newText"])
