"""The steps of the demonstration: what a person would do in an editor, done over LSP, and what it must come to."""

from __future__ import annotations

import time
from typing import Final

import attrs

from aurelis.cli.demo_screen import DemoScreen, ShownRequest
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.positions import LineIndex
from aurelis.lsp.client import EditorClient

TYPED: Final = """

def parse_all(texts: list[str]) -> tuple[ModelReference, ...]:
    if not texts:
        message = "There is no model; name one."
        raise RequestError("""
"""What the person types at the end of the file: as much of a new function as the ghost text then continues."""

TYPED_AFTERWARDS: Final = "\n    return tuple(ModelReference.parse(text) for text in texts)\n"

NEW: Final = "def parse_all("
EXPLAINED: Final = "def parse("


@attrs.define
class DemoDocument:
    """The open copy; `explained` is where the explained name stands."""

    uri: str
    name: str
    explained: int = 0


async def suggest(client: EditorClient, document: DemoDocument, screen: DemoScreen) -> None:
    """Type the beginning of a function, show the ghost text and take it."""
    end = len(client.text(document.uri))
    client.change(document.uri, end, end, TYPED)
    text = client.text(document.uri)
    items = await client.inline_completion(document.uri, len(text))
    if not items or not isinstance(items[0].insert_text, str):
        raise _failed("the server suggested nothing")
    suggested = items[0].insert_text
    # An item's text begins with what its range holds before the cursor.
    begins = items[0].range.start if items[0].range is not None else client.position(document.uri, len(text))
    start = LineIndex(text).offset_at(begins.line, begins.character, client.documents.encoding)
    ghost = suggested.removeprefix(text[start:])
    screen.ghost_text(document.name, text, ghost)
    client.change(document.uri, len(text), len(text), ghost)
    end = len(client.text(document.uri))
    client.change(document.uri, end, end, TYPED_AFTERWARDS)


async def act(client: EditorClient, document: DemoDocument, screen: DemoScreen) -> None:
    """Document the new function by a code action and apply its edit."""
    before = client.text(document.uri)
    start = before.index(NEW)
    actions = await client.code_actions(document.uri, start, len(before), only=["source.aurelis.document"])
    if not actions:
        raise _failed("the server offered no action to document the function")
    action = await client.resolve(actions[0])
    if action.edit is None or not client.apply(action.edit):
        raise _failed("the action's edit could not be applied")
    after = client.text(document.uri)
    if after == before:
        raise _failed("the action changed nothing")
    screen.diff(action.title, document.name, before, after)


async def explain(client: EditorClient, document: DemoDocument, screen: DemoScreen) -> None:
    """Ask for an explanation of a function of the file and show it growing."""
    text = client.text(document.uri)
    start = text.index(EXPLAINED)
    document.explained = start + len("def ")
    position = client.position(document.uri, document.explained)
    place = {"line": position.line, "character": position.character}
    began = time.monotonic()
    with screen.streaming() as stream:
        result = await client.execute(
            "aurelis.explain", {"textDocument": {"uri": document.uri}, "position": place}, on_delta=stream.add
        )
        stream.finish(result["text"], first_seconds=stream.first_at - began, seconds=time.monotonic() - began)
    if not stream.pieces:
        raise _failed("the explanation did not stream")


async def hover(client: EditorClient, document: DemoDocument, screen: DemoScreen) -> None:
    """Hover over the name: the explanation comes back from the cache."""
    markdown = await client.hover(document.uri, document.explained + 1)
    if not markdown:
        raise _failed("there was nothing to show")
    screen.hover("parse", markdown)


async def list_requests(client: EditorClient, document: DemoDocument, screen: DemoScreen) -> None:
    """Show the record of every request so far."""
    del document
    answer = await client.execute("aurelis.showRequest", {})
    shown = []
    for request in answer["requests"]:
        record = request["record"]
        shown.append(
            ShownRequest(
                task=record["task"],
                model=record["model"] or "none",
                host=record["host"] or "-",
                first_ms=record["timeToFirstTokenMs"],
                duration_ms=record["durationMs"],
                cached=record["cached"],
                outcome=record["outcome"],
            )
        )
    if not shown:
        raise _failed("the server remembers no request")
    screen.requests(shown)


def _failed(reason: str) -> RequestError:
    return RequestError(ErrorKind.UNAVAILABLE, reason)
