"""Settings, trust, status and the start: what the editor says and what it is told."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aurelis.config.settings import Problem
from aurelis.core.errors import ErrorKind, RequestError
from lsp.fake_services import FakeServices
from lsp.raw_editor import FULL_CAPABILITIES, connection

PULLING: dict[str, Any] = {
    **FULL_CAPABILITIES,
    "workspace": {
        **FULL_CAPABILITIES["workspace"],
        "configuration": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
    },
}


async def test_the_server_names_itself_and_starts_the_heavy_work_after_initialized() -> None:
    """`serverInfo.name` is aurelis; the application starts once the client said `initialized`."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        params = {"capabilities": {}, "processId": None, "rootUri": None}
        result = await editor.request("initialize", params)
        assert result["serverInfo"]["name"] == "aurelis"
        assert result["serverInfo"]["version"]
        assert not services.started.is_set()
        editor.notify("initialized", {})
        await asyncio.wait_for(services.started.wait(), 5)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-32", "utf-8"], "utf-32"),
        (["utf-16"], "utf-16"),
        (["latin-1"], "utf-16"),
        (None, "utf-16"),
    ],
)
async def test_the_position_encoding_is_negotiated(offered: list[str] | None, chosen: str) -> None:
    """The client's first choice that is known, else UTF-16; edits are counted in it."""
    general = {} if offered is None else {"general": {"positionEncodings": offered}}
    async with connection(FakeServices()) as (editor, server):
        result = await editor.initialize(general)
        assert result["capabilities"]["positionEncoding"] == chosen
        uri = "untitled:a"
        editor.open(uri, "\U0001f600x")
        width = {"utf-8": 4, "utf-16": 2, "utf-32": 1}[chosen]
        editor.edit(uri, 2, "y", (0, width, 0, width + 1))
        await editor.settle()
        snapshot = server.documents.snapshot(uri)
        assert snapshot is not None
        assert snapshot.text == "\U0001f600y"


async def test_initialization_options_are_the_settings_with_trust_beside_them() -> None:
    """The tree goes to the application unwrapped, `trusted` apart from it; without it the workspace is trusted."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        await editor.initialize(initializationOptions={"provider": "x", "trusted": False})
        first = services.configured[0]
        assert first["editor"] == {"provider": "x"}
        assert first["trusted"] is False
    services = FakeServices()
    async with connection(services) as (editor, _):
        await editor.initialize(initializationOptions=None)
        assert services.configured[0]["trusted"] is True


@pytest.mark.parametrize(
    ("options", "trusted", "said"),
    [
        (3, True, "initializationOptions: Expected a table"),
        ("x", True, "initializationOptions: Expected a table"),
        ([1], True, "initializationOptions: Expected a table"),
        ({"trusted": "yes"}, False, "trusted: Expected true or false"),
        ({"trusted": 1}, False, "trusted: Expected true or false"),
        ({"trusted": None}, True, None),
        ({"hover": None}, True, None),
    ],
)
async def test_odd_initialization_options_stop_nothing(options: Any, trusted: bool, said: str | None) -> None:
    """Whatever stands there, the server starts and says what it did not take; an odd word of trust is none."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        assert (await editor.initialize(initializationOptions=options))["capabilities"]
        assert services.configured[0]["trusted"] is trusted
        if said is not None:
            assert said in (await editor.message("window/showMessage"))["message"]


async def test_pulled_settings_win_over_those_of_the_start() -> None:
    """What `workspace/configuration` answers is laid over the initialization options, and pulled again at a change."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        pulled: dict[str, Any] = {"hover": {"mode": "off"}}
        editor.answers["workspace/configuration"] = lambda _: [pulled]
        editor.answers["client/registerCapability"] = lambda _: None
        options = {"provider": "x", "hover": {"mode": "automatic"}}
        await editor.initialize(PULLING, initializationOptions=options)
        registration = await editor.message("client/registerCapability")
        assert registration["registrations"][0]["registerOptions"] == {"section": "aurelis"}
        await asyncio.wait_for(services.started.wait(), 5)
        assert services.configured[-1]["editor"] == {"provider": "x", "hover": {"mode": "off"}}
        pulled["provider"] = "y"
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        while len(services.configured) < 3:
            await editor.settle()
        assert services.configured[-1]["editor"] == {"provider": "y", "hover": {"mode": "off"}}


async def test_what_the_editor_answered_it_can_take_back() -> None:
    """A setting that was sent at the start and answered as well is gone once an answer is without it; others stay."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        custom = {"baseUrl": "http://127.0.0.1:9/v1", "models": ["m"]}
        pulled: dict[str, Any] = {"providers": {"custom": custom}, "hover": {"mode": "off"}}
        editor.answers["workspace/configuration"] = lambda _: [pulled]
        editor.answers["client/registerCapability"] = lambda _: None
        await editor.initialize(PULLING, initializationOptions={**pulled, "provider": "x"})
        await asyncio.wait_for(services.started.wait(), 5)
        assert services.configured[-1]["editor"] == {**pulled, "provider": "x"}
        pulled = {"providers": {"elsewhere": custom}}
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        while len(services.configured) < 3:
            await editor.settle()
        assert services.configured[-1]["editor"] == {"providers": {"elsewhere": custom}, "provider": "x"}


@pytest.mark.parametrize("answer", [None, [], [None], ["text"], {"not": "a list"}])
async def test_odd_answers_about_settings_stop_nothing(answer: Any) -> None:
    """A client that answers nonsense leaves the settings of the start in force."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        editor.answers["workspace/configuration"] = lambda _: answer
        editor.answers["client/registerCapability"] = lambda _: None
        await editor.initialize(PULLING, initializationOptions={"provider": "x"})
        await asyncio.wait_for(services.started.wait(), 5)
        given = [entry["editor"] for entry in services.configured if "editor" in entry]
        assert all(settings == {"provider": "x"} for settings in given)


async def test_clients_that_cannot_be_asked_send_settings_along() -> None:
    """`didChangeConfiguration` may carry the section itself."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.notify("workspace/didChangeConfiguration", {"settings": {"aurelis": {"provider": "z"}}})
        await editor.settle()
        assert services.configured[-1]["editor"] == {"provider": "z"}


async def test_problems_are_told_once_and_together() -> None:
    """Many wrong values make one message; the same ones again make none; a new one, or an old one anew, another."""
    services = FakeServices()
    services.problems = tuple(Problem(f"hover.x{number}", "It is wrong.") for number in range(8))
    async with connection(services) as (editor, _):
        await editor.initialize()
        shown = await editor.message("window/showMessage")
        assert "hover.x0" in shown["message"]
        assert "3 more" in shown["message"]
        editor.notify("workspace/didChangeConfiguration", {"settings": {"aurelis": {}}})
        services.problems = (*services.problems, Problem("provider", "It is unknown."))
        editor.notify("workspace/didChangeConfiguration", {"settings": {"aurelis": {}}})
        await editor.message("window/showMessage", lambda params: "provider" in params["message"])
        assert len(editor.all("window/showMessage")) == 2
        wrong, services.problems = services.problems[-1:], ()
        editor.notify("workspace/didChangeConfiguration", {"settings": {"aurelis": {}}})
        await editor.settle()
        services.problems = wrong
        editor.notify("workspace/didChangeConfiguration", {"settings": {"aurelis": {}}})
        await editor.settle()
        assert [shown["message"] for shown in editor.all("window/showMessage")[2:]] == [
            "Aurelis settings: provider: It is unknown."
        ]


async def test_folders_are_the_workspace_s(tmp_path: Path) -> None:
    """Folders of the start, their changes, and `rootUri` where there are none."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = ({"uri": (tmp_path / name).as_uri(), "name": name} for name in ("one", "two"))
    services = FakeServices()
    async with connection(services) as (editor, _):
        await editor.initialize(workspaceFolders=[one])
        assert services.configured[0]["folders"] == (tmp_path / "one",)
        change = {"event": {"added": [two], "removed": [one]}}
        editor.notify("workspace/didChangeWorkspaceFolders", change)
        await editor.settle()
        await editor.request("workspace/executeCommand", {"command": "aurelis.stats"})
        while len(services.configured) < 2:
            await editor.settle()
        assert services.configured[-1]["folders"] == (tmp_path / "two",)
    services = FakeServices()
    async with connection(services) as (editor, _):
        await editor.request("initialize", {"capabilities": {}, "rootUri": one["uri"], "processId": None})
        assert services.configured[0]["folders"] == (tmp_path / "one",)


async def test_trust_and_tokens_are_taken() -> None:
    """The two messages of our own clients reach the application, and wrong ones are refused in words."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.notify("aurelis/trust", {"trusted": False})
        editor.notify("aurelis/trust", {"trusted": "maybe"})
        editor.notify("aurelis/trust", None)
        await editor.settle()
        assert services.trusted is False
        assert await editor.request("aurelis/auth/setToken", {"provider": "x", "token": "t0ken"}) is None
        assert await editor.request("aurelis/auth/setToken", {"provider": "x", "token": None}) is None
        assert services.tokens == {"x": None}
        for params in ({}, {"provider": 3}, {"provider": "x", "token": 5}, None, [1]):
            assert (await editor.failure("aurelis/auth/setToken", params))["code"] == -32602


async def test_the_status_is_told_once_per_change() -> None:
    """The first status comes by itself, in camelCase, without empty fields."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        status = await editor.message("aurelis/status")
        assert status == {"health": "ok", "busy": False, "model": "fake/model"}


async def test_a_start_that_fails_is_told() -> None:
    """The sentence of the failure is shown, and the server goes on."""

    class Failing(FakeServices):
        async def start(self) -> None:
            raise RequestError(ErrorKind.CONFIGURATION, "The CA file cannot be read.")

    async with connection(Failing()) as (editor, _):
        await editor.initialize()
        assert (await editor.message("window/showMessage"))["message"] == "The CA file cannot be read."
        await editor.settle()
