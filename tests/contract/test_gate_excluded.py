"""Excluded files at the gate: every feature is driven over them while the wire is watched."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contract.gate import SERVE, Desk, Upstream, desk, home_of

MARK = "kept_at_home"
TEXT = f"def {MARK}(first):\n    return {MARK}_too(first)\n"
CODE = "def add(first, second):\n    return first + second\n\n\ndef twice(value):\n    return \n"
ALL = {"start": {"line": 0, "character": 0}, "end": {"line": 2, "character": 0}}
TASKS = ("explain", "fix", "refactor", "optimize", "document", "generateTests", "generate", "review")
EXCLUDED = (".env", "server.pem", "ignored.py", "private/plan.py", "hidden_from_ai.py", "link.py", "deep/.env")


def fill(folder: Path) -> None:
    """A workspace with every kind of excluded file."""
    (folder / ".gitignore").write_text("ignored.py\n")
    (folder / ".aiexclude").write_text("hidden_from_ai.py\n")
    for name in (*EXCLUDED, "vault.key", "plain.py"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if name == "link.py":
            path.symlink_to("vault.key")
        elif name == "deep/.env":
            path.symlink_to("../plain.py")
        else:
            path.write_text(TEXT)
    (folder / "vault.key").write_text(TEXT)


def audit_lines(place: Path) -> list[str]:
    """The audit log of a home."""
    return [line for path in place.glob("home/**/*.jsonl") for line in path.read_text().splitlines()]


async def drive(place: Desk, uri: str) -> list[str]:
    """Use everything on a document that must stay; the kinds of the refusals."""
    document = {"uri": uri}
    assert await place.ghost(uri, 1, 4) == []
    assert await place.ghost(uri, 1, 4, invoked=False) == []
    assert await place.hover(uri, 0, 6) is None
    diagnostic = {"range": ALL, "message": f"{MARK} is wrong"}
    where = {"textDocument": document, "range": ALL, "context": {"diagnostics": [diagnostic], "triggerKind": 1}}
    kinds: list[str] = []
    for action in await place.editor.request("textDocument/codeAction", where) or []:
        if "disabled" not in action:
            kinds.append((await place.editor.failure("codeAction/resolve", action))["data"]["kind"])
    asked = {"textDocument": document, "range": ALL, "position": {"line": 1, "character": 0}}
    for name in TASKS:
        kinds.append((await place.refused(name, **asked))["data"]["kind"])
    kinds.append((await place.refused("ask", question="What is it?", **asked))["data"]["kind"])
    kinds.append((await place.refused("ask", question="What is it?", context=[uri]))["data"]["kind"])
    kinds.append((await place.refused("commitMessage", context=[uri]))["data"]["kind"])
    batch = await place.command("batch", task="explain", items=[{"textDocument": document}])
    kinds += [result["error"]["kind"] for result in batch["results"]]
    return kinds


@pytest.mark.parametrize("opened", [True, False], ids=["open", "closed"])
async def test_no_feature_lets_an_excluded_file_out(tmp_path: Path, opened: bool) -> None:
    """Commands say `excluded`, automatic features are empty, nothing is sent, and the audit log has each file once."""
    (tmp_path / "work").mkdir()
    fill(tmp_path / "work")
    async with Upstream() as upstream:
        settings = upstream.settings(
            privacy={"exclude": ["private/**"], "audit": {"enabled": True}},
            hover={"mode": "automatic"},
            review={"onSave": True},
        )
        async with desk(tmp_path, settings) as place:
            for name in EXCLUDED:
                uri = (place.folder / name).as_uri()
                if opened:
                    place.editor.open(uri, TEXT, "python")
                kinds = await drive(place, uri)
                assert set(kinds) == {"excluded"}, name
                place.editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
            await place.editor.settle()
            shown = await place.command("showRequest")
        assert shown["requests"] == []
        assert [request.target for request in upstream.asked] == []
        assert MARK not in upstream.wire
    lines = await asyncio.to_thread(audit_lines, tmp_path)
    noted = sorted(entry["detail"] for entry in map(json.loads, lines) if entry["event"] == "excluded_file")
    # Links are noted by the files that they lead to.
    assert noted == sorted({*EXCLUDED, "vault.key", "plain.py"} - {"link.py", "deep/.env"})


async def test_excluded_neighbours_stay_while_an_allowed_file_goes(tmp_path: Path) -> None:
    """Open neighbours, related places, project files and staged files that are excluded have no word on the wire."""
    (tmp_path / "work").mkdir()
    fill(tmp_path / "work")
    (tmp_path / "work" / "AGENTS.md").symlink_to("vault.key")
    git(tmp_path / "work", "init", "-q")
    async with Upstream() as upstream:
        settings = upstream.settings(
            privacy={"exclude": ["private/**"]},
            hover={"mode": "automatic"},
            instructions={"files": ["AGENTS.md", ".env"]},
        )
        async with desk(tmp_path, settings) as place:
            for name in EXCLUDED:
                place.editor.open((place.folder / name).as_uri(), TEXT, "python")
            uri = place.open("plain_use.py", f"import plain\n{CODE}")
            secret = (place.folder / ".env").as_uri()
            related = {"location": {"uri": secret, "range": ALL}, "message": "see there"}
            diagnostic = {"range": ALL, "message": "wrong", "relatedInformation": [related]}
            seen = {"diagnostics": [diagnostic], "triggerKind": 1}
            where = {"textDocument": {"uri": uri}, "range": ALL, "context": seen}
            await place.editor.request("textDocument/codeAction", where)
            asked: dict[str, Any] = {"textDocument": {"uri": uri}, "range": ALL}
            await place.ghost(uri, 6, 11)
            await place.hover(uri, 1, 5)
            for name in (*TASKS, "ask"):
                params = {"command": f"aurelis.{name}", "arguments": [{**asked, "question": "Why?"}]}
                await place.editor.answer(place.editor.begin("workspace/executeCommand", params))
            git(place.folder, "add", "-f", *EXCLUDED, "plain_use.py")
            await place.command("commitMessage")
            git(place.folder, "rm", "-q", "--cached", "plain_use.py")
            assert (await place.refused("commitMessage"))["data"]["kind"] == "excluded"
        assert len(upstream.asked) >= 10
        assert MARK not in upstream.wire
        assert "+def add(first, second)" in upstream.asked[-1].words


@pytest.mark.parametrize(
    "words",
    [
        ("document", "ignored.py", "--write"),
        ("review", "link.py"),
        ("explain", "deep/.env:1-2"),
    ],
    ids=lambda words: words[0],
)
async def test_the_terminal_keeps_excluded_files_too(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A command on an excluded file exits 1 with a sentence, and sends nothing."""
    fill(tmp_path)
    async with Upstream() as upstream:
        code, _, said = await terminal(tmp_path, upstream, *words)
        assert code == 1, said
        assert b"stays here" in said
        assert upstream.asked == []


async def terminal(folder: Path, upstream: Upstream, *words: str) -> tuple[int | None, bytes, bytes]:
    """Run `aurelis` in a folder: exit code, output, errors."""
    config = folder.parent / "settings.toml"
    await asyncio.to_thread(
        config.write_text,
        f'models.code = "custom/m"\nprivacy.exclude = ["private/**"]\n'
        f'[providers.custom]\nbaseUrl = "{upstream.url}/v1"\n'
        'models = ["m"]\n',
    )
    process = await asyncio.create_subprocess_exec(
        *SERVE[:-1],
        *words,
        cwd=folder,
        env={**os.environ, **home_of(folder.parent), "AURELIS_CONFIG": str(config)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, said = await process.communicate()
    return process.returncode, output, said


def git(folder: Path, *words: str) -> None:
    """Run git without anybody's settings."""
    names = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(
        ["git", "-C", str(folder), *words],  # noqa: S607 - the git that the machine has
        check=True,
        env={**os.environ, **names},
    )
