"""Settings as they reach a real `aurelis serve` process: from files, the environment and the editor."""

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

from aurelis.sandbox.server import run_sandbox
from lsp.raw_editor import FULL_CAPABILITIES, RawEditor

PULLING: Mapping[str, Any] = {
    **FULL_CAPABILITIES,
    "workspace": {**FULL_CAPABILITIES["workspace"], "configuration": True},
}
SOURCE = "def add(first, second):\n    return first + second\n"


class Editor:
    """A server process, what it is told when it asks for settings, and what it wrote to standard error in the end."""

    def __init__(self, raw: RawEditor, uri: str) -> None:
        self.raw = raw
        self.uri = uri
        self.settings: dict[str, Any] = {}
        self.log = ""

    async def change(self, **settings: Any) -> None:
        """Change the settings while the server runs; it has asked for them when this returns."""
        self.settings = settings
        asked = len(self.raw.all("workspace/configuration"))
        self.raw.notify("workspace/didChangeConfiguration", {"settings": None})
        await self.raw.wait_for(lambda _: len(self.raw.all("workspace/configuration")) > asked)

    async def explain(self) -> dict[str, Any]:
        """The whole answer to a request for an explanation."""
        command = {"command": "aurelis.explain", "arguments": [{"textDocument": {"uri": self.uri}}]}
        return await self.raw.answer(self.raw.begin("workspace/executeCommand", command))

    async def status(self, *words: str) -> dict[str, Any]:
        """The first status that holds these words."""
        status: dict[str, Any] = await self.raw.message("aurelis/status", lambda it: all(w in str(it) for w in words))
        return status


@asynccontextmanager
async def serving(folder: Path, settings: Mapping[str, Any], variables: Mapping[str, str]) -> AsyncIterator[Editor]:
    """A server that a pulling editor has started in a workspace with one file."""
    file = folder / "workspace" / "sums.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(SOURCE, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "aurelis", "serve"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), **variables},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    raw = RawEditor(process.stdout, process.stdin)
    editor = Editor(raw, file.as_uri())
    editor.settings = dict(settings)
    raw.answers["workspace/configuration"] = lambda _: [editor.settings]
    await raw.initialize(dict(PULLING), rootUri=file.parent.as_uri())
    try:
        yield editor
    finally:
        await raw.request("shutdown")
        raw.notify("exit")
        editor.log = (await process.stderr.read()).decode()
        assert await asyncio.wait_for(process.wait(), 30) == 0
        await raw.reading
        raw.writer.close()


async def test_later_layers_win(tmp_path: Path) -> None:
    """User file, workspace file, environment, editor: each is in force until a later one says otherwise."""
    async with run_sandbox() as sandbox:
        user = tmp_path / "settings.toml"
        user.write_text(
            f'models.fast = "custom/of-the-file"\nproviders.custom.baseUrl = {json.dumps(sandbox.base_url)}\n'
            'providers.custom.models = ["default"]\nhover.mode = "sometimes"\n'
        )

        async def asked_for(editor: Editor) -> str:
            await editor.explain()
            models = [
                request.json["model"] for request in sandbox.requests if request.path.endswith("/chat/completions")
            ]
            return str(models[-1])

        of_file = {"AURELIS_CONFIG": str(user)}
        async with serving(tmp_path, {}, of_file) as editor:
            shown = await editor.raw.message("window/showMessage")
            assert "hover.mode" in shown["message"]
            assert '"onDemand" is used instead' in shown["message"]
            assert await asked_for(editor) == "of-the-file"
        async with serving(tmp_path, {}, {**of_file, "AURELIS_MODEL": "custom/of-the-environment"}) as editor:
            assert await asked_for(editor) == "of-the-environment"
            await editor.change(models={"fast": "custom/of-the-editor"})
            assert await asked_for(editor) == "of-the-editor"
            await editor.change()
            assert await asked_for(editor) == "of-the-environment"


@pytest.mark.parametrize(
    ("settings", "variables", "words"),
    [
        ({"provider": "nobody"}, {}, "The provider 'nobody' is not configured"),
        ({}, {"AURELIS_PROVIDER": "nobody"}, "The provider 'nobody' is not configured"),
        ({"providers": {"custom": {"baseUrl": "http://192.0.2.1/v1"}}}, {}, "plain http to another machine is refused"),
        (
            {"providers": {"custom": {"baseUrl": "nonsense"}}},
            {},
            "providers.custom.baseUrl is wrong. Expected an address such as https://host/v1",
        ),
        ({"providers": {"custom": {"profile": "nothing"}}}, {}, "profile"),
    ],
)
async def test_a_provider_that_cannot_be_used_is_an_error_in_the_status(
    tmp_path: Path, settings: dict[str, Any], variables: dict[str, str], words: str
) -> None:
    """The status says in words what keeps the preferred provider from being used, before anybody asks it."""
    async with serving(tmp_path, settings, variables) as editor:
        status = await editor.status("error", words)
        assert status["health"] == "error"
        assert (await editor.explain())["error"]["data"]["kind"] == "configuration"
        if not variables:
            await editor.change(provider="sandbox")  # Not none: this machine may run a model server of its own.
            await editor.status("ok", "sandbox")


async def test_the_status_names_the_model(tmp_path: Path) -> None:
    """The status names the model that was asked last, or the one that the settings name, as soon as they do."""
    async with run_sandbox() as sandbox:
        providers = {"custom": {"baseUrl": sandbox.base_url}}
        async with serving(tmp_path, {"providers": providers}, {}) as editor:
            assert (await editor.explain())["result"]["model"] == "custom/default"
            assert (await editor.status("custom/default"))["health"] == "ok"
            await editor.change(providers=providers, models={"code": "custom/another"})
            assert (await editor.status("custom/another"))["health"] == "ok"


async def test_the_log_level_applies_at_once(tmp_path: Path) -> None:
    """Nothing is logged of a request by default; after the level was changed, one line for each, and no source."""
    async with serving(tmp_path, {"provider": "sandbox"}, {}) as editor:
        assert "result" in await editor.explain()
        await editor.change(provider="sandbox", log={"level": "debug"})
        assert "result" in await editor.explain()
    lines = editor.log.splitlines()
    assert len([line for line in lines if " DEBUG aurelis.orchestrator: explanation " in line]) == 1
    assert "first + second" not in editor.log


async def test_the_environment_sets_the_log_level(tmp_path: Path) -> None:
    """`AURELIS_LOG` is `log.level`; a wrong one is told and changes nothing."""
    async with serving(tmp_path, {"provider": "sandbox"}, {"AURELIS_LOG": "debug"}) as editor:
        await editor.explain()
    assert " DEBUG aurelis" in editor.log
    async with serving(tmp_path, {"provider": "sandbox"}, {"AURELIS_LOG": "loud"}) as editor:
        shown = await editor.raw.message("window/showMessage")
        assert 'Expected "error", "warning", "info" or "debug"' in shown["message"]
        assert '"warning" is used instead' in shown["message"]
        await editor.explain()
    assert editor.log == ""


async def test_a_home_that_cannot_be_used_stops_nothing(tmp_path: Path) -> None:
    """With a file where every folder should be, requests are answered; the log says what is done without."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    names = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    async with serving(tmp_path, {"provider": "sandbox"}, {name: str(blocked / "x") for name in names}) as editor:
        assert "result" in await editor.explain()
    assert editor.log.count("cannot be used") == 1


async def test_a_changed_file_is_in_force_without_a_restart(tmp_path: Path) -> None:
    """The next command goes by the file as it was saved; one that is broken is told and changes nothing."""
    async with run_sandbox() as sandbox:
        user = tmp_path / "settings.toml"
        beginning = (
            f'providers.custom.baseUrl = {json.dumps(sandbox.base_url)}\nproviders.custom.models = ["default"]\n'
        )
        user.write_text(f'{beginning}models.fast = "custom/one"\n')
        async with serving(tmp_path, {}, {"AURELIS_CONFIG": str(user)}) as editor:

            async def asked_for() -> str:
                await editor.explain()
                asked = [one.json["model"] for one in sandbox.requests if one.path.endswith("/chat/completions")]
                return str(asked[-1])

            assert await asked_for() == "one"
            user.write_text(f'{beginning}models.fast = "custom/two"\n')
            assert await asked_for() == "two"
            user.write_text("models = [")
            assert await asked_for() == "two"
            shown = await editor.raw.message("window/showMessage")
            assert "it holds as it was before" in shown["message"]
            user.unlink()
            workspace = tmp_path / "workspace" / ".aurelis.toml"
            workspace.write_text('hover.mode = "sometimes"\n')
            shown = await editor.raw.message("window/showMessage", lambda it: "hover.mode" in it["message"])
            assert "Expected" in shown["message"]
