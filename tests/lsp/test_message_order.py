"""A request is about the document as it stood when the request came, however closely an edit follows it."""

import pytest

from lsp.fake_services import FakeServices
from lsp.raw_editor import FULL_CAPABILITIES, connection, frame, range_of
from lsp.scenes import URI, document, execute

TEXT = "x = 1\ny = \nz = 3\n"
LATER = "one = 1\ntwo = \nsix = 6\n"


def edit() -> bytes:
    """The document is replaced."""
    params = {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": LATER}]}
    return frame({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params})


def ask(identifier: int, method: str, params: object) -> bytes:
    """A request."""
    return frame({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})


def at_cursor() -> dict[str, object]:
    """The parameters of a request for ghost text."""
    return document(position={"line": 1, "character": 4}, context={"triggerKind": 1})


async def test_ghost_text_is_not_made_for_a_text_that_comes_behind_its_request() -> None:
    """In one breath a cursor and an edit: nothing of the later text is sent, and nothing is offered."""
    services = FakeServices(lambda _: "2")
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, TEXT)
        editor.send_raw(ask(900, "textDocument/inlineCompletion", at_cursor()) + edit())
        assert (await editor.answer(900))["result"]["items"] == []
        assert not any("two" in message.content for request in services.requests for message in request.messages)


async def test_a_commands_range_is_of_the_text_before_the_edit_behind_it() -> None:
    """The lines that are explained are those that stood in the range when the command was given."""
    services = FakeServices(lambda _: "It is a number.")
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, TEXT)
        command = execute("explain", textDocument={"uri": URI}, range=range_of(2, 0, 2, 5))
        editor.send_raw(ask(900, "workspace/executeCommand", command) + edit())
        await editor.answer(900)
        (request,) = services.requests
        assert "z = 3" in request.messages[-1].content
        assert "six" not in request.messages[-1].content


@pytest.mark.parametrize("behind", [b"", edit()])
async def test_messages_before_the_answer_to_initialize_keep_their_order(behind: bytes) -> None:
    """A client that says everything at once is served as one that waits."""
    services = FakeServices(lambda _: "It is a number.")
    async with connection(services) as (editor, _):
        item = {"uri": URI, "languageId": "python", "version": 1, "text": TEXT}
        opened = frame({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})
        told = {"capabilities": FULL_CAPABILITIES, "processId": None, "rootUri": None}
        command = execute("explain", textDocument={"uri": URI}, range=range_of(2, 0, 2, 5))
        editor.send_raw(
            ask(900, "initialize", told)
            + frame({"jsonrpc": "2.0", "method": "initialized", "params": {}})
            + opened
            + ask(901, "workspace/executeCommand", command)
            + behind
        )
        assert "result" in await editor.answer(901)
        await editor.settle()
        (request,) = services.requests
        assert "z = 3" in request.messages[-1].content
        assert "six" not in request.messages[-1].content
