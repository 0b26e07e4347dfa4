"""Commands over LSP: streams, Results, edits applied or not, and failures."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aurelis.config.settings import (
    ReviewSettings,
    Settings,
)
from aurelis.core.errors import ErrorKind, RequestError
from lsp.fake_services import FakeServices
from lsp.raw_editor import FULL_CAPABILITIES, RawEditor, connection, range_of
from lsp.scenes import CODE, FIXED, URI, document, execute, without


async def test_a_command_streams_reports_and_answers_a_result() -> None:
    """Progress first, then numbered deltas that add up to the text, then the Result."""
    services = FakeServices(lambda _: "It adds two numbers.", piece=4)
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        params = {**execute("explain", **document(range=range_of(0, 0, 2, 0))), "workDoneToken": "t"}
        result = await editor.request("workspace/executeCommand", params)
        assert result["text"] == "It adds two numbers."
        assert result["task"] == "explanation"
        assert result["model"] == "fake/model"
        assert {"requestId", "cached", "usage", "costUsd", "confidence", "attempts", "redactions"} <= result.keys()
        deltas = editor.all("aurelis/stream")
        assert "".join(item["delta"] for item in deltas) == result["text"]
        assert [item["index"] for item in deltas] == list(range(len(deltas)))
        assert [item for item in deltas if item.get("done")] == deltas[-1:]
        assert {item["workDoneToken"] for item in deltas} == {"t"}
        kinds = [item["value"]["kind"] for item in editor.all("$/progress")]
        assert kinds[0] == "begin"
        assert kinds[-1] == "end"
        last = editor.all("$/progress")[-1]["value"]["message"]
        assert last == "fake/model, $0.0000, 0.0 s, confidence 0.90"
        kept = await editor.request(
            "workspace/textDocumentContent", {"uri": f"aurelis:/answer/{result['requestId']}.md"}
        )
        assert kept["text"] == result["text"]


async def test_clients_that_did_not_ask_get_no_custom_messages() -> None:
    """Without the experimental capability there is no stream and no status."""
    async with connection(FakeServices(lambda _: "words")) as (editor, _):
        await editor.initialize(without("experimental"))
        editor.open(URI, CODE)
        await editor.request("workspace/executeCommand", execute("explain", **document()))
        assert not editor.all("aurelis/stream")
        assert not editor.all("aurelis/status")


async def test_a_failure_has_the_contract_s_data() -> None:
    """-32803, a sentence, the kind, the id, and when to try again."""
    error = RequestError(ErrorKind.RATE_LIMIT, "Too many requests; wait a moment.", retry_after_seconds=12.5)
    async with connection(FakeServices(lambda _: error)) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        failure = await editor.failure("workspace/executeCommand", execute("explain", **document()))
        assert failure["code"] == -32803
        assert failure["message"] == "Too many requests; wait a moment."
        assert failure["data"]["kind"] == "rate_limit"
        assert failure["data"]["retryAfterSeconds"] == 12.5
        assert failure["data"]["requestId"]


async def test_cancelling_a_command_closes_the_model_s_stream() -> None:
    """-32800, the upstream closed, nothing applied."""
    services = FakeServices(lambda _: FIXED)
    services.gate = asyncio.Event()
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        identifier = editor.begin("workspace/executeCommand", execute("refactor", **document(apply=True)))
        await asyncio.wait_for(services.asked.wait(), 5)
        editor.notify("$/cancelRequest", {"id": identifier})
        assert (await editor.answer(identifier))["error"]["code"] == -32800
        await editor.settle()
        assert len(services.closed_streams) == 1
        assert not editor.all("workspace/applyEdit")


async def run_applied(editor: RawEditor, applied: Any) -> dict[str, Any]:
    editor.answers["workspace/applyEdit"] = lambda _: applied
    arguments = document(range=range_of(0, 0, 2, 0), apply=True)
    result = await editor.request("workspace/executeCommand", execute("refactor", **arguments))
    assert isinstance(result, dict)
    return result


@pytest.mark.parametrize(("answer", "applied"), [({"applied": True}, True), ({"applied": False}, False), (None, False)])
async def test_applying_is_what_the_client_says(answer: Any, *, applied: bool) -> None:
    """A client that refuses, or a person who declines, gives `applied: false`."""
    async with connection(FakeServices(lambda _: FIXED)) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        result = await run_applied(editor, answer)
        assert result["applied"] is applied
        assert "conflict" not in result
        assert len(editor.all("workspace/applyEdit")) == 1


async def test_without_apply_the_edit_is_only_told() -> None:
    """The Result holds the edit and nothing is sent to be applied."""
    async with connection(FakeServices(lambda _: FIXED)) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        result = await editor.request(
            "workspace/executeCommand", execute("refactor", **document(range=range_of(0, 0, 2, 0)))
        )
        assert result["edit"]["documentChanges"]
        assert result["applied"] is False
        assert not editor.all("workspace/applyEdit")


async def test_a_conflict_keeps_the_text() -> None:
    """When the lines changed meanwhile nothing is applied, and the Result says so and keeps the answer."""
    services = FakeServices(lambda _: FIXED)
    services.gate = asyncio.Event()
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        arguments = document(range=range_of(0, 0, 2, 0), apply=True)
        identifier = editor.begin("workspace/executeCommand", execute("refactor", **arguments))
        await asyncio.wait_for(services.asked.wait(), 5)
        editor.edit(URI, 2, "something else\n")
        await editor.settle()
        services.gate.set()
        result = (await editor.answer(identifier))["result"]
        assert result["applied"] is False
        assert result["conflict"] is True
        assert "return b + a" in result["text"]
        assert not editor.all("workspace/applyEdit")


async def test_code_that_stops_parsing_is_confirmed_first() -> None:
    """The annotation asks for confirmation; clients without annotations are asked by a message."""
    broken = FakeServices(lambda _: "```python\ndef add(a, b):\n    return b + (\n```")
    async with connection(broken) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        result = await run_applied(editor, {"applied": True})
        (annotation,) = result["edit"]["changeAnnotations"].values()
        assert annotation["needsConfirmation"] is True
        assert annotation["description"]
    async with connection(broken) as (editor, _):
        await editor.initialize(without("workspace", "workspaceEdit", "changeAnnotationSupport"))
        editor.open(URI, CODE)
        editor.answers["window/showMessageRequest"] = lambda params: params["actions"][1]
        assert (await run_applied(editor, {"applied": True}))["applied"] is False
        assert not editor.all("workspace/applyEdit")


async def test_clients_without_versions_get_plain_changes() -> None:
    """`changes` instead of `documentChanges` where the client takes no more."""
    async with connection(FakeServices(lambda _: FIXED)) as (editor, _):
        await editor.initialize(without("workspace", "workspaceEdit"))
        editor.open(URI, CODE)
        result = await run_applied(editor, {"applied": True})
        assert list(result["edit"]["changes"]) == [URI]


@pytest.mark.parametrize(
    "capabilities",
    [FULL_CAPABILITIES, without("workspace", "workspaceEdit", "documentChanges")],
    ids=["full", "Neovim"],
)
async def test_tests_go_into_a_new_file_of_the_workspace(tmp_path: Path, capabilities: dict[str, Any]) -> None:
    """The file is created where nothing is, by the client, and the source stays as it is."""
    source = tmp_path / "calc.py"
    source.write_text(CODE)
    (tmp_path / "test_calc.py").write_text("")
    services = FakeServices(lambda _: "```python\ndef test_add():\n    assert add(1, 2) == 3\n```")
    async with connection(services) as (editor, _):
        await editor.initialize(capabilities, workspaceFolders=[{"uri": tmp_path.as_uri(), "name": "w"}])
        editor.answers["workspace/applyEdit"] = lambda _: {"applied": True}
        arguments = {"textDocument": {"uri": source.as_uri()}, "apply": True}
        result = await editor.request("workspace/executeCommand", execute("generateTests", **arguments))
        created, written = result["edit"]["documentChanges"]
        assert created["kind"] == "create"
        assert created["uri"].startswith(tmp_path.as_uri())
        assert not created["uri"].endswith("/test_calc.py")
        assert created["options"] == {"overwrite": False, "ignoreIfExists": False}
        assert "def test_add" in written["edits"][0]["newText"]
        assert result["applied"] is True


async def test_a_review_becomes_diagnostics() -> None:
    """Findings are published for the version that was reviewed, and taken back when the document is closed."""
    services = FakeServices(lambda _: "- L2: warning: Adds in the wrong order.\n- L99: error: invented\n")
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE, version=4)
        await editor.request("workspace/executeCommand", execute("review", **document()))
        published = await editor.message("textDocument/publishDiagnostics")
        assert published["version"] == 4
        (diagnostic,) = published["diagnostics"]
        assert diagnostic["source"] == "aurelis"
        assert diagnostic["severity"] == 2
        assert diagnostic["range"] == range_of(1, 4, 1, 16)
        editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        await editor.message("textDocument/publishDiagnostics", lambda params: params["diagnostics"] == [])


async def test_a_saved_file_is_reviewed_when_that_is_switched_on() -> None:
    """The review runs in the background and says nothing when it fails."""
    settings = Settings(review=ReviewSettings(on_save=True))
    services = FakeServices(lambda _: "- L1: info: Fine.\n", settings=settings)
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        editor.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
        assert (await editor.message("textDocument/publishDiagnostics"))["diagnostics"]
        services.reply = lambda _: RequestError(ErrorKind.NETWORK, "gone")
        editor.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
        await editor.settle()
        assert not editor.all("window/showMessage")


async def test_a_batch_answers_in_order_with_failures_among_the_results(tmp_path: Path) -> None:
    """One item's failure is its own."""
    files = [tmp_path / f"{name}.py" for name in ("one", "excluded", "three")]
    for path in files:
        path.write_text(CODE)
    async with connection(FakeServices(lambda _: "explained")) as (editor, _):
        await editor.initialize(workspaceFolders=[{"uri": tmp_path.as_uri(), "name": "w"}])
        items = [{"textDocument": {"uri": path.as_uri()}} for path in files]
        result = await editor.request("workspace/executeCommand", execute("batch", task="explain", items=items))
        first, second, third = result["results"]
        assert first["text"] == third["text"] == "explained"
        assert second["error"]["kind"] == "excluded"
        assert result["requestId"]
        assert second["error"]["requestId"]
        failure = await editor.failure("workspace/executeCommand", execute("batch", task="juggle", items=[]))
        assert failure["data"]["kind"] == "configuration"


async def test_a_file_that_is_not_open_is_read_only_within_the_workspace(tmp_path: Path) -> None:
    """A command may name a closed file of the workspace and nothing outside."""
    inside = tmp_path / "project"
    inside.mkdir()
    (inside / "a.py").write_text(CODE)
    (tmp_path / "outside.py").write_text(CODE)
    services = FakeServices(lambda _: "words")
    async with connection(services) as (editor, _):
        await editor.initialize(workspaceFolders=[{"uri": inside.as_uri(), "name": "w"}])
        uri = (inside / "a.py").as_uri()
        result = await editor.request("workspace/executeCommand", execute("explain", textDocument={"uri": uri}))
        assert result["text"] == "words"
        for name, kind in (("outside.py", "excluded"), ("project/none.py", "configuration")):
            uri = (tmp_path / name).as_uri()
            failure = await editor.failure("workspace/executeCommand", execute("explain", textDocument={"uri": uri}))
            assert failure["data"]["kind"] == kind
            assert failure["data"]["requestId"]
        assert len(services.requests) == 1


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("explain", [{"textDocument": 3}]),
        ("explain", [{"textDocument": {"uri": URI}, "range": {"start": 1}}]),
        ("explain", [{"textDocument": {"uri": URI}, "position": {"line": -1, "character": 0}}]),
        ("explain", [{"textDocument": {"uri": URI}, "maxTokens": "many"}]),
        ("explain", [{"textDocument": {"uri": URI}, "temperature": 99}]),
        ("explain", [{"textDocument": {"uri": URI}, "priority": "cheap"}]),
        ("explain", [{"textDocument": {"uri": URI}, "apply": "yes"}]),
        ("explain", [{"context": ["x"] * 100}]),
        ("explain", ["text"]),
        ("explain", [{}, {}]),
        ("batch", [{"task": "explain"}]),
        ("batch", [{"task": "explain", "items": [{}]}]),
        ("batch", [{"items": []}]),
        ("snooze", [{}]),
        ("snooze", [{"minutes": -1}]),
        ("cache.invalidate", [{}]),
        ("completionAccepted", [{}]),
    ],
)
async def test_wrong_arguments_are_named(command: str, arguments: list[Any]) -> None:
    """Invalid parameters, told by the field's name, and no model asked."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        params = {"command": f"aurelis.{command}", "arguments": arguments}
        failure = await editor.failure("workspace/executeCommand", params)
        assert failure["code"] == -32602
        assert "must be" in failure["message"]
        assert services.requests == []


@pytest.mark.parametrize(
    ("text", "arguments", "kind"),
    [
        ("", {}, None),
        (CODE, {"range": range_of(100, 0, 200, 5)}, None),
        (CODE, {"position": {"line": 1, "character": 5000}}, None),
        (CODE, {"range": range_of(1, 0, 0, 0)}, None),
        ("\r\n\x0c\u2028\U0001f600", {}, None),
    ],
)
async def test_ugly_places_are_answered(text: str, arguments: dict[str, Any], kind: str | None) -> None:
    """Empty documents, ranges outside and cursors past the end end in an answer or a clear error."""
    async with connection(FakeServices(lambda _: "words")) as (editor, _):
        await editor.initialize()
        editor.open(URI, text)
        answer = await editor.answer(
            editor.begin("workspace/executeCommand", execute("explain", **document(**arguments)))
        )
        if "error" in answer:
            assert answer["error"]["code"] == -32803
        else:
            assert answer["result"]["text"] == "words"


@pytest.mark.parametrize(
    "uri", ["git:/a.py?x", "output:tasks", "aurelis:/answer/1.md", "untitled:gone", "file://[a/b.py", ""]
)
async def test_documents_that_are_nobody_s_code_are_refused(uri: str) -> None:
    """Panels, old versions and closed untitled buffers have their sentence."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        failure = await editor.failure("workspace/executeCommand", execute("explain", textDocument={"uri": uri}))
        assert failure["code"] == -32803
        assert failure["data"]["kind"] in {"excluded", "configuration"}


async def test_an_open_binary_file_is_worked_on_by_nobody() -> None:
    """A document that holds a NUL is refused in words, and gets no ghost text, hover or actions, until it is gone."""
    services = FakeServices(lambda _: "words")
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, "ELF\0\0 def\n")
        failure = await editor.failure("workspace/executeCommand", execute("explain", textDocument={"uri": URI}))
        assert failure["data"]["kind"] == "excluded"
        place = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 2}}
        ghost = await editor.request("textDocument/inlineCompletion", {**place, "context": {"triggerKind": 1}})
        assert not ghost["items"]
        assert await editor.request("textDocument/hover", place) is None
        actions = {**place, "range": range_of(0, 0, 1, 0), "context": {"diagnostics": [], "triggerKind": 1}}
        assert await editor.request("textDocument/codeAction", actions) is None
        assert services.requests == []
        editor.edit(URI, 2, "x = 1\n")
        answer = await editor.request("workspace/executeCommand", execute("explain", textDocument={"uri": URI}))
        assert answer["text"] == "words"


async def test_the_quick_commands_answer_what_the_application_knows() -> None:
    """Models, health, statistics, cache, sign-in, requests."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()

        async def run(command: str, **arguments: Any) -> Any:
            return await editor.request("workspace/executeCommand", execute(command, **arguments))

        assert (await run("models"))["models"][0]["model"] == "fake/model"
        assert (await run("health", deep=True)) == {"overall": "healthy", "deep": True}
        assert (await run("stats")) == {"requests": 0}
        assert (await run("cache.clear")) == {"removed": 3}
        assert (await run("cache.invalidate", event="api_change")) == {"removed": 2}
        assert (await run("auth.status"))["providers"][0]["present"] is True
        assert (await run("showRequest")) == {"requests": []}
        failure = await editor.failure("workspace/executeCommand", execute("cache.invalidate", event="nonsense"))
        assert failure["data"]["kind"] == "configuration"


async def test_every_command_is_advertised() -> None:
    """The contract's commands, all of them, and that they report progress: without that no token need be sent."""
    async with connection(FakeServices()) as (editor, _):
        result = await editor.initialize()
        provider = result["capabilities"]["executeCommandProvider"]
        assert provider["workDoneProgress"] is True
        commands = set(provider["commands"])
        tasks = "explain fix refactor optimize document generateTests generate review ask commitMessage batch"
        others = "models health stats cache.clear cache.invalidate auth.status snooze showRequest completionAccepted"
        assert commands == {f"aurelis.{name}" for name in (tasks + " " + others).split()}


async def test_tests_without_a_workspace_folder_ask_no_model() -> None:
    """There would be no place for the file, which is said before anything is sent."""
    services = FakeServices()
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        failure = await editor.failure("workspace/executeCommand", execute("generateTests", **document()))
        assert failure["data"]["kind"] == "configuration"
        assert "open its folder" in failure["message"]
        assert not services.requests
