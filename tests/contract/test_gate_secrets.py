"""Secrets at the gate: whatever a request is made of, a provider gets placeholders, and only edits get secrets back."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from contract.gate import Request, Upstream, desk

CODE = "def add(first, second):\n    return first + second\n"
ALL = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}


def secret(place: str) -> str:
    """A token of its own for each place where one is planted."""
    return "ghp_" + hashlib.sha256(place.encode()).hexdigest()[:36]


async def test_no_text_of_any_feature_carries_a_secret_out(tmp_path: Path) -> None:
    """System prompts, instructions, neighbours, context, diagnostics, questions, metadata and names are redacted."""
    places = ("system", "agents", "neighbour", "context", "message", "related", "question", "instruction", "metadata")
    places += ("key", "name", "prefix", "suffix", "selected")
    system = {"explanation": {"systemPrompt": f"Answer with the key {secret('system')} in mind."}}
    async with Upstream() as upstream:
        settings = upstream.settings(
            tasks={**system, "completion": {"systemPrompt": f"Complete for {secret('system')}."}},
            privacy={"audit": {"enabled": True, "content": True}},
            log={"level": "debug"},
            hover={"mode": "automatic"},
        )
        async with desk(tmp_path, settings) as place:
            (place.folder / "AGENTS.md").write_text(f"Deploy with {secret('agents')}.\n")
            (place.folder / "context.py").write_text(f'KEY = "{secret("context")}"\n')
            place.open("near.py", f'def add_all():\n    return use("{secret("neighbour")}")\n')
            text = f'import near\nOLD = "{secret("prefix")}"\n{CODE}\n\nNEW = "{secret("suffix")}"\n'
            uri = place.open(f"deploy_{secret('name')}.py", text)
            document = {"uri": uri}
            diagnostic = {
                "range": {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 3}},
                "message": f"unknown key {secret('message')}",
                "relatedInformation": [{"location": {"uri": uri, "range": ALL}, "message": f"see {secret('related')}"}],
            }
            where = {"textDocument": document, "range": ALL, "context": {"diagnostics": [diagnostic], "triggerKind": 1}}
            actions = await place.editor.request("textDocument/codeAction", where)
            fixing = next(action for action in actions if action["kind"] == "quickfix")
            await place.editor.answer(place.editor.begin("codeAction/resolve", fixing))
            asked: dict[str, Any] = {
                "textDocument": document,
                "range": ALL,
                "metadata": {"note": secret("metadata"), secret("key"): "yes"},
                "context": [(place.folder / "context.py").as_uri()],
            }
            await place.command("explain", **asked)
            await place.command("ask", question=f"Is {secret('question')} right?", **asked)
            instruction = f"Use {secret('instruction')}."
            for name in ("fix", "refactor", "optimize", "document", "generate", "generateTests"):
                params = {"command": f"aurelis.{name}", "arguments": [{**asked, "instruction": instruction}]}
                await place.editor.answer(place.editor.begin("workspace/executeCommand", params))
            await place.command("review", **asked)
            await place.hover(uri, 2, 5)
            await place.ghost(uri, 3, 11)
            shown = await place.command("showRequest")
            # The editor gets its own diagnostics back with the actions: those are no words of ours.
            own = [message for message in place.editor.received if "relatedInformation" in str(message.get("result"))]
            for message in own:
                place.editor.received.remove(message)
            wire, told = upstream.wire, place.told()

        assert len(upstream.asked) >= 11
        assert len(shown["requests"]) == len(upstream.asked)
        planted = [where for where in places if secret(where) in wire]
        assert planted == []
        # Every place really was part of a request: its placeholder's surroundings are on the wire.
        for around in ("Answer with the key", "Complete for", "Deploy with", "def add_all", "unknown key", "see "):
            assert around in wire, around
        for around in (
            "KEY = ",
            "Is AURELIS_SECRET",
            "Use AURELIS_SECRET",
            "deploy_AURELIS_SECRET",
            "OLD = ",
            "NEW = ",
        ):
            assert around in wire, around
        uri_words = secret("name")
        assert [where for where in places if secret(where) in told.replace(uri_words, "")] == []


def edited(request: Request, change: tuple[str, str]) -> str:
    """The code of a request, changed as an obedient model does."""
    block = re.findall(r"```\w*\n(.*?)```", request.json["messages"][-1]["content"], re.DOTALL)[-1]
    return f"```python\n{block.replace(*change)}```\n"


@pytest.mark.parametrize("command", ["document", "refactor", "fix"])
async def test_an_edit_holds_the_secret_as_often_as_before(tmp_path: Path, command: str) -> None:
    """The applied edit keeps the real secret in its place; no delta, answer, document, log or cache ever holds it."""
    token = secret("held")
    text = f'def connect():\n    key = "{token}"\n    return open_door(key)\n'
    change = ("def connect():", 'def connect():\n    """Open the door."""')
    applied: list[Any] = []
    async with Upstream(lambda request: edited(request, change)) as upstream:
        settings = upstream.settings(privacy={"audit": {"enabled": True, "content": True}}, log={"level": "debug"})
        answers = {"workspace/applyEdit": lambda params: applied.append(params) or {"applied": True}}
        async with desk(tmp_path, settings, answers=answers) as place:
            uri = place.open("door.py", text)
            whole = {"start": {"line": 0, "character": 0}, "end": {"line": 3, "character": 0}}
            result = await place.command(command, textDocument={"uri": uri}, range=whole, apply=True)
            explained = await place.command("explain", textDocument={"uri": uri}, range=whole)
            await place.command("showRequest")
            await place.editor.request(
                "workspace/textDocumentContent", {"uri": f"aurelis:/answer/{explained['requestId']}.md"}
            )
            for message in [*place.editor.received]:
                if message.get("method") == "workspace/applyEdit" or message.get("result") == result:
                    place.editor.received.remove(message)
            told = place.told()

    assert result["applied"] is True
    assert result["redactions"] == 1
    (edit,) = [change for part in applied[0]["edit"]["documentChanges"] for change in part["edits"]]
    lines = text.splitlines(keepends=True)
    start, end = edit["range"]["start"], edit["range"]["end"]
    offset = [sum(map(len, lines[: at["line"]])) + at["character"] for at in (start, end)]
    after = text[: offset[0]] + edit["newText"] + text[offset[1] :]
    assert after.count(token) == 1
    assert '"""Open the door."""' in after
    assert "AURELIS_SECRET" not in after
    assert token not in upstream.wire
    assert token not in result["text"]
    assert token not in told


async def test_blocking_refuses_and_off_sends_and_own_patterns_count(tmp_path: Path) -> None:
    """`block` answers `secrets` and sends nothing, `off` sends everything, patterns of the user's are secrets too."""
    token = secret("mode")
    async with Upstream() as upstream:
        settings = upstream.settings(privacy={"secrets": "block"})
        async with desk(tmp_path, settings) as place:
            uri = place.open("a.py", f'{CODE}KEY = "{token}"\nNUMBER = "EMP-12345"\n')
            where = {"textDocument": {"uri": uri}}
            error = await place.refused("explain", **where)
            assert error["data"]["kind"] == "secrets"
            assert await place.ghost(uri, 1, 11) == []
            assert [sent for sent in upstream.requests if sent.method == "POST"] == []

            place.configure(upstream.settings(privacy={"secrets": "off"}))
            await place.command("explain", **where)
            assert token in upstream.wire

            for patterns in (["EMP-[0-9]{5}"], {"employee": "EMP-(?P<secret>[0-9]{5})"}):
                upstream.requests.clear()
                place.configure(upstream.settings(privacy={"secrets": "redact", "patterns": patterns}))
                result = await place.command("ask", question=f"What is it, {len(patterns)}?", **where)
                assert result["redactions"] == 2
                assert "12345" not in upstream.wire
                assert token not in upstream.wire
