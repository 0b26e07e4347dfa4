"""Somebody types, cancels, refuses or closes while the model answers: the edit follows its line, or is a conflict.

Every line of the document is unlike the others, so that there is one right answer: the model's change of a line stands
where that line stands now, unless somebody touched it.
"""

import asyncio
from typing import Any

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aurelis.core.request import Request
from lsp.fake_services import FakeServices
from lsp.raw_editor import RawEditor, connection, range_of

LINES = 12
EDITED = 6
"""The line that the model changes, of the lines 4 to 8 that it is asked about."""
URI = "file:///nowhere/race.py"
NEW_LINE = "value_6 = changed(6)"


def line_of(number: int) -> str:
    """A line that stands once in the document."""
    return f"value_{number} = original({number})"


@attrs.frozen
class Typed:
    """One change: lines are inserted before, taken out or changed."""

    what: str
    at: int
    late: bool


TYPED = st.builds(Typed, st.sampled_from(["insert", "delete", "change"]), st.integers(0, 40), st.booleans())
ENDINGS = st.sampled_from(["answer", "answer", "answer", "cancel", "cancel progress", "refuse", "close"])


class Document:
    """The client's side: lines with the number of the original that they are, None for a new one."""

    def __init__(self, editor: RawEditor) -> None:
        self._editor = editor
        self.lines: list[tuple[str, int | None]] = [(line_of(number), number) for number in range(LINES)]
        self.version = 1
        self.serial = 0

    def type(self, typed: Typed) -> None:
        """Do one change and tell the server."""
        at = typed.at % len(self.lines)
        self.serial += 1
        new = (f"typed_{self.serial} = 0", None)
        match typed.what:
            case "insert":
                span, text = (at, 0, at, 0), f"{new[0]}\n"
                self.lines.insert(at, new)
            case "delete" if len(self.lines) > 1:
                span, text = (at, 0, at + 1, 0), ""
                del self.lines[at]
            case _:
                span, text = (at, 0, at, len(self.lines[at][0])), new[0]
                self.lines[at] = new
        self.version += 1
        self._editor.edit(URI, self.version, text, span)

    def place(self) -> int | None:
        """Where the line now is that the model changes; None when somebody touched it."""
        return next((at for at, (_, number) in enumerate(self.lines) if number == EDITED), None)

    def applied(self, edit: dict[str, Any]) -> str | None:
        """The text after an edit; None when it was made for another version."""
        (change,) = edit["documentChanges"]
        if change["textDocument"]["version"] != self.version:
            return None
        lines = [text for text, _ in self.lines]
        for one in sorted(change["edits"], key=lambda one: one["range"]["start"]["character"], reverse=True):
            start, end = one["range"]["start"], one["range"]["end"]
            assert start["line"] == end["line"]
            line = lines[start["line"]]
            lines[start["line"]] = line[: start["character"]] + one["newText"] + line[end["character"] :]
        return "\n".join(lines)


def reply(request: Request) -> str:
    """The asked-for lines with one of them changed."""
    lines = [NEW_LINE if number == EDITED else line_of(number) for number in range(4, 9)]
    return "```python\n" + "\n".join(lines) + "\n```" if request.request_id else ""


async def race(typed: list[Typed], ending: str) -> None:
    """Ask, type, end, and compare with what is right."""
    services = FakeServices(reply)
    services.gate = asyncio.Event()
    async with connection(services) as (editor, _):
        await editor.initialize()
        document = Document(editor)
        editor.open(URI, "\n".join(text for text, _ in document.lines))
        texts: list[str | None] = []
        late = [one for one in typed if one.late]

        def apply(params: Any) -> Any:
            if late:
                document.type(late.pop(0))  # Between the server's sending and the editor's reading.
            text = None if ending == "refuse" else document.applied(params["edit"])
            texts.append(text)
            return {"applied": text is not None}

        editor.answers["workspace/applyEdit"] = apply
        arguments = {"textDocument": {"uri": URI}, "range": range_of(4, 0, 9, 0), "apply": True}
        params = {"command": "aurelis.refactor", "arguments": [arguments], "workDoneToken": "race"}
        identifier = editor.begin("workspace/executeCommand", params)
        await asyncio.wait_for(services.asked.wait(), 10)
        for one in typed:
            if not one.late:
                document.type(one)
        await end(editor, ending, identifier)
        services.gate.set()
        answer = await editor.answer(identifier)
        if ending.startswith("cancel"):
            assert answer["error"]["code"] == -32800
            assert texts == []
            assert len(services.closed_streams) == 1
            return
        judge(document, answer["result"], texts, ending)


async def end(editor: RawEditor, ending: str, identifier: int) -> None:
    """What somebody does at last, before the model has answered."""
    if ending == "cancel":
        editor.notify("$/cancelRequest", {"id": identifier})
    elif ending == "cancel progress":
        editor.notify("window/workDoneProgress/cancel", {"token": "race"})
    elif ending == "close":
        editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    await editor.settle()


def judge(document: Document, result: dict[str, Any], texts: list[str | None], ending: str) -> None:
    """Compare with the one right outcome."""
    place = document.place()
    assert NEW_LINE in result["text"]
    if ending == "close" or (place is None and ending == "answer"):
        assert result["applied"] is False
        assert result["conflict"] is True or texts
        assert not any(texts)
    elif ending == "refuse":
        assert result["applied"] is False
    elif result["applied"]:
        lines = [text for text, _ in document.lines]
        assert place is not None
        lines[place] = NEW_LINE
        assert texts[-1] == "\n".join(lines)
    else:
        assert len(texts) >= 3  # The editor was typed in anew at each of the attempts.


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TYPED, max_size=8), ENDINGS)
def test_an_edit_follows_its_line_or_is_a_conflict(typed: list[Typed], ending: str) -> None:
    """Nothing is applied after a cancel, a refusal or a close, and never to a line that somebody touched."""
    asyncio.run(race(typed, ending))
