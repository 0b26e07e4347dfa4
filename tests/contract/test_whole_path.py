"""The whole path with nothing replaced: an editor, a real `aurelis serve` process, a real upstream."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from aurelis.lsp.client import EditorClient
from aurelis.sandbox.server import Sandbox, run_sandbox
from fixtures.llama_server import LlamaServer
from lsp.raw_editor import FULL_CAPABILITIES, RawEditor

SERVE = (sys.executable, "-P", "-m", "aurelis", "serve")
SOURCE = "def add(first, second):\n    return first + second\n"
FIRST_LINES = {"start": {"line": 0, "character": 0}, "end": {"line": 2, "character": 0}}


@asynccontextmanager
async def editor(folder: Path, settings: Mapping[str, Any]) -> AsyncIterator[tuple[EditorClient, str]]:
    """A server process with one open Python file; it has left by itself when the block ends."""
    file = folder / "sums.py"
    file.write_text(SOURCE, "utf-8")
    client = EditorClient(settings)
    # A home of its own: an answer kept by one test must not answer another.
    await client.start(SERVE, env=own_folders(folder))
    try:
        await client.initialize(folder)
        yield client, client.open(file, "python")
    finally:
        assert await client.close() == 0


def python_files(folder: Path) -> list[str]:
    """The names of the Python files in a folder."""
    return sorted(path.name for path in folder.glob("*.py"))


def own_folders(folder: Path) -> dict[str, str]:
    """Variables that keep configuration, cache and state below a folder."""
    names = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
    return {name: str(folder / "home" / name) for name in names}


def upstream(sandbox: Sandbox, *more: str, **settings: Any) -> dict[str, Any]:
    """Settings that know nothing but the stand-in (and further models of it), as somebody's `custom` server."""
    models = [f"custom/{name}" for name in ("default", *more)]
    roles = ("completion", "code", "reasoning", "documentation", "fast")
    provider = {"baseUrl": sandbox.base_url, "models": ["default", *more]}
    return {"providers": {"custom": provider}, "models": dict.fromkeys(roles, models), **settings}


def request(uri: str, **more: Any) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "range": FIRST_LINES, **more}


@pytest.mark.needs("llama-server")
async def test_a_real_model_server_streams_an_explanation(tmp_path: Path, llama_server: LlamaServer) -> None:
    """llama.cpp, chosen by settings alone, streams through every layer; its words mean nothing, its record does."""
    settings = {"provider": "llamacpp", "providers": {"llamacpp": {"baseUrl": llama_server.base_url}}}
    async with editor(tmp_path, settings) as (client, uri):
        deltas: list[str] = []

        # Random words may end at once, which is refused as empty; so it is asked a few times.
        for _ in range(8):
            try:
                result = await client.execute("aurelis.explain", request(uri, maxTokens=40), on_delta=deltas.append)
                break
            except JsonRpcException as error:
                if error.data["kind"] != "invalid_response":
                    raise
                deltas.clear()

        assert result["model"] == f"llamacpp/{llama_server.model}"
        assert result["attempts"][-1]["outcome"] == "ok"
        assert 1 <= result["usage"]["completionTokens"] <= 40
        assert "".join(deltas) == result["text"]


@pytest.mark.needs("llama-server")
async def test_a_real_model_server_fills_the_hole_at_the_cursor(tmp_path: Path, llama_server: LlamaServer) -> None:
    """Ghost text goes to `/infill`; what its random words become is a proper item or nothing."""
    settings = {"provider": "llamacpp", "providers": {"llamacpp": {"baseUrl": llama_server.base_url}}}
    async with editor(tmp_path, settings) as (client, uri):
        items = await client.inline_completion(uri, SOURCE.index("first + second"))

        shown = await client.execute("aurelis.showRequest")
        sent = shown["requests"][-1]
        assert sent["record"]["task"] == "completion"
        assert sent["record"]["model"] == f"llamacpp/{llama_server.model}"
        assert sent["prefix"].endswith("return ")
        assert sent["suffix"].startswith("first + second")
        for item in items:
            assert item.range.start.line == item.range.end.line == 1


@pytest.mark.needs("llama-server")
@pytest.mark.parametrize("command", ["fix", "refactor", "optimize", "document", "generate", "generateTests"])
async def test_a_real_models_random_words_never_become_an_edit(
    command: str, tmp_path: Path, llama_server: LlamaServer
) -> None:
    """Whatever is asked for, an answer that makes no sense is refused in words and every file stays as it was."""
    settings = {"provider": "llamacpp", "providers": {"llamacpp": {"baseUrl": llama_server.base_url}}}
    async with editor(tmp_path, settings) as (client, uri):
        place = {"position": {"line": 2, "character": 0}} if command == "generate" else {"range": FIRST_LINES}
        arguments = {
            "textDocument": {"uri": uri},
            **place,
            "instruction": "Shorten it.",
            "maxTokens": 60,
            "apply": True,
        }
        with pytest.raises(JsonRpcException) as caught:
            await client.execute(f"aurelis.{command}", arguments)

        assert caught.value.data["kind"] == "invalid_response"
        assert client.text(uri) == SOURCE
        assert python_files(tmp_path) == ["sums.py"]


async def test_a_server_that_is_seen_to_be_back_is_asked_at_once(tmp_path: Path) -> None:
    """Found to be away by one list of the models, it is left alone; the next list that it gives ends that."""
    async with run_sandbox() as sandbox:
        port, address = sandbox.port, sandbox.base_url
    settings = {"providers": {"custom": {"baseUrl": address}}, "models": {"fast": "custom/default"}}
    async with editor(tmp_path, settings) as (client, uri):
        away = await client.execute("aurelis.models", {"refresh": True})
        assert [row["kind"] for row in away["models"] if row["model"] is None] == ["network"]
        async with run_sandbox(port=port):
            back = await client.execute("aurelis.models", {"refresh": True})
            assert {row["health"] for row in back["models"]} == {"ok"}
            result = await client.execute("aurelis.explain", request(uri))
            assert [attempt["outcome"] for attempt in result["attempts"]] == ["ok"]


async def test_the_first_delta_comes_before_the_model_has_finished(tmp_path: Path) -> None:
    """A stream is handed on while it grows, and an edit is applied as one change."""
    async with run_sandbox(chunk_seconds=0.05) as sandbox, editor(tmp_path, upstream(sandbox)) as (client, uri):
        arrived: asyncio.Queue[str] = asyncio.Queue()
        asking = asyncio.create_task(client.execute("aurelis.explain", request(uri), on_delta=arrived.put_nowait))

        assert await arrived.get()
        assert not asking.done()
        assert "add" in (await asking)["text"]

        result = await client.execute("aurelis.document", request(uri, apply=True))
        assert result["applied"] is True
        assert '"""' in client.text(uri)


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ({"status": 401, "body": {"error": {"message": "no"}}}, "auth"),
        ({"status": 410, "body": {"error": {"code": "github_models_retirement_brownout"}}}, "gone"),
        ({"status": 429, "headers": {"retry-after": "900"}}, "rate_limit"),
        ({"status": 413, "body": {"error": {"code": "tokens_limit_reached"}}}, "too_large"),
        ({"status": 400, "body": {"error": {"code": "content_filter"}}}, "content_filter"),
        ({"status": 404, "body": {"error": {"code": "unknown_model"}}}, "configuration"),
        ({"status": 422, "body": {"error": ["Field required"]}}, "rejected"),
        ({"status": 200, "headers": {"content-type": "text/html"}, "body": "<html>Sign in</html>"}, None),
        ({"status": 200, "body": ""}, None),
    ],
)
async def test_a_failing_upstream_is_named_in_words(tmp_path: Path, step: dict[str, Any], kind: str | None) -> None:
    """Every failure of an explicit command has its kind and a sentence, and no traceback."""
    async with run_sandbox(scenario=[step] * 8) as sandbox, editor(tmp_path, upstream(sandbox)) as (client, uri):
        with pytest.raises(JsonRpcException) as caught:
            await client.execute("aurelis.explain", request(uri))

        assert caught.value.code == -32803
        assert caught.value.data["kind"] in ({kind} if kind else {"invalid_response", "configuration"})
        assert caught.value.data["requestId"]
        assert "Traceback" not in caught.value.message


async def test_reasoning_reaches_nobody(tmp_path: Path) -> None:
    """What a model thinks aloud is in no delta, answer, edit or second answer from the cache."""
    thought = "<think>SECRET THOUGHT</think>\nIt adds two numbers."
    chunk = {"choices": [{"index": 0, "delta": {"content": thought, "reasoning_content": "HIDDEN"}}]}
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    body = "".join(f"data: {json.dumps(part)}\n\n" for part in (chunk, end)) + "data: [DONE]\n\n"
    step = {"status": 200, "headers": {"content-type": "text/event-stream"}, "body": body}
    async with run_sandbox(scenario=[step]) as sandbox, editor(tmp_path, upstream(sandbox)) as (client, uri):
        deltas: list[str] = []
        first = await client.execute("aurelis.explain", request(uri), on_delta=deltas.append)
        again = await client.execute("aurelis.explain", request(uri))

        assert first["text"] == again["text"] == "".join(deltas) == "It adds two numbers."
        assert (first["cached"], again["cached"]) == (None, "memory")


async def test_cancelling_closes_the_upstream_connection(tmp_path: Path) -> None:
    """The answer to a cancelled command is -32800 and the model's server sees the connection go."""
    async with run_sandbox(scenario=[{"delaySeconds": 600}]) as sandbox:
        process = await asyncio.create_subprocess_exec(
            *SERVE, stdin=PIPE, stdout=PIPE, env={**os.environ, **own_folders(tmp_path)}
        )
        assert process.stdin is not None
        assert process.stdout is not None
        raw = RawEditor(process.stdout, process.stdin)
        await raw.request("initialize", {"capabilities": {}, "initializationOptions": upstream(sandbox)})
        raw.notify("initialized", {})
        question = {"command": "aurelis.ask", "arguments": [{"question": "Why?"}]}
        identifier = raw.begin("workspace/executeCommand", question)
        await sandbox.until(lambda: any(r.path.endswith("/chat/completions") for r in sandbox.requests), 60)
        raw.notify("$/cancelRequest", {"id": identifier})

        assert (await raw.answer(identifier))["error"]["code"] == -32800
        await sandbox.until(lambda: any(r.client_closed for r in sandbox.requests))
        await raw.request("shutdown")
        raw.notify("exit")
        assert await process.wait() == 0
        await raw.reading


@pytest.mark.parametrize("command", ["explain", "document"])
async def test_the_first_words_arrive_before_the_model_has_finished(tmp_path: Path, command: str) -> None:
    """An explanation's and an edit's words alike: here the model stops in its middle, and is cancelled there."""
    async with run_sandbox(scenario=[{"path": "/v1/chat/completions", "holdAfter": 2500}]) as sandbox:
        process = await asyncio.create_subprocess_exec(
            *SERVE, stdin=PIPE, stdout=PIPE, env={**os.environ, **own_folders(tmp_path)}
        )
        assert process.stdin is not None
        assert process.stdout is not None
        raw = RawEditor(process.stdout, process.stdin)
        options = upstream(sandbox)
        await raw.request("initialize", {"capabilities": FULL_CAPABILITIES, "initializationOptions": options})
        raw.notify("initialized", {})
        raw.open("untitled:sums.py", SOURCE * 4)
        arguments = {"textDocument": {"uri": "untitled:sums.py"}}
        identifier = raw.begin("workspace/executeCommand", {"command": f"aurelis.{command}", "arguments": [arguments]})
        assert (await raw.message("aurelis/stream"))["delta"]
        raw.notify("$/cancelRequest", {"id": identifier})
        assert (await raw.answer(identifier))["error"]["code"] == -32800
        await sandbox.until(lambda: any(r.client_closed for r in sandbox.requests))
        await raw.request("shutdown")
        raw.notify("exit")
        assert await process.wait() == 0
        await raw.reading


async def test_a_model_with_nothing_to_suggest_has_answered(tmp_path: Path) -> None:
    """An empty completion is no error in records and statistics, and asks no other model."""
    parts = ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, "[DONE]")
    body = "".join(f"data: {part if isinstance(part, str) else json.dumps(part)}\n\n" for part in parts)
    step = {"status": 200, "headers": {"content-type": "text/event-stream"}, "body": body}
    async with run_sandbox(scenario=[{"path": "/v1/chat/completions", **step}]) as sandbox:
        settings = upstream(sandbox, "other")
        settings["providers"]["custom"]["models"] = {name: {"fim": False} for name in ("default", "other")}
        async with editor(tmp_path, settings) as (client, uri):
            assert await client.inline_completion(uri, SOURCE.index("first + second")) == ()

            asked = [one.json["model"] for one in sandbox.requests if one.path.endswith("/chat/completions")]
            assert asked == ["default"]
            shown = await client.execute("aurelis.showRequest")
            assert [sent["record"]["outcome"] for sent in shown["requests"]] == ["ok"]
            assert (await client.execute("aurelis.stats"))["totals"]["errors"] == 0


async def test_a_second_model_answers_for_the_first(tmp_path: Path) -> None:
    """Fallback goes along the plan and the Result tells of both."""
    step = {"status": 400, "body": {"error": {"message": "no"}}}
    async with (
        run_sandbox(scenario=[step]) as bad,
        run_sandbox() as good,
        editor(
            tmp_path,
            {
                "providers": {"bad": {"baseUrl": bad.base_url}, "good": {"baseUrl": good.base_url}},
                "models": {"fast": ["bad/default", "good/default"]},
            },
        ) as (client, uri),
    ):
        result = await client.execute("aurelis.explain", request(uri))

        assert [(a["model"], a["outcome"]) for a in result["attempts"]] == [
            ("bad/default", "error:rejected"),
            ("good/default", "ok"),
        ]


@pytest.mark.parametrize(
    ("text", "finish", "kind"),
    [
        ("I would leave this code as it is.", "stop", "invalid_response"),
        ("```python\ndef add(first, sec", "length", "invalid_response"),
        ("```python\ndef add(first, sec", None, "network"),
        ("```python\ndef add(first, second):\n    return 0\n```", "content_filter", "content_filter"),
    ],
)
async def test_an_edit_that_one_model_fails_to_give_is_asked_of_the_next(
    tmp_path: Path, text: str, finish: str | None, kind: str
) -> None:
    """Prose, a cut answer and a filtered one become no edit and reach nobody; the next model's edit does."""
    parts = [{"choices": [{"index": 0, "delta": {"content": text}}]}]
    parts += [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}] if finish else []
    body = "".join(f"data: {json.dumps(part)}\n\n" for part in parts)
    step = {"status": 200, "headers": {"content-type": "text/event-stream"}, "body": body}
    async with run_sandbox(scenario=[step] * 4) as bad, run_sandbox() as good:
        providers = {"bad": {"baseUrl": bad.base_url}, "good": {"baseUrl": good.base_url}}
        settings = {"providers": providers, "models": {"documentation": ["bad/default", "good/default"]}}
        settings["retry"] = {"connection": {"attempts": 2, "base": 0.01}}
        async with editor(tmp_path, settings) as (client, uri):
            deltas: list[str] = []
            result = await client.execute("aurelis.document", request(uri, apply=True), on_delta=deltas.append)

            assert [(a["model"], a["outcome"]) for a in result["attempts"]] == [
                *[("bad/default", f"error:{kind}")] * (2 if kind == "network" else 1),
                ("good/default", "ok"),
            ]
            assert (result["applied"], "".join(deltas)) == (True, result["text"])
            assert '"""' in client.text(uri)


async def test_hover_finds_what_was_explained_under_the_projects_instructions(tmp_path: Path) -> None:
    """Instructions files are part of the question, so a hover asks with them too and needs no model."""
    (tmp_path / "AGENTS.md").write_text("Answer briefly.\n", "utf-8")
    async with run_sandbox() as sandbox, editor(tmp_path, upstream(sandbox)) as (client, uri):
        explained = await client.execute("aurelis.explain", request(uri))
        asked = [one for one in sandbox.requests if one.method == "POST"]

        shown = await client.hover(uri, SOURCE.index("add"))

        assert "Answer briefly." in asked[-1].body.decode()
        assert shown is not None
        assert explained["text"].splitlines()[0] in shown
        assert [one for one in sandbox.requests if one.method == "POST"] == asked
