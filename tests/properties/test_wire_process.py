"""A real server process under whatever a client may say, in any order: it answers, goes on, and leaves in order."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lsp.raw_editor import RawEditor, frame

pytestmark = pytest.mark.timeout(300)

COMMAND = [sys.executable, "-P", "-m", "aurelis", "serve"]
PATIENCE = 60.0
URIS = ("untitled:a.py", "untitled:b.md", "untitled:never-opened")
METHODS = (
    "textDocument/hover",
    "textDocument/inlineCompletion",
    "textDocument/completion",
    "textDocument/codeAction",
    "codeAction/resolve",
    "workspace/executeCommand",
    "workspace/textDocumentContent",
    "aurelis/auth/setToken",
    "no/such/method",
    "$/neither",
)
NOTIFICATIONS = (
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didClose",
    "textDocument/didSave",
    "notebookDocument/didOpen",
    "notebookDocument/didChange",
    "workspace/didChangeConfiguration",
    "workspace/didChangeWorkspaceFolders",
    "window/workDoneProgress/cancel",
    "$/cancelRequest",
    "$/setTrace",
    "aurelis/trust",
    "initialized",
)
COMMANDS = ("explain", "fix", "ask", "stats", "models", "batch", "showRequest", "snooze", "cache.invalidate", "none")

numbers = st.integers(-2, 40) | st.integers(-(2**70), 2**70)
positions = st.fixed_dictionaries({"line": numbers, "character": numbers})
ranges = st.fixed_dictionaries({"start": positions, "end": positions})
words = st.text(max_size=20) | st.sampled_from(["a\x0cb\n", "\u2028", "\ud800", "\r\n\r", "def f():\n    return\n"])
odd = st.recursive(
    st.none() | st.booleans() | numbers | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
documents = st.fixed_dictionaries({"uri": st.sampled_from(URIS)})
shaped = st.fixed_dictionaries(
    {
        "textDocument": documents,
        "position": positions,
        "range": ranges,
        "context": st.fixed_dictionaries({"triggerKind": st.integers(0, 3), "diagnostics": st.just([])}),
    }
)
commands = st.fixed_dictionaries(
    {
        "command": st.sampled_from(COMMANDS).map(lambda word: f"aurelis.{word}"),
        "arguments": st.lists(shaped | odd, max_size=2),
    }
)
opened = st.fixed_dictionaries(
    {
        "textDocument": st.fixed_dictionaries(
            {"uri": st.sampled_from(URIS[:2]), "languageId": st.just("python"), "version": numbers, "text": words}
        )
    }
)
changed = st.fixed_dictionaries(
    {
        "textDocument": st.fixed_dictionaries({"uri": st.sampled_from(URIS), "version": numbers}),
        "contentChanges": st.lists(
            st.fixed_dictionaries({"text": words}, optional={"range": ranges | st.none()}), max_size=3
        ),
    }
)


class Session(RuleBasedStateMachine):
    """One process from its start to its end."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 -- it is read when the process has ended
        self.asked: Counter[str] = Counter()
        self.process: Any = None
        self.editor: Any = None

    @initialize()
    def start(self) -> None:
        """Start the process; sometimes the client forgets to shake hands."""

        async def begin() -> None:
            self.process = await asyncio.create_subprocess_exec(
                *COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors
            )
            self.editor = RawEditor(self.process.stdout, self.process.stdin, wait=PATIENCE)
            await self.editor.initialize({"experimental": {"aurelis": True}})

        self.runner.run(begin())

    def say(self, data: bytes) -> None:
        """Send bytes and read what has come."""

        async def go() -> None:
            self.editor.send_raw(data)
            await self.editor.writer.drain()

        self.runner.run(go())

    def send(self, message: Any) -> None:
        """Send a message."""
        self.say(frame(json.dumps(message).encode()))

    @rule(method=st.sampled_from(METHODS), params=shaped | commands | odd)
    def request(self, method: str, params: Any) -> None:
        """Ask something."""
        identifier = f"r{len(self.asked)}"
        self.asked[identifier] += 1
        self.send({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def request_again(self, data: st.DataObject) -> None:
        """Use an id a second time."""
        identifier = data.draw(st.sampled_from(sorted(self.asked)))
        self.asked[identifier] += 1
        self.send({"jsonrpc": "2.0", "id": identifier, "method": "textDocument/hover", "params": {}})

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Cancel something, answered or not."""
        identifier = data.draw(st.sampled_from(sorted(self.asked)))
        self.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": identifier}})

    @rule(method=st.sampled_from(NOTIFICATIONS), params=opened | changed | shaped | odd)
    def notify(self, method: str, params: Any) -> None:
        """Tell something."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    @rule(params=opened)
    def open(self, params: Any) -> None:
        """Open a document."""
        self.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": params})

    @rule(params=changed)
    def change(self, params: Any) -> None:
        """Change a document, inside it or not."""
        self.send({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params})

    @rule(message=odd)
    def malformed(self, message: Any) -> None:
        """Send JSON that is no message."""
        self.send(message)

    @rule(message=st.dictionaries(st.sampled_from(["id", "method", "params", "result", "error"]), odd))
    def half_formed(self, message: Any) -> None:
        """Send something that is nearly a message; what it may ask has no id of ours."""
        self.send({"jsonrpc": "2.0", **message, "method": None})

    @rule(body=st.binary(max_size=60))
    def no_json(self, body: bytes) -> None:
        """Send a body that is no JSON."""
        self.say(frame(b"\xff" + body))

    @rule(claimed=st.integers(0, 10**14), body=st.binary(max_size=30))
    def wrong_length(self, claimed: int, body: bytes) -> None:
        """Claim another length than there is."""
        self.say(b"Content-Length: %d\r\n\r\n" % claimed + body.replace(b"\n", b""))

    @rule()
    def still_there(self) -> None:
        """Whatever was said, the next question is answered."""
        self.runner.run(self.editor.settle())
        assert self.process.returncode is None

    def teardown(self) -> None:
        """Everything asked was answered, once for each time; the server leaves as it should."""
        try:
            if self.process is not None:
                self.runner.run(self.leave())
        finally:
            if self.process is not None and self.process.returncode is None:
                self.process.kill()
                self.runner.run(self.process.wait())
            self.runner.close()
            self.errors.close()

    async def leave(self) -> None:
        """Shut down and look back."""
        await self.editor.settle()
        answer = await self.editor.answer(self.editor.begin("shutdown"))
        assert answer["result"] is None
        self.editor.notify("exit")
        async with asyncio.timeout(PATIENCE):
            assert await self.process.wait() == 0
            await self.editor.reading
        self.editor.writer.close()
        answered = Counter(
            message["id"] for message in self.editor.received if "method" not in message and message["id"] in self.asked
        )
        assert answered == self.asked
        self.errors.seek(0)
        assert b"Traceback" not in self.errors.read()


Session.TestCase.settings = settings(
    max_examples=6,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
TestSession = Session.TestCase
