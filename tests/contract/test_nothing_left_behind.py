"""What is planted as a token, a prompt or source text goes through every feature, and is searched for everywhere."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.gate import Desk, Upstream, desk, home_of
from fixtures.processes import free_port

TOKENS = ("plantedTokenOfTheEnvironment1", "plantedTokenOfTheEditor2")
SECRET = "ghp_" + "q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo"
SOURCE = f"""def planted_name(first, second):
    key = "{SECRET}"
    return first + second


def planted_other(first):
    return first
"""
PLANTED = (*TOKENS, SECRET, "planted_name", "planted_other", "planted words")
ANSWER = "planted answer"
RANGE = {"start": {"line": 5, "character": 0}, "end": {"line": 7, "character": 0}}
DOCUMENTED = '```python\ndef planted_other(first):\n    """Return it."""\n    return first\n```'
GENERATED = "```python\ndef fresh(first):\n    return first\n```"
DIAGNOSTIC = {"range": RANGE, "message": "wrong", "severity": 1, "source": "lint"}


async def use_everything(place: Desk, upstream: Upstream) -> None:
    """Each feature once, well and badly."""
    editor = place.editor
    uri = place.open("a.py", SOURCE)
    at = {"textDocument": {"uri": uri}, "range": RANGE}
    actions = {**at, "context": {"diagnostics": [DIAGNOSTIC], "triggerKind": 1}}
    upstream.says = ANSWER
    for name in ("explain", "review", "ask", "commitMessage"):
        await place.command(name, **at, question="planted words", instruction="planted words", context=[uri])
    upstream.says = DOCUMENTED
    for name in ("fix", "refactor", "optimize", "document"):
        await place.command(name, **at, instruction="planted words")
    for action in await editor.request("textDocument/codeAction", actions):
        if "command" not in action and "disabled" not in action and action["data"]["verb"] != "test":
            await editor.request("codeAction/resolve", action)
    await place.command("batch", task="document", items=[at])
    upstream.says = GENERATED
    await place.command("generate", textDocument={"uri": uri}, position=RANGE["end"], instruction="planted words")
    upstream.says = "        return planted_name(first, first)"
    for item in await place.ghost(uri, 6, 4):
        await editor.request("workspace/executeCommand", item["command"])
    upstream.says = ANSWER
    await place.hover(uri, 5, 6)
    await editor.request("aurelis/auth/setToken", {"provider": "custom", "token": TOKENS[1]})
    for name in ("models", "health", "stats", "auth.status", "cache.clear", "showRequest"):
        await place.command(name)
    for status in (500, 429, 401):
        upstream.status = status
        await place.refused("ask", question=f"planted words {status}")
    upstream.status = 200


def left_by(process: asyncio.subprocess.Process) -> Iterator[tuple[str, bytes]]:
    """What other users of the machine can see of a process."""
    for name in ("cmdline", "comm", "status"):
        yield f"/proc/{name}", Path(f"/proc/{process.pid}/{name}").read_bytes()


def page(port: int) -> bytes:
    """The metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        body: bytes = answer.read()
        return body


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_no_feature_leaves_what_was_planted(tmp_path: Path) -> None:
    """With each log at debug, nothing planted is in a log, argument, metric or file; answers are in the cache alone."""
    port, temporary = free_port(), tmp_path / "temporary"
    temporary.mkdir()
    env = {"A_KEY": TOKENS[0], "AURELIS_LOG": "debug", "TMPDIR": str(temporary)}
    async with Upstream() as upstream:
        settings: dict[str, Any] = upstream.settings(
            {"apiKeyEnv": "A_KEY"},
            log={"level": "debug"},
            hover={"mode": "automatic"},
            retry={kind: {"attempts": 1} for kind in ("server", "rateLimit")},
            metrics={"prometheusPort": port},
        )
        async with desk(tmp_path, settings, env=env) as place:
            await use_everything(place, upstream)
            found = [*left_by(place.process), ("metrics", await asyncio.to_thread(page, port))]
        assert all(word in upstream.wire for word in ("planted words", "planted_other"))
        assert SECRET not in upstream.wire
        config = tmp_path / "config.toml"
        config.write_text(f'[providers.custom]\nbaseUrl = "{upstream.url}/v1"\napiKeyEnv = "A_KEY"\nmodels = ["m"]\n')
        asked = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-P", "-m", "aurelis", "explain", "a.py:1", "--json"],
            env={**os.environ, **home_of(tmp_path), **env, "AURELIS_CONFIG": str(config)},
            cwd=tmp_path / "work",
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert json.loads(asked.stdout)["model"] == "custom/m"
    own = tmp_path / "work" / "a.py"
    files = await asyncio.to_thread(lambda: [path for path in tmp_path.rglob("*") if path.is_file() and path != own])
    found += [(str(path), path.read_bytes()) for path in files]
    found += [("standard error of the terminal", asked.stderr)]
    assert any(b"DEBUG" in content for _, content in found)
    assert [(name, word) for name, content in found for word in PLANTED if word.encode() in content] == []
    assert {Path(name).name for name, content in found if ANSWER.encode() in content} <= {"cache.db", "cache.db-wal"}
