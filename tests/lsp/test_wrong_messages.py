"""Messages that are wrong: each is answered or passed over, and the next one is served."""

from typing import Any

import pytest

from aurelis.lsp.framing import MESSAGE_BYTES
from lsp.fake_services import FakeServices
from lsp.raw_editor import connection


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        (b"", -32700),
        (b"\xff\xfe{}", -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b"3", -32600),
        (b'"text"', -32600),
        (b"null", -32600),
        (b'{"id":5,"method":"shutdown"}', -32600),
        (b'{"jsonrpc":"2.0","id":{"a":1},"method":"shutdown"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"shutdown"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"shutdown"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"shutdown"}', -32600),
        (b'{"jsonrpc":"2.0","id":5,"method":3}', -32600),
        (b'{"jsonrpc":"2.0","id":5,"method":"textDocument/hover"}', -32602),
        (b'{"jsonrpc":"2.0","id":5,"method":"textDocument/hover","params":{"position":-1}}', -32602),
        (b'{"jsonrpc":"2.0","id":5,"method":"workspace/executeCommand","params":{"command":"x"}}', -32602),
        (b'{"jsonrpc":"2.0","id":5,"method":"no/such","params":{}}', -32601),
        (b'{"jsonrpc":"2.0","id":5,"method":"initialize","params":{"capabilities":{}}}', -32600),
    ],
)
async def test_a_wrong_message_is_answered_and_the_next_is_read(body: bytes, code: int) -> None:
    """Every wrong message has an error for an answer, and the connection goes on."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        editor.send(body)
        found = await editor.wait_for(lambda message: "error" in message)
        assert found["error"]["code"] == code
        assert found["id"] == (5 if b'"id":5' in body else None)
        await editor.settle()


@pytest.mark.parametrize(
    "told",
    [
        {"capabilities": None},
        {"capabilities": {"textDocument": None, "workspace": None, "window": None, "general": None}},
        {"trace": "compact", "clientInfo": {"version": "1"}, "workspaceFolders": [{"uri": "file:///nameless"}]},
        {"capabilities": {"textDocument": {"hover": {"contentFormat": ["text/html"]}, "completion": True}}},
        {"capabilities": {"workspace": {"symbol": {"symbolKind": {"valueSet": [1, 99]}}}}},
        {"capabilities": {"workspace": {"workspaceEdit": {"resourceOperations": ["copy"], "failureHandling": ["x"]}}}},
        {"capabilities": {"textDocument": {"completion": {"completionItem": {"tagSupport": {"valueSet": [1, 2]}}}}}},
    ],
)
async def test_a_client_that_can_do_what_nobody_here_knows_is_served(told: dict[str, Any]) -> None:
    """Unknown words in `initialize` are passed over; what else it says counts."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(**{"capabilities": {}, **told})
        await editor.settle()


async def test_what_can_be_read_beside_an_unknown_word_counts() -> None:
    """One unknown kind of markup takes neither the known ones nor anything else away."""
    capabilities = {
        "general": {"positionEncodings": ["utf-8", 7]},
        "textDocument": {"inlineCompletion": {}, "hover": {"contentFormat": ["text/html", "markdown"]}},
    }
    async with connection(FakeServices()) as (editor, _):
        result = await editor.initialize(capabilities)
        assert result["capabilities"]["positionEncoding"] == "utf-8"
        assert result["capabilities"]["inlineCompletionProvider"] is not None


@pytest.mark.parametrize("params", ["[]", "null", "5", '"x"'])
async def test_an_initialize_without_parameters_is_refused_and_may_be_said_again(params: str) -> None:
    """What is beyond reading is answered, and the client may shake hands properly after it."""
    async with connection(FakeServices()) as (editor, _):
        editor.send(f'{{"jsonrpc":"2.0","id":5,"method":"initialize","params":{params}}}'.encode())
        assert (await editor.answer(5))["error"]["code"] == -32602
        await editor.initialize()


@pytest.mark.parametrize(
    "garbage",
    [
        b"Content-Length: 10\r\n\r\n{}",
        b"Content-Length: 20000000\r\n\r\n{}",
        b"Content-Length: 99999999999999\r\n\r\n{}",
        b"Content-Length: 1\r\n\r\n{}\r\n",
        b"Content-Length: -4\r\n\r\n",
        b"Content-Length: many\r\n\r\n{}\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"x" * 100_000 + b"\r\n",
        b"\x00\x01\x02\n",
        b"content-length:2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}",
    ],
)
async def test_bytes_that_are_no_message_cost_no_other_message(garbage: bytes) -> None:
    """After wrong lengths and garbage the stream finds its way back with the next message."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        editor.send_raw(garbage)
        editor.send({"jsonrpc": "2.0", "id": 101, "method": "aurelis/test/nothing", "params": {}})
        assert (await editor.answer(101))["error"]["code"] == -32601


async def test_a_body_that_is_too_large_is_answered_by_its_id_and_read_past() -> None:
    """A request of more than 32 MB gets an error, and the next message is served."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        start = b'{"jsonrpc":"2.0","id":41,"method":"workspace/executeCommand","params":"'
        editor.send_raw(b"Content-Length: %d\r\n\r\n" % (MESSAGE_BYTES + 1))
        editor.send_raw(start)
        left = MESSAGE_BYTES + 1 - len(start)
        while left:
            piece = min(left, 1 << 20)
            editor.send_raw(b"x" * piece)
            await editor.writer.drain()
            left -= piece
        assert (await editor.answer(41))["error"]["code"] == -32600
        await editor.settle()


@pytest.mark.parametrize("odd", [{"a": 1}, [], None, True, 1.5])
async def test_a_cancel_of_something_odd_is_passed_over(odd: object, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot name a request or a piece of work cancels nothing and fails nothing."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        editor.notify("$/cancelRequest", {"id": odd})
        editor.notify("window/workDoneProgress/cancel", {"token": odd})
        await editor.settle()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
