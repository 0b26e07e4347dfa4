"""The server as editors start it: a process of its own, driven over its standard streams or a socket."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from aurelis.lsp.client import editor
from lsp.raw_editor import RawEditor

COMMAND = [sys.executable, "-P", "-m", "aurelis", "serve"]
SOURCE = """\
def add(first, second):
    return first + second


def total(values):
    result = 0
    for value in values:
        result = add(result, value)
    return result


def add(first, second):
    ret
"""

SANDBOX = {"provider": "sandbox"}
"""For tests of what is answered: by itself the server would ask a model server that happens to run on this machine."""

HEAP_BYTES = 64 * 2**20

HEAVY = (
    "diskcache",
    "genai_prices",
    "httpx2",
    "keyring",
    "openai",
    "prometheus_client",
    "redis",
    "rich",
    "tenacity",
    "tree_sitter",
)


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))
async def neovim(lsp_client: LanguageClient) -> Any:
    """The server driven as by Neovim: no inline completion, no messages of ours."""
    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities("neovim@v0.11.0"),
            process_id=None,
            root_uri=None,
            initialization_options=SANDBOX,
        )
    )
    yield
    await lsp_client.shutdown_session()


@pytest.mark.asyncio
async def test_an_editor_without_anything_of_ours_is_served(neovim: LanguageClient) -> None:
    """Completions come as list entries, commands answer, failures are sentences with a code."""
    uri = "untitled:a.py"
    neovim.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, SOURCE)))
    position = types.Position(SOURCE.count("\n") - 1, 7)
    answer = await neovim.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(uri), position)
    )
    assert isinstance(answer, types.CompletionList)
    result: Any = await neovim.workspace_execute_command_async(
        types.ExecuteCommandParams("aurelis.explain", [{"textDocument": {"uri": uri}}])
    )
    assert result["task"] == "explanation"
    assert "add" in result["text"]
    with pytest.raises(JsonRpcException) as caught:
        await neovim.workspace_execute_command_async(
            types.ExecuteCommandParams("aurelis.explain", [{"textDocument": {"uri": "file:///nowhere/b.py"}}])
        )
    assert caught.value.code == -32803
    assert caught.value.data["kind"] == "excluded"


async def test_an_answer_that_nobody_waits_for_is_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever leaves a demonstration in its middle reads nothing about messages that cannot be handled."""
    async with editor(COMMAND, tmp_path, stderr=asyncio.subprocess.DEVNULL) as client:
        given_up = asyncio.create_task(client.execute("aurelis.health"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait((given_up,))
        await client.execute("aurelis.health")
    assert given_up.cancelled()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_our_own_client_sees_the_whole_path(tmp_path: Path) -> None:
    """Ghost text, a resolved action applied, a streamed explanation, the hover made of it, the record of it all."""
    path = tmp_path / "calc.py"
    await asyncio.to_thread(path.write_text, SOURCE)
    async with editor(COMMAND, tmp_path, settings=SANDBOX, stderr=asyncio.subprocess.DEVNULL) as client:
        uri = client.open_text(path.as_uri(), SOURCE, "python")
        deltas: list[str] = []
        span = {"start": {"line": 4, "character": 0}, "end": {"line": 9, "character": 0}}
        result = await client.execute(
            "aurelis.explain", {"textDocument": {"uri": uri}, "range": span}, on_delta=deltas.append
        )
        assert "".join(deltas) == result["text"]
        assert await client.hover(uri, SOURCE.index("total")) == result["text"]
        (item,) = await client.inline_completion(uri, SOURCE.rindex("ret") + 3)
        assert item.insert_text == "urn first + second"
        actions = await client.code_actions(uri, SOURCE.index("def total"), SOURCE.index("\n\n\ndef add(first", 5))
        action = next(action for action in actions if action.kind == "source.aurelis.document")
        resolved = await client.resolve(action)
        assert resolved.edit is not None
        assert client.apply(resolved.edit)
        assert '"""' in client.text(uri)
        shown = await client.execute("aurelis.showRequest", {"requestId": result["requestId"]})
        record = shown["requests"][0]["record"]
        assert (record["model"], record["urgency"]) == (result["model"], "explicit")
        assert (await client.content(f"aurelis:/answer/{result['requestId']}.md")) == result["text"]
        assert {status["health"] for status in client.statuses}


async def started(*more: str, **options: Any) -> tuple[asyncio.subprocess.Process, RawEditor]:
    """A server process and an editor on its standard streams."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *more, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **options
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return process, RawEditor(process.stdout, process.stdin)


@pytest.mark.parametrize(("ending", "code"), [(("shutdown", "exit"), 0), (("exit",), 1), ((), 1)])
async def test_the_exit_code_tells_whether_shutdown_came_first(ending: tuple[str, ...], code: int) -> None:
    """0 after `shutdown` and `exit`, 1 after `exit` alone or when the client vanishes; all output is messages."""
    process, raw = await started("--stdio")
    await raw.initialize()
    if "shutdown" in ending:
        await raw.request("shutdown")
    if "exit" in ending:
        raw.notify("exit")
    else:
        raw.writer.close()
    assert await asyncio.wait_for(process.wait(), 30) == code
    await raw.reading
    raw.writer.close()


def test_nothing_heavy_is_imported_before_the_server_answers() -> None:
    """Invariant 11: what `aurelis serve` imports at its start, and what `initialize` needs, is light."""
    script = (
        "import asyncio, json, sys\n"
        "from pathlib import Path\n"
        "import aurelis.__main__, aurelis.cli.command_line, aurelis.cli.serve\n"
        "from aurelis.app import create_services\n"
        "from aurelis.lsp.server import create_server\n"
        "from lsprotocol import types\n"
        "async def main():\n"
        "    server = create_server(create_services())\n"
        "    await server.protocol.lsp_initialize(types.InitializeParams(types.ClientCapabilities()))\n"
        "asyncio.run(main())\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    output = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, check=True, timeout=60).stdout
    assert not set(HEAVY).intersection(json.loads(output))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system shows a process's memory in another way")
async def test_threads_share_one_heap() -> None:
    """No thread of a server that has answered has a heap of its own, which would be megabytes kept for good."""
    process, raw = await started()
    await raw.initialize()
    raw.open("untitled:a.py", SOURCE)
    command = {"command": "aurelis.explain", "arguments": [{"textDocument": {"uri": "untitled:a.py"}}]}
    assert (await raw.request("workspace/executeCommand", command))["text"]
    maps = await asyncio.to_thread(Path(f"/proc/{process.pid}/maps").read_text, "ascii")
    assert heaps_of_threads(maps) == []
    raw.writer.close()
    await asyncio.wait_for(process.wait(), 30)
    await raw.reading


def heaps_of_threads(maps: str) -> list[str]:
    """The heaps beside the process's own: glibc's arena.c reserves 64 MB for each and uses the first part of it."""
    mappings = []
    for line in maps.splitlines():
        addresses, access, _, _, inode = line.split()[:5]
        begin, end = (int(address, 16) for address in addresses.split("-"))
        mappings.append((begin, end, access, inode))
    return [
        hex(used[0])
        for used, reserved in pairwise(mappings)
        if (used[2], reserved[2], used[3]) == ("rw-p", "---p", "0")
        and used[1] == reserved[0]
        and used[0] % HEAP_BYTES == 0
        and reserved[1] - used[0] == HEAP_BYTES
    ]


async def test_a_file_in_the_workspace_is_not_imported(tmp_path: Path) -> None:
    """A `pygls.py` planted in the working folder is not run when the server starts as editors are told to start it."""
    await asyncio.to_thread((tmp_path / "pygls.py").write_text, "raise SystemExit(42)")
    process, raw = await started(cwd=tmp_path)
    assert (await raw.initialize())["serverInfo"]["name"] == "aurelis"
    raw.writer.close()
    await asyncio.wait_for(process.wait(), 30)
    await raw.reading


@pytest.mark.skipif(os.name == "nt", reason="POSIX sockets")
async def test_the_server_connects_to_the_client_s_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--pipe` is spoken over a private socket, and refused in words over one that others can write to."""
    monkeypatch.chdir(tmp_path)  # The path of a socket is limited to about 100 characters.
    await asyncio.to_thread(tmp_path.chmod, 0o755)
    connected: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    listener = await asyncio.start_unix_server(lambda reader, writer: connected.put_nowait((reader, writer)), "s")

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *COMMAND, "--pipe", "s", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    os.chmod("s", 0o777)  # noqa: PTH101, S103 -- others may write, on purpose; ruff takes pathlib's for blocking work
    refused = await start()
    _, words = await asyncio.wait_for(refused.communicate(), 30)
    assert refused.returncode
    assert b"Other users" in words
    assert b"Traceback" not in words
    os.chmod("s", 0o600)  # noqa: PTH101 -- ruff takes pathlib's for blocking work
    process = await start()
    try:
        await talk(process, connected)
    finally:
        listener.close()


async def talk(
    process: asyncio.subprocess.Process, connected: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
) -> None:
    """Shake hands over a socket and leave in order."""
    raw = RawEditor(*await asyncio.wait_for(connected.get(), 30))
    assert (await raw.initialize())["serverInfo"]["name"] == "aurelis"
    await raw.request("shutdown")
    raw.notify("exit")
    assert await asyncio.wait_for(process.wait(), 30) == 0
    await raw.reading
    raw.writer.close()
    await process.communicate()
