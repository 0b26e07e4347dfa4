"""Limits at the gate: what is too much, malformed or endless, in the prompt, on the editor's wire and from a model."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from contract.gate import Desk, Upstream, desk
from lsp.raw_editor import frame

CODE = "def add(first, second):\n    return first + second\n"
MEGABYTE = 1_048_576


async def test_prompts_are_cut_by_the_task_and_refused_beyond(tmp_path: Path) -> None:
    """A long document and a long question meet 50,000 and 10,000 characters; what no cutting helps is `too_large`."""
    async with Upstream() as upstream:
        async with desk(tmp_path, upstream.settings()) as place:
            long = place.open("long.py", CODE + "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(8_000)))
            asked = {"textDocument": {"uri": long}, "range": span(0, 2)}
            await place.command("explain", **asked)
            await place.ghost(long, 1, 11)
            error = await place.refused("ask", question="why " * 20_000)
            assert error["data"]["kind"] == "too_large"
            place.configure(upstream.settings(tasks={"explanation": {"systemPrompt": "x" * 10_001}}))
            await place.editor.message("window/showMessage", lambda params: "systemPrompt" in params["message"])
            limits = {"maxSystemPromptChars": 500}
            place.configure(upstream.settings(tasks={"explanation": {"systemPrompt": "x" * 501}}, requests=limits))
            error = await place.refused("explain", textDocument={"uri": long}, range=span(0, 2))
            assert error["data"]["kind"] == "too_large"
        assert len(upstream.asked) == 2
        for request in upstream.asked:
            texts = [message["content"] for message in request.json["messages"] if message["role"] != "system"]
            assert sum(map(len, texts)) <= 50_000


async def test_metadata_and_characters_that_must_not_leave(tmp_path: Path) -> None:
    """Secret-looking keys of metadata are left out; control characters and lone surrogates become harmless."""
    metadata = {"framework": "pytest", "password": "plain-words", "api_key": "plain-key", "authToken": "plain-token"}
    async with Upstream() as upstream:
        async with desk(tmp_path, upstream.settings()) as place:
            uri = place.open("a.py", CODE)
            result = await place.command(
                "ask", question="a\x00b\x1b[31mc\ud800d", textDocument={"uri": uri}, metadata=metadata
            )
            assert result["text"]
        (sent,) = upstream.asked
        assert "pytest" in sent.words
        assert not any(word in sent.words for word in ("plain-words", "plain-key", "plain-token"))
        assert not any(mark in sent.json["messages"][-1]["content"] for mark in ("\x00", "\x1b", "\ud800"))


@pytest.mark.parametrize("kind", ["endless", "line", "deep"])
async def test_a_model_that_never_ends_is_cut_off(tmp_path: Path, kind: str) -> None:
    """An endless stream, a line of 100 MB and JSON that nests for ever end in words, within bounded memory."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            word = json.dumps({"choices": [{"index": 0, "delta": {"content": "word " * 2_000}}]}).encode()
            pieces = {
                "endless": b"data: %b\n\n" % word * 20,
                "line": b"x" * 200_000,
                "deep": b"[" * 200_000,
            }
            writer.write(b"data: " if kind != "endless" else b"")
            for _ in range(600):
                writer.write(pieces[kind])
                await writer.drain()
        gone.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    provider = {"baseUrl": f"http://127.0.0.1:{port}/v1", "models": ["m"]}
    settings = {
        "providers": {"custom": provider},
        "models": dict.fromkeys(("code", "fast"), "custom/m"),
        "retry": {"totalSeconds": 1},
    }
    async with server, desk(tmp_path, settings) as place:
        uri = place.open("a.py", CODE)
        params = {"command": "aurelis.explain", "arguments": [{"textDocument": {"uri": uri}}]}
        answer = await place.editor.answer(place.editor.begin("workspace/executeCommand", params))
        if "error" in answer:
            assert answer["error"]["data"]["kind"] in {"invalid_response", "too_large", "unavailable", "network"}
        else:
            assert answer["result"]["incomplete"] is True
            assert len(answer["result"]["text"]) <= 2_100_000
        await asyncio.wait_for(gone.wait(), 60)
        assert await peak(place) < 400 * MEGABYTE


async def test_a_client_cannot_flood_the_server(tmp_path: Path) -> None:
    """A header that promises 10 GB, deep JSON and a body that is no JSON end nothing else, in bounded memory."""
    async with Upstream() as upstream, desk(tmp_path, upstream.settings()) as place:
        place.editor.send(b"[" * 200_000)
        place.editor.send(
            b'{"jsonrpc": "2.0", "id": 77, "method": "aurelis/auth/setToken", "params": ' + b"[" * 100_000
        )
        place.editor.send_raw(frame(b"not json"))
        uri = place.open("a.py", CODE)
        assert (await place.command("explain", textDocument={"uri": uri}))["text"]
        assert await peak(place) < 400 * MEGABYTE
        place.editor.send_raw(b"Content-Length: 10737418240\r\n\r\n" + b"x" * MEGABYTE)
        await place.editor.writer.drain()


async def test_show_request_is_the_wire_to_the_letter(tmp_path: Path) -> None:
    """The last 20 requests, ghost text and hover included, as their bodies were; a kept answer was not sent."""
    async with Upstream() as upstream:
        async with desk(tmp_path, upstream.settings(hover={"mode": "automatic"})) as place:
            uri = place.open("a.py", f'{CODE}KEY = "ghp_{"0a1B2c3D4e5F" * 3}"\n')
            await place.ghost(uri, 1, 11)
            await place.hover(uri, 0, 5)
            for number in range(21):
                await place.command("ask", question=f"What is {number}?", textDocument={"uri": uri})
                if number == 3:
                    first = await place.command("showRequest")
            last = await place.command("showRequest")
            again = await place.command("ask", question="What is 20?", textDocument={"uri": uri})
            kept = await place.command("showRequest", requestId=again["requestId"])
        bodies = [shown["body"] for shown in first["requests"]]
        assert sorted(bodies, key=json.dumps) == sorted(
            (request.json for request in upstream.asked[:6]), key=json.dumps
        )
        assert {shown["record"]["task"] for shown in first["requests"]} == {"completion", "explanation", "general"}
        assert [shown["body"] for shown in last["requests"]] == [request.json for request in upstream.asked[-20:]]
        assert again["cached"] == "memory"
        assert kept["requests"][0]["body"] is None
        fim = {"models": {"m": {"fim": "suffix"}}}
        async with desk(tmp_path, upstream.settings(fim)) as place:
            uri = place.open("b.py", CODE)
            await place.ghost(uri, 1, 11)
            shown = await place.command("showRequest")
        assert [one["body"] for one in shown["requests"]] == [upstream.asked[-1].json]
        assert "prompt" in shown["requests"][0]["body"]


def span(first: int, last: int) -> dict[str, Any]:
    """Whole lines."""
    return {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}


async def peak(place: Desk) -> int:
    """The most memory that the server has had, in bytes; 0 where the system does not tell."""
    file = Path(f"/proc/{place.process.pid}/status")
    if not await asyncio.to_thread(file.exists):
        return 0
    lines = (await asyncio.to_thread(file.read_text)).splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
