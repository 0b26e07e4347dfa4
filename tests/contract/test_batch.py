"""Batches in processes of their own, killed on the way, against an upstream that counts what it is asked."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract.gate import PATIENCE, Request, Upstream, desk, home_of

pytestmark = pytest.mark.timeout(400)
"""Several processes one after the other, each of which starts slowly on a busy machine."""

NAMES = [f"f{number:02}.py" for number in range(14)]
SECRET = "ghp_" + "x9K2mQ7vR4tY8uW3eZ6aB1cD5fG0hJ2kL9nP"


def documented(request: Request) -> str:
    """The code of the prompt with a docstring for each function that has none."""
    prompt = request.json["messages"][-1]["content"]
    code = prompt.rpartition("```python\n")[2].partition("\n```")[0]
    lines = code.split("\n")
    body = [[line, '    """Do it."""'] if line.startswith("def ") else [line] for line in lines]
    return "```python\n" + "\n".join(line for part in body for line in part) + "\n```\n"


def asked_about(request: Request) -> str:
    """The file that a prompt is about."""
    line = next(line for line in request.json["messages"][-1]["content"].split("\n") if line.startswith("File: "))
    return str(line.removeprefix("File: "))


class Terminal:
    """The program in a folder with files, told of one upstream."""

    def __init__(self, place: Path, upstream: Upstream) -> None:
        self.folder = place / "work"
        self.place = place
        self.folder.mkdir()
        for number, name in enumerate(NAMES):
            (self.folder / name).write_text(f'def f{number}():\n    return "{SECRET}{number}"\n', "utf-8")
        settings = (
            f'provider = "custom"\ncache.disk.enabled = false\nproviders.custom = {{ baseUrl = "{upstream.url}/v1", '
            'models = ["m"] }\nmodels = { code = "custom/m", fast = "custom/m", documentation = "custom/m" }\n'
        )
        (place / "config.toml").write_text(settings, "utf-8")

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start a command."""
        pipe = subprocess.PIPE
        environment = {**os.environ, **home_of(self.place), "AURELIS_CONFIG": str(self.place / "config.toml")}
        command = (sys.executable, "-P", "-m", "aurelis", "batch", *arguments)
        return await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=environment, stdout=pipe, stderr=pipe, limit=2**22
        )

    async def run(self, *arguments: str) -> tuple[int | None, Any]:
        """Run a command with `--json`: its exit code and what it printed."""
        process = await self.start(*arguments, "--json")
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert output, errors
        return process.returncode, json.loads(output)

    def text(self, name: str) -> str:
        """A file as it is now."""
        return (self.folder / name).read_text("utf-8")


async def test_a_killed_batch_goes_on_where_it_stood(tmp_path: Path) -> None:
    """After SIGKILL, `--resume` asks for what had no answer, writes each file once, and gives all results in order."""
    async with Upstream(documented) as upstream:
        terminal = Terminal(tmp_path, upstream)
        upstream.holds = lambda request: asked_about(request) in NAMES[11:]
        process = await terminal.start("document", *NAMES, "--write")
        async with asyncio.timeout(PATIENCE):
            while not all("Do it" in terminal.text(name) for name in NAMES[:11]):  # noqa: ASYNC110 - a file has no event
                await asyncio.sleep(0.02)
        process.kill()
        await process.wait()
        first = len(upstream.asked)
        upstream.holds = lambda _: False
        upstream.released.set()

        code, results = await terminal.run("document", *NAMES, "--write", "--resume")

        assert (code, [result["target"] for result in results]) == (0, NAMES)
        assert all(result["applied"] for result in results)
        asked = [asked_about(request) for request in upstream.asked]
        assert sorted(asked[first:]) == NAMES[11:]
        for number, name in enumerate(NAMES):
            wanted = f'def f{number}():\n    """Do it."""\n    return "{SECRET}{number}"\n'
            assert terminal.text(name) == wanted
        assert SECRET not in upstream.wire
        kept = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
        assert SECRET.encode() not in kept


async def test_answers_of_a_batch_can_be_applied_afterwards(tmp_path: Path) -> None:
    """A batch without `--write` asks; the same one with `--resume --write` applies, and asks nobody."""
    async with Upstream(documented) as upstream:
        terminal = Terminal(tmp_path, upstream)
        code, results = await terminal.run("document", *NAMES[:3])
        assert (code, [result["applied"] for result in results]) == (0, [False] * 3)
        code, results = await terminal.run("document", *NAMES[:3], "--write", "--resume")
        assert (code, [result["applied"] for result in results], len(upstream.asked)) == (0, [True] * 3, 3)
        assert all("Do it" in terminal.text(name) for name in NAMES[:3])


async def test_several_places_in_one_file_are_written_together(tmp_path: Path) -> None:
    """Each definition that was named gets its documentation although the first change moves the others."""
    async with Upstream(documented) as upstream:
        terminal = Terminal(tmp_path, upstream)
        (terminal.folder / "many.py").write_text("def a():\n    return 1\n\n\ndef b():\n    return 2\n", "utf-8")
        code, results = await terminal.run("document", "many.py:1", "many.py:5", "many.py:1", "--write")
        assert code == 0
        assert [result["applied"] for result in results] == [True] * 3
        assert terminal.text("many.py").count("Do it") == 2
        assert len(upstream.asked) == 2

        code, results = await terminal.run("document", "many.py:1", "many.py:5", "many.py:1", "--write", "--resume")
        assert (code, terminal.text("many.py").count("Do it"), len(upstream.asked)) == (0, 2, 2)


async def test_parts_that_change_the_same_lines_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """What the first writes stays, the other fails in words with exit code 1; who wants just the same is served."""
    words = iter("ABC")
    async with Upstream() as upstream:
        terminal = Terminal(tmp_path, upstream)
        upstream.says = lambda request: documented(request).replace("Do it", next(words))
        (terminal.folder / "two.py").write_text("def a():\n    return 1\n\n\ndef b():\n    return 2\n", "utf-8")
        code, results = await terminal.run("document", "two.py", "two.py:1", "--write")
        assert code == 1
        failed = next(result["error"] for result in results if "error" in result)
        assert "same lines" in failed["message"]
        assert terminal.text("two.py").count('"""') in {2, 4}

        upstream.says = documented
        code, results = await terminal.run("document", "f01.py", "f01.py:1-2", "--write")
        assert (code, [result["applied"] for result in results]) == (0, [True, True])
        assert terminal.text("f01.py").count("Do it") == 1


async def test_an_interrupted_batch_says_how_to_go_on(tmp_path: Path) -> None:
    """Ctrl-C ends the calls under way, tells what was done, and exits with 130."""
    async with Upstream(documented) as upstream:
        terminal = Terminal(tmp_path, upstream)
        upstream.holds = lambda _: True
        process = await terminal.start("explain", *NAMES[:4])
        await upstream.until_asked(4)
        process.send_signal(2)
        _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
        upstream.released.set()
        assert process.returncode == 130
        assert b"0 of 4 were done; the same command with --resume goes on from there." in errors


@pytest.mark.parametrize("apply", [False, True])
async def test_a_batch_of_the_editor_answers_in_order_and_tells_how_it_goes(tmp_path: Path, *, apply: bool) -> None:
    """Results and errors stand where their items stood, and each item that ends is told as progress."""
    async with Upstream(documented) as upstream:
        applied: list[Any] = []

        def accept(params: Any) -> Any:
            applied.append(params)
            return {"applied": True}

        async with desk(tmp_path, upstream.settings(), answers={"workspace/applyEdit": accept}) as at:
            uris = [at.open(f"{name}.py", f"def {name}():\n    return 1\n") for name in ("c", "a", "b")]
            items = [{"textDocument": {"uri": uri}} for uri in (*uris, (at.folder / "none.py").as_uri())]
            token = {"workDoneToken": "batch"}
            params = {"command": "aurelis.batch", "arguments": [{"task": "document", "items": items, "apply": apply}]}
            found = await at.editor.request("workspace/executeCommand", {**params, **token})
            heads = [r["text"].split("\n")[1].rstrip(":") for r in found["results"][:3]]
            assert heads == ["def c()", "def a()", "def b()"]
            assert found["results"][3]["error"]["kind"] == "configuration"
            assert {"message", "kind", "requestId"} <= found["results"][3]["error"].keys()
            assert [r["applied"] for r in found["results"][:3]] == [apply] * 3
            assert len(applied) == (3 if apply else 0)
            reports = [p["value"] for p in at.editor.all("$/progress") if p["token"] == "batch"]
            assert [r["kind"] for r in reports][:1] + [r["kind"] for r in reports][-1:] == ["begin", "end"]
            assert "4 of 4" in [r.get("message") for r in reports]


async def test_cancelling_a_batch_of_the_editor_closes_its_calls(tmp_path: Path) -> None:
    """The request answers -32800, and nothing more is asked."""
    async with Upstream() as upstream:
        upstream.holds = lambda _: True
        async with desk(tmp_path, upstream.settings()) as at:
            uris = [at.open(f"f{number}.py", f"def f{number}():\n    return 1\n") for number in range(12)]
            items = [{"textDocument": {"uri": uri}} for uri in uris]
            params = {"command": "aurelis.batch", "arguments": [{"task": "explain", "items": items}]}
            request = at.editor.begin("workspace/executeCommand", params)
            await upstream.until_asked(5)
            at.editor.notify("$/cancelRequest", {"id": request})
            answer = await at.editor.answer(request)
            assert answer["error"]["code"] == -32800
            upstream.released.set()
            await at.command("health")
            assert len(upstream.asked) <= 10
