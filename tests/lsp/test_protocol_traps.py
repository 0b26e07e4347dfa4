"""The traps of pygls and lsprotocol that were measured, each shown closed."""

import asyncio
import json
import logging
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from aurelis.lsp import progress
from lsp.fake_services import FakeServices
from lsp.raw_editor import connection, frame

URI = "file:///nowhere/a.py"
HERE = {"line": 0, "character": 0}
CANARY = "canary-7f3a91"


async def test_no_future_is_kept_for_a_notification() -> None:
    """Two hundred edits leave nothing behind."""
    async with connection(FakeServices()) as (editor, server):
        await editor.initialize()
        editor.open(URI, "x\n")
        for version in range(2, 202):
            editor.edit(URI, version, "y", (0, 0, 0, 1))
        await editor.settle()
        await editor.settle()
        assert server.documents.version(URI) == 201
        assert len(server.protocol._request_futures) == 0
        assert len(server.protocol._result_types) == 0


async def test_an_unanswered_request_leaves_nothing_once_given_up() -> None:
    """A client that never answers costs no memory after the wait is over."""
    async with connection(FakeServices()) as (editor, server):
        await editor.initialize()
        params = types.ConfigurationParams(items=[])
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await server.workspace_configuration_async(params)
        assert len(server.protocol._request_futures) == 0
        assert len(server.protocol._result_types) == 0


async def test_a_late_answer_is_ignored() -> None:
    """An answer to a request that was given up, or never made, changes nothing."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        editor.send({"jsonrpc": "2.0", "id": "nobody", "result": []})
        editor.send({"jsonrpc": "2.0", "id": 99, "error": {"code": 1, "message": "no"}})
        await editor.settle()


async def test_a_malformed_answer_fails_the_request_that_waits() -> None:
    """A client's answer of the wrong shape is a failure, not a wait without end."""
    async with connection(FakeServices()) as (editor, server):
        await editor.initialize()
        editor.answers["workspace/applyEdit"] = lambda _: {"applied": {"nonsense": 1}, "failedChange": "x"}
        with pytest.raises(Exception, match="malformed"):
            async with asyncio.timeout(5):
                await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(types.WorkspaceEdit()))


async def test_a_cancelled_command_stops_and_is_answered_once() -> None:
    """Cancelling a command's request cancels the command itself, and one answer says so."""
    async with connection(FakeServices()) as (editor, server):
        ended: list[str] = []
        begun = asyncio.Event()

        @server.command("test.slow")
        async def slow(ls: Any, params: types.ExecuteCommandParams) -> str:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise
            return "went on"

        await editor.initialize()
        identifier = editor.begin("workspace/executeCommand", {"command": "test.slow"})
        await asyncio.wait_for(begun.wait(), 5)
        editor.notify("$/cancelRequest", {"id": identifier})
        answer = await editor.answer(identifier)
        await editor.settle()
        assert answer["error"]["code"] == -32800
        assert ended == ["cancelled"]
        assert len([item for item in editor.received if item.get("id") == identifier]) == 1


async def test_cancelling_before_the_command_ran_a_step_is_answered() -> None:
    """A cancel that arrives together with its request is answered too."""
    async with connection(FakeServices()) as (editor, server):

        @server.command("test.slow")
        async def slow(ls: Any, params: types.ExecuteCommandParams) -> None:
            await asyncio.Event().wait()

        await editor.initialize()
        identifier = editor.begin("workspace/executeCommand", {"command": "test.slow"})
        editor.notify("$/cancelRequest", {"id": identifier})
        assert (await editor.answer(identifier))["error"]["code"] == -32800


async def test_a_command_sees_its_progress_token() -> None:
    """`workDoneToken` reaches the command, and cancelling the progress cancels it and answers its request."""
    async with connection(FakeServices()) as (editor, server):

        @server.command("test.work")
        async def work(ls: Any, params: types.ExecuteCommandParams) -> None:
            async with server.progress_tokens.work("Working", params.work_done_token, may_create=False):
                await asyncio.Event().wait()

        await editor.initialize()
        identifier = editor.begin("workspace/executeCommand", {"command": "test.work", "workDoneToken": "mine"})
        begun = await editor.message("$/progress")
        assert begun["token"] == "mine"
        assert begun["value"]["kind"] == "begin"
        editor.notify("window/workDoneProgress/cancel", {"token": "mine"})
        assert (await editor.answer(identifier))["error"]["code"] == -32800
        assert [item["value"]["kind"] for item in editor.all("$/progress")] == ["begin", "end"]
        assert len(server.progress_tokens) == 0


async def test_tokens_of_ours_are_created_reported_and_forgotten() -> None:
    """Without a token of the client's one is created; it is gone when the work is done."""
    async with connection(FakeServices()) as (editor, server):
        editor.answers["window/workDoneProgress/create"] = lambda _: None

        @server.command("test.work")
        async def work(ls: Any, params: types.ExecuteCommandParams) -> str:
            async with server.progress_tokens.work("Working", None, may_create=True):
                await editor.message("$/progress")
            return "done"

        await editor.initialize()
        for _ in range(3):
            assert await editor.request("workspace/executeCommand", {"command": "test.work"}) == "done"
            editor.received.clear()
        assert len(server.progress_tokens) == 0
        assert server.work_done_progress.tokens == {}


async def test_a_token_that_is_accepted_too_late_is_ended_all_the_same() -> None:
    """A client may turn a wheel from a token's creation on, so it is told of the end however short the work was."""
    async with connection(FakeServices()) as (editor, server):

        @server.command("test.work")
        async def work(ls: Any, params: types.ExecuteCommandParams) -> None:
            async with server.progress_tokens.work("Working", None, may_create=True):
                await editor.message("window/workDoneProgress/create")

        await editor.initialize()
        await editor.request("workspace/executeCommand", {"command": "test.work"})
        asked = await editor.wait_for(lambda message: message.get("method") == "window/workDoneProgress/create")
        assert not editor.all("$/progress")
        editor.send({"jsonrpc": "2.0", "id": asked["id"], "result": None})
        await editor.message("$/progress", lambda params: params["value"]["kind"] == "end")
        assert [item["value"]["kind"] for item in editor.all("$/progress")] == ["begin", "end"]
        assert {item["token"] for item in editor.all("$/progress")} == {asked["params"]["token"]}


async def test_a_client_that_never_accepts_a_token_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait for a token's acceptance is bounded, and what waits for it is gone then."""
    monkeypatch.setattr(progress, "CREATE_SECONDS", 0.01)
    async with connection(FakeServices()) as (editor, server):

        @server.command("test.work")
        async def work(ls: Any, params: types.ExecuteCommandParams) -> str:
            async with server.progress_tokens.work("Working", None, may_create=True):
                await editor.message("window/workDoneProgress/create")
            return "done"

        await editor.initialize()
        for _ in range(3):
            assert await editor.request("workspace/executeCommand", {"command": "test.work"}) == "done"
        while server.protocol._request_futures:
            await editor.settle()
        assert not editor.all("$/progress")


async def test_a_failure_sends_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected failure is one sentence for the client, and its text, which may quote code, is in no log."""
    async with connection(FakeServices()) as (editor, server):

        @server.command("test.broken")
        async def broken(ls: Any, params: types.ExecuteCommandParams) -> None:
            raise KeyError(CANARY)

        await editor.initialize()
        error = await editor.failure("workspace/executeCommand", {"command": "test.broken"})
        assert error["code"] == -32603
        assert "data" not in error
        assert CANARY not in json.dumps(editor.received)
        assert CANARY not in caplog.text
        assert "KeyError at test_protocol_traps.py" in caplog.text


async def test_an_answer_that_cannot_be_written_is_answered_as_a_failure() -> None:
    """A result that JSON does not know does not leave the client waiting."""
    async with connection(FakeServices()) as (editor, server):

        @server.command("test.odd")
        async def odd(ls: Any, params: types.ExecuteCommandParams) -> Any:
            return {"set": {1, 2}}

        await editor.initialize()
        assert (await editor.failure("workspace/executeCommand", {"command": "test.odd"}))["code"] == -32603


async def test_no_message_body_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """What passes over the wire, well-formed or not, leaves no trace in any log."""
    caplog.set_level(logging.INFO)
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(initializationOptions={"note": CANARY})
        editor.open(URI, f"token = '{CANARY}'\n")
        editor.notify("textDocument/didOpen", {"textDocument": {"text": CANARY, "version": CANARY}})
        editor.notify("nobody/knows", {"text": CANARY})
        editor.notify("textDocument/didChange", {"textDocument": CANARY})
        await editor.failure("textDocument/hover", {"textDocument": CANARY})
        await editor.failure("workspace/executeCommand", {"command": "none", "arguments": [CANARY]})
        editor.send({"jsonrpc": "1.0", "method": CANARY})
        editor.send({"jsonrpc": "2.0", "id": 77, "result": CANARY})
        await editor.settle()
    assert CANARY not in caplog.text


async def test_inline_completion_is_advertised() -> None:
    """Options stand with the registration, without which pygls would keep silent about it."""
    async with connection(FakeServices()) as (editor, _):
        result = await editor.initialize()
        assert "inlineCompletionProvider" in result["capabilities"]


async def test_text_document_content_is_advertised() -> None:
    """The scheme of kept answers is announced to clients that can show such documents, and to no others."""
    async with connection(FakeServices()) as (editor, _):
        result = await editor.initialize()
        assert result["capabilities"]["workspace"]["textDocumentContent"] == {"schemes": ["aurelis"]}
    async with connection(FakeServices()) as (editor, _):
        result = await editor.initialize({})
        assert "textDocumentContent" not in result["capabilities"]["workspace"]


@pytest.mark.parametrize("separator", ["\x0c", "\x0b", "\x1c", "\x85", "\u2028", "\u2029"])
async def test_edits_below_odd_characters_land_where_the_editor_meant(separator: str) -> None:
    """Characters that Python takes for line breaks and LSP does not leave positions alone."""
    async with connection(FakeServices()) as (editor, server):
        await editor.initialize()
        editor.open(URI, f"first{separator}still first\nsecond\n")
        editor.edit(URI, 2, "2nd", (1, 0, 1, 6))
        await editor.settle()
        snapshot = server.documents.snapshot(URI)
        assert snapshot is not None
        assert snapshot.text == f"first{separator}still first\n2nd\n"


async def test_no_second_copy_of_a_document_is_kept() -> None:
    """Pygls's own store of documents stays empty."""
    async with connection(FakeServices()) as (editor, server):
        await editor.initialize()
        editor.open(URI, "x\n")
        await editor.settle()
        assert not server.workspace.text_documents


async def test_a_nested_object_is_not_taken_for_a_message() -> None:
    """Parameters that hold a key `jsonrpc` are parameters."""
    async with connection(FakeServices()) as (editor, server):

        @server.command("test.echo")
        async def echo(ls: Any, params: types.ExecuteCommandParams) -> Any:
            return params.arguments

        await editor.initialize()
        nested = [{"jsonrpc": "2.0", "id": 1, "method": "exit", "result": {"jsonrpc": "2.0"}}]
        assert await editor.request("workspace/executeCommand", {"command": "test.echo", "arguments": nested}) == nested


async def test_errors_in_notifications_are_not_shown_raw() -> None:
    """A notification that cannot be read makes no pop-up."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        editor.notify("textDocument/didOpen", {"textDocument": {"uri": 3}})
        editor.notify("textDocument/didClose", [])
        await editor.settle()
        assert not editor.all("window/showMessage")


async def test_a_client_that_does_not_wait_for_initialize_is_served_in_order() -> None:
    """What arrives while `initialize` is being answered is handled after it, and a malformed one may be repeated."""
    async with connection(FakeServices()) as (editor, server):
        assert (await editor.failure("initialize", {"capabilities": 3}))["code"] == -32602
        first = editor.begin("initialize", {"capabilities": {}, "processId": None})
        editor.notify("initialized", {})
        editor.open(URI, "x\n")
        second = editor.begin("textDocument/hover", {"textDocument": {"uri": URI}, "position": HERE})
        last = editor.begin("shutdown")
        assert "result" in await editor.answer(first)
        await editor.answer(second)
        assert (await editor.answer(last))["result"] is None
        assert server.documents.is_open(URI)


async def test_requests_before_initialize_and_after_shutdown_are_answered() -> None:
    """Out of order means an error, not silence."""
    async with connection(FakeServices()) as (editor, server):
        assert (await editor.failure("textDocument/hover", {}))["code"] == -32002
        editor.open(URI, "too early\n")
        await editor.initialize()
        assert not server.documents.is_open(URI)
        await editor.request("shutdown")
        assert (await editor.failure("textDocument/hover", {}))["code"] == -32600


async def test_shutdown_answers_what_is_under_way() -> None:
    """Requests that wait are answered as cancelled when the client shuts the server down."""
    async with connection(FakeServices()) as (editor, server):

        @server.command("test.slow")
        async def slow(ls: Any, params: types.ExecuteCommandParams) -> None:
            await asyncio.Event().wait()

        await editor.initialize()
        identifier = editor.begin("workspace/executeCommand", {"command": "test.slow"})
        await editor.settle()
        await editor.request("shutdown")
        assert (await editor.answer(identifier))["error"]["code"] == -32800


async def test_a_client_that_vanishes_ends_the_server() -> None:
    """The end of the stream ends the connection and what ran on it."""
    stopped = asyncio.Event()
    async with connection(FakeServices()) as (editor, server):

        @server.command("test.slow")
        async def slow(ls: Any, params: types.ExecuteCommandParams) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        await editor.initialize()
        editor.begin("workspace/executeCommand", {"command": "test.slow"})
        await editor.settle()
    await asyncio.wait_for(stopped.wait(), 5)


async def test_many_messages_in_one_packet_are_all_handled() -> None:
    """Messages need not arrive one by one, nor whole."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        packet = b"".join(
            frame({"jsonrpc": "2.0", "id": number, "method": "aurelis/test/nothing"}) for number in range(500, 520)
        )
        for start in range(0, len(packet), 7):
            editor.send_raw(packet[start : start + 7])
        for number in range(500, 520):
            assert (await editor.answer(number))["error"]["code"] == -32601


def test_the_leak_of_pygls_is_still_there() -> None:
    """The shim that forgets the futures of notifications is still needed: when this fails, it can go."""
    server = LanguageServer("bare", "1", converter_factory=default_converter)

    async def handler(params: Any) -> None:
        """Do nothing."""

    async def notify() -> int:
        server.feature("custom/nothing")(handler)
        server.protocol._handle_notification("custom/nothing", None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return len(server.protocol._request_futures)

    assert asyncio.run(notify()) == 1
