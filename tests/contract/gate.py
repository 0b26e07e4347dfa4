"""What the tests of the gate share: a real server process, and an upstream that remembers every byte that it got."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import attrs

from lsp.raw_editor import RawEditor

SERVE = (sys.executable, "-P", "-m", "aurelis", "serve")
ROLES = ("completion", "code", "reasoning", "documentation", "fast")
PATIENCE = 60.0
"""Seconds after which a missing message is a failure; a process of its own starts slowly on a busy machine."""

ANSWER = "It is a function.\n"


@attrs.frozen
class Request:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def words(self) -> str:
        """Everything that this request says, without JSON's escapes."""
        told = json.dumps(json.loads(self.body), ensure_ascii=False) if self.body else ""
        texts = "\n".join(_strings(json.loads(self.body))) if self.body else ""
        return "\n".join([self.target, *(f"{name}: {value}" for name, value in self.headers.items()), told, texts])


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _strings(item)]


Speaker = Callable[[Request], str]


class Upstream:
    """A model server, and a proxy in front of any other, whose model says whatever a test wants."""

    def __init__(self, says: str | Speaker = ANSWER) -> None:
        self.says = says
        self.requests: list[Request] = []
        self.redirect: str | None = None
        self.status = 200
        self.holds: Callable[[Request], bool] = lambda _: False
        self.released = asyncio.Event()
        self.arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[Request]:
        """The requests that carried a prompt."""
        return [request for request in self.requests if request.method == "POST"]

    @property
    def wire(self) -> str:
        """Everything that arrived."""
        return "\n".join(request.words for request in self.requests)

    async def until_asked(self, times: int) -> None:
        """Wait until so many prompts have arrived."""
        async with asyncio.timeout(PATIENCE), self.arrived:
            await self.arrived.wait_for(lambda: len(self.asked) >= times)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**24)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self.released.set()
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._one(reader, writer):
                pass
        self._writers.discard(writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(method, target, headers, body)
        self.requests.append(request)
        async with self.arrived:
            self.arrived.notify_all()
        if request.method == "POST" and self.holds(request):
            await self.released.wait()
        for piece in self._answer(request):
            writer.write(piece)
            await writer.drain()
        return True

    def _answer(self, request: Request) -> Sequence[bytes]:
        if self.redirect is not None:
            return [_http(307, b"", location=self.redirect)]
        if self.status != 200:
            return [_http(self.status, b'{"error": {"message": "no"}}')]
        if request.method == "GET":
            return [_http(200, json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode())]
        text = self.says if isinstance(self.says, str) else self.says(request)
        asked = request.json
        usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
        base = {"id": "a", "created": 1, "model": "m", "usage": usage}
        if "prompt" in asked:
            choice: dict[str, Any] = {"index": 0, "text": text, "finish_reason": "stop"}
            return [_http(200, json.dumps({**base, "object": "text_completion", "choices": [choice]}).encode())]
        if not asked.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            return [_http(200, json.dumps({**base, "object": "chat.completion", "choices": [choice]}).encode())]
        pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
        events = [{"index": 0, "delta": {"content": piece}, "finish_reason": None} for piece in pieces]
        events.append({"index": 0, "delta": {}, "finish_reason": "stop"})
        chunk = {"id": "a", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        lines = [f"data: {json.dumps({**chunk, 'choices': [event]})}\n\n" for event in events]
        lines.append(f"data: {json.dumps({**chunk, 'choices': [], 'usage': usage})}\n\n")
        return [_http(200, "".join([*lines, "data: [DONE]\n\n"]).encode(), kind="text/event-stream")]

    def provider(self, **more: Any) -> dict[str, Any]:
        """The settings of a provider at this address."""
        return {"baseUrl": f"{self.url}/v1", "models": ["m"], **more}

    def settings(self, provider: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Settings that know this upstream alone, as `custom`."""
        return {
            "providers": {"custom": self.provider(**(provider or {}))},
            "models": dict.fromkeys(ROLES, "custom/m"),
            **more,
        }


def _http(status: int, body: bytes, kind: str = "application/json", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@attrs.frozen
class Desk:
    """A running server with an editor at it."""

    editor: RawEditor
    process: asyncio.subprocess.Process
    folder: Path
    home: Path
    errors: Path

    def open(self, name: str, text: str, language: str = "python") -> str:
        """Write a file of the workspace, open it, and give its URI (links in its name stay)."""
        path = self.folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        uri = path.as_uri()
        self.editor.open(uri, text, language)
        return uri

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Change the settings; what is asked afterwards goes by them."""
        self.editor.notify("workspace/didChangeConfiguration", {"settings": {"aurelis": dict(settings)}})

    async def command(self, name: str, **arguments: Any) -> Any:
        """Run a command and give its result."""
        return await self.editor.request("workspace/executeCommand", _command(name, arguments))

    async def refused(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Run a command and give its error."""
        return await self.editor.failure("workspace/executeCommand", _command(name, arguments))

    async def ghost(self, uri: str, line: int, character: int, *, invoked: bool = True) -> list[Any]:
        """Ghost text at a place."""
        params = {
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": 1 if invoked else 2},
        }
        answer = await self.editor.request("textDocument/inlineCompletion", params)
        items: list[Any] = answer["items"] if isinstance(answer, dict) else answer or []
        return items

    async def hover(self, uri: str, line: int, character: int) -> str | None:
        """What a hover shows."""
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        answer = await self.editor.request("textDocument/hover", place)
        return None if answer is None else str(answer["contents"]["value"])

    def told(self) -> str:
        """Everything that the server said to the editor and on its standard error, and all that it wrote down."""
        messages = "\n".join("\n".join(_strings(message)) for message in self.editor.received)
        kept = [path.read_bytes() for path in self.home.rglob("*") if path.is_file()]
        return "\n".join(
            [messages, self.errors.read_text("utf-8"), *(data.decode("utf-8", "replace") for data in kept)]
        )


def _command(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"command": f"aurelis.{name}", "arguments": [dict(arguments)]}


def home_of(folder: Path) -> dict[str, str]:
    """Variables that keep configuration, cache and state below a folder."""
    names = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
    return {name: str(folder / "home" / name) for name in names}


@asynccontextmanager
async def desk(
    place: Path,
    settings: Mapping[str, Any],
    *,
    trusted: bool = True,
    env: Mapping[str, str] | None = None,
    answers: Mapping[str, Callable[[Any], Any]] | None = None,
    capabilities: dict[str, Any] | None = None,
) -> AsyncIterator[Desk]:
    """A server process whose workspace is `place/work` and whose home is `place/home`."""
    folder, home, errors = place / "work", place / "home", place / "errors"
    folder.mkdir(exist_ok=True)
    home.mkdir(exist_ok=True)
    with errors.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *SERVE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            env={**os.environ, **home_of(place), **(env or {})},
            limit=2**22,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    editor = RawEditor(process.stdout, process.stdin, wait=PATIENCE)
    editor.answers.update(
        {
            "client/registerCapability": lambda _: None,
            "window/workDoneProgress/create": lambda _: None,
            "workspace/applyEdit": lambda _: {"applied": True},
            **(answers or {}),
        }
    )
    folders = [{"uri": folder.resolve().as_uri(), "name": "work"}]
    try:
        await editor.initialize(
            capabilities, workspaceFolders=folders, initializationOptions={**settings, "trusted": trusted}
        )
        yield Desk(editor, process, folder, home, errors)
    finally:
        if process.returncode is None:
            editor.notify("exit")
            editor.writer.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
                await editor.reading
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
