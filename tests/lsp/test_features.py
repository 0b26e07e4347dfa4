"""What an editor gets for its requests, through the workflow, with a model that is a function of the request."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from aurelis.config.settings import (
    CodeActionSettings,
    HoverSettings,
    InlineCompletionSettings,
    ReviewSettings,
    Settings,
)
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Request, Task
from lsp.fake_services import FakeServices, answer_to
from lsp.raw_editor import FULL_CAPABILITIES, RawEditor, connection, range_of

URI = "file:///nowhere/a.py"
CODE = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n"
FIXED = "```python\ndef add(a, b):\n    return b + a\n```"


def without(*path: str) -> dict[str, Any]:
    """The full capabilities without one of them."""
    capabilities: dict[str, Any] = json.loads(json.dumps(FULL_CAPABILITIES))
    inner = capabilities
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return capabilities


async def complete(editor: RawEditor, line: int, character: int, *, kind: int = 1, **context: Any) -> list[Any]:
    answer = await editor.request(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": URI},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": kind, **context},
        },
    )
    items: list[Any] = answer["items"]
    return items


def execute(command: str, **arguments: Any) -> dict[str, Any]:
    return {"command": f"aurelis.{command}", "arguments": [arguments]}


def document(**more: Any) -> dict[str, Any]:
    return {"textDocument": {"uri": URI}, **more}


# Inline completion


async def test_ghost_text_has_a_range_a_text_and_a_command() -> None:
    """The item replaces characters of the cursor's line, and taking it reports that it was taken."""
    services = FakeServices(lambda _: " a + b")
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, "def add(a, b):\n    return\n")
        (item,) = await complete(editor, 1, 10)
        assert item["range"]["start"]["line"] == item["range"]["end"]["line"] == 1
        assert item["insertText"].endswith("a + b")
        command = item["command"]
        assert command["command"] == "aurelis.completionAccepted"
        await editor.request("workspace/executeCommand", {key: command[key] for key in ("command", "arguments")})
        assert services.accepted_completions == [(services.requests[0].request_id, len(item["insertText"]), "python")]


@pytest.mark.parametrize("reply", [RequestError(ErrorKind.AUTH, "no"), ValueError("broken"), ""])
async def test_ghost_text_is_empty_instead_of_failing(reply: Any) -> None:
    """Whatever goes wrong, invoked or not, there is no error (invariant 9)."""

    def answer(_: Request) -> Any:
        if isinstance(reply, ValueError):
            raise reply
        return reply

    async with connection(FakeServices(answer)) as (editor, _):
        await editor.initialize()
        editor.open(URI, "def add(a, b):\n    return\n")
        assert await complete(editor, 1, 10) == []
        assert await complete(editor, 999, 999) == []
        assert not editor.all("window/showMessage")


@pytest.mark.parametrize(
    ("settings", "kind", "asked"),
    [
        (InlineCompletionSettings(enabled=False), 1, False),
        (InlineCompletionSettings(languages={"python": False}), 1, False),
        (InlineCompletionSettings(languages={"go": False}), 2, True),
        (InlineCompletionSettings(trigger="manual"), 2, False),
        (InlineCompletionSettings(trigger="manual"), 1, True),
    ],
)
async def test_the_settings_decide_whether_a_model_is_asked(
    settings: InlineCompletionSettings, kind: int, *, asked: bool
) -> None:
    """Off is off for invoked completion too; manual leaves only that."""
    services = FakeServices(lambda _: " a + b", settings=Settings(inline_completion=settings))
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, "def add(a, b):\n    return\n")
        items = await complete(editor, 1, 10, kind=kind)
        assert bool(services.requests) is asked
        assert bool(items) is asked


async def test_snoozing_keeps_automatic_completions_quiet() -> None:
    """While snoozed nothing is asked of its own accord; invoking works, and zero minutes end it."""
    services = FakeServices(lambda _: " a + b")
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, "def add(a, b):\n    return\n")
        await editor.request("workspace/executeCommand", execute("snooze", minutes=5))
        assert await complete(editor, 1, 10, kind=2) == []
        assert await complete(editor, 1, 10, kind=1)
        await editor.request("workspace/executeCommand", execute("snooze", minutes=0))
        assert await complete(editor, 1, 10, kind=2)


async def test_ghost_text_extends_the_selected_entry_of_the_list() -> None:
    """With an entry selected the text begins with that entry; one that disagrees with what is typed gets nothing."""
    services = FakeServices(lambda _: "(a, b)")
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, "def add(a, b):\n    return co\n")
        entry = {"range": range_of(1, 11, 1, 13), "text": "compute"}
        (item,) = await complete(editor, 1, 13, selectedCompletionInfo=entry)
        line = "    return co"
        start, end = item["range"]["start"]["character"], item["range"]["end"]["character"]
        assert line[:start] + item["insertText"] + line[end:] == "    return compute(a, b)"
        other = {"range": range_of(1, 11, 1, 13), "text": "print"}
        assert await complete(editor, 1, 13, selectedCompletionInfo=other) == []


async def test_an_answer_for_a_text_that_changed_is_not_shown() -> None:
    """A completion of an earlier version is stale."""
    services = FakeServices(lambda _: " a + b")
    services.gate = asyncio.Event()
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, "def add(a, b):\n    return\n")
        waiting = asyncio.ensure_future(complete(editor, 1, 10))
        await asyncio.wait_for(services.asked.wait(), 5)
        editor.edit(URI, 2, "x\n")
        await editor.settle()
        services.gate.set()
        assert await waiting == []


async def test_clients_without_inline_completion_get_list_entries() -> None:
    """The same completion, as an entry whose edit replaces characters of the cursor's line."""
    services = FakeServices(lambda _: " a + b")
    async with connection(services) as (editor, _):
        result = await editor.initialize(without("textDocument", "inlineCompletion"))
        assert "completionProvider" in result["capabilities"]
        editor.open(URI, "def add(a, b):\n    return\n")
        position = {"line": 1, "character": 10}
        answer = await editor.request("textDocument/completion", document(position=position))
        (item,) = answer["items"]
        assert item["textEdit"]["newText"].endswith("a + b")
        assert item["command"]["command"] == "aurelis.completionAccepted"
    async with connection(services) as (editor, _):
        result = await editor.initialize()
        assert "completionProvider" not in result["capabilities"]


# Hover


async def test_hover_offers_a_link_and_shows_what_is_kept() -> None:
    """Without a kept explanation one line asks for it; with one it is shown; no model is asked."""
    services = FakeServices(lambda _: "explained")
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        where = document(position={"line": 0, "character": 5})
        link = await editor.request("textDocument/hover", where)
        assert "command:aurelis.explain?" in link["contents"]["value"]
        services.kept = answer_to(Request(request_id="1", task=Task.EXPLANATION, messages=()), "**Adds** two numbers.")
        shown = await editor.request("textDocument/hover", where)
        assert shown["contents"]["value"] == "**Adds** two numbers."
        assert not services.requests
        assert await editor.request("textDocument/hover", document(position={"line": 2, "character": 0})) is None


async def test_hover_is_silent_where_it_is_off_or_links_are_unknown() -> None:
    """Off answers nothing; a client that knows no command links gets no line made of one."""
    services = FakeServices(settings=Settings(hover=HoverSettings(mode="off")))
    where = document(position={"line": 0, "character": 5})
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        assert await editor.request("textDocument/hover", where) is None
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(without("experimental"))
        editor.open(URI, CODE)
        assert await editor.request("textDocument/hover", where) is None


async def test_automatic_hover_asks_and_never_fails() -> None:
    """The automatic mode shows the model's words, and nothing when the model fails."""
    settings = Settings(hover=HoverSettings(mode="automatic"))
    where = document(position={"line": 0, "character": 5})
    async with connection(FakeServices(lambda _: "It adds.", settings=settings)) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        assert (await editor.request("textDocument/hover", where))["contents"]["value"] == "It adds."
    failing = FakeServices(lambda _: RequestError(ErrorKind.NETWORK, "gone"), settings=settings)
    async with connection(failing) as (editor, _):
        await editor.initialize(without("experimental"))
        editor.open(URI, CODE)
        assert await editor.request("textDocument/hover", where) is None


# Code actions


def action_request(
    span: tuple[int, int, int, int] = (0, 0, 1, 16), *, kind: int = 1, only: list[str] | None = None, **context: Any
) -> dict[str, Any]:
    given = {"diagnostics": [], "triggerKind": kind, **context}
    if only is not None:
        given["only"] = only
    return {"textDocument": {"uri": URI}, "range": range_of(*span), "context": given}


DIAGNOSTIC = {"range": range_of(1, 11, 1, 12), "message": "undefined\nname", "severity": 1, "source": "lint"}
ALL = ["fix", "refactor", "optimize", "document", "test", "review"]


@pytest.mark.parametrize(
    ("request_", "settings", "verbs"),
    [
        (action_request(diagnostics=[DIAGNOSTIC]), CodeActionSettings(), ALL),
        (action_request((0, 0, 0, 0), kind=2), CodeActionSettings(), []),
        (action_request((0, 0, 0, 0), kind=2, diagnostics=[DIAGNOSTIC]), CodeActionSettings(), ["fix"]),
        (action_request(kind=2), CodeActionSettings(), ALL[1:]),
        (action_request(kind=2, only=["source"]), CodeActionSettings(), []),
        (action_request(kind=2, only=["quickfix"], diagnostics=[DIAGNOSTIC]), CodeActionSettings(), []),
        (action_request(only=["refactor"]), CodeActionSettings(), ["refactor", "optimize"]),
        (action_request(only=["refactor.rewrite"]), CodeActionSettings(), ["refactor", "optimize"]),
        (action_request(only=["refactor.extract"]), CodeActionSettings(), []),
        (action_request(only=["source.aurelis.document"]), CodeActionSettings(), ["document"]),
        (action_request(only=["source.organizeImports"]), CodeActionSettings(), []),
        (action_request(diagnostics=[DIAGNOSTIC]), CodeActionSettings(kinds=("quickfix",)), ["fix"]),
        (action_request(), CodeActionSettings(kinds=("source",)), ["document", "test", "review"]),
        (action_request(diagnostics=[DIAGNOSTIC]), CodeActionSettings(enabled=False), []),
    ],
)
async def test_which_actions_are_listed(
    request_: dict[str, Any], settings: CodeActionSettings, verbs: list[str]
) -> None:
    """Kinds, trigger, selection and settings decide; listing asks no model; nothing is preferred."""
    services = FakeServices(settings=Settings(code_actions=settings))
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        actions = await editor.request("textDocument/codeAction", request_) or []
        found = [action.get("data", {}).get("verb") or action["command"]["command"].split(".")[1] for action in actions]
        assert found == verbs
        assert all(not action.get("isPreferred") for action in actions)
        assert all(action["tags"] == [1] for action in actions)
        assert not services.requests


async def test_a_title_is_one_line() -> None:
    """A diagnostic's message is folded into the action's title."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        actions = await editor.request("textDocument/codeAction", action_request(diagnostics=[DIAGNOSTIC]))
        assert actions[0]["title"] == "Fix with Aurelis: undefined name"
        assert actions[0]["diagnostics"][0]["message"] == DIAGNOSTIC["message"]


async def test_an_excluded_document_says_why_nothing_can_be_done() -> None:
    """Where the client shows reasons, actions are there and disabled; where not, there are none."""
    uri = "file:///nowhere/excluded.py"
    request = {**action_request(), "textDocument": {"uri": uri}}
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        editor.open(uri, CODE)
        actions = await editor.request("textDocument/codeAction", request)
        assert {action["disabled"]["reason"] for action in actions} == {"This file is excluded."}
        assert all("command" not in action and "data" not in action for action in actions)
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(without("textDocument", "codeAction", "disabledSupport"))
        editor.open(uri, CODE)
        assert await editor.request("textDocument/codeAction", request) is None


async def test_old_clients_get_commands() -> None:
    """Without literals the answer is commands that apply; without resolving, actions with such a command."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(without("textDocument", "codeAction", "codeActionLiteralSupport"))
        editor.open(URI, CODE)
        actions = await editor.request("textDocument/codeAction", action_request(only=["refactor"]))
        assert [action["command"] for action in actions] == ["aurelis.refactor", "aurelis.optimize"]
        assert actions[0]["arguments"][0]["apply"] is True
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(without("textDocument", "codeAction", "resolveSupport"))
        editor.open(URI, CODE)
        actions = await editor.request("textDocument/codeAction", action_request(only=["refactor"]))
        assert actions[0]["command"]["command"] == "aurelis.refactor"


async def first_action(editor: RawEditor, verb: str) -> dict[str, Any]:
    actions = await editor.request("textDocument/codeAction", action_request(diagnostics=[DIAGNOSTIC]))
    return next(action for action in actions if action.get("data", {}).get("verb") == verb)


async def test_resolving_makes_a_small_versioned_edit() -> None:
    """The edit is of the document's version, as small as it can be, and annotated."""
    services = FakeServices(lambda _: FIXED)
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE, version=7)
        action = await first_action(editor, "refactor")
        resolved = await editor.request("codeAction/resolve", action)
        (change,) = resolved["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": URI, "version": 7}
        assert all(edit["range"]["start"]["line"] == edit["range"]["end"]["line"] == 1 for edit in change["edits"])
        assert {edit["annotationId"] for edit in change["edits"]} == set(resolved["edit"]["changeAnnotations"])
        assert not resolved.get("isPreferred")


async def test_a_fix_knows_its_diagnostic() -> None:
    """The message stands in the prompt."""
    services = FakeServices(lambda _: FIXED)
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        await editor.request("codeAction/resolve", await first_action(editor, "fix"))
        assert any("undefined name" in message.content for message in services.requests[0].messages)


async def test_resolving_for_a_changed_document_is_content_modified() -> None:
    """-32801 when it changed before, and when it changed in the touched lines while the model answered."""
    services = FakeServices(lambda _: FIXED)
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        action = await first_action(editor, "refactor")
        editor.edit(URI, 2, "#", (5, 0, 5, 0))
        assert (await editor.failure("codeAction/resolve", action))["code"] == -32801
        action = await first_action(editor, "refactor")
        services.gate = asyncio.Event()
        services.asked.clear()
        identifier = editor.begin("codeAction/resolve", action)
        await asyncio.wait_for(services.asked.wait(), 5)
        editor.edit(URI, 3, "#", (1, 0, 1, 0))
        await editor.settle()
        services.gate.set()
        assert (await editor.answer(identifier))["error"]["code"] == -32801


async def test_an_edit_is_moved_with_lines_that_did_not_change() -> None:
    """A change elsewhere while the model answers moves the edit, and its version is the new one."""
    services = FakeServices(lambda _: FIXED)
    services.gate = asyncio.Event()
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        identifier = editor.begin("codeAction/resolve", await first_action(editor, "refactor"))
        await asyncio.wait_for(services.asked.wait(), 5)
        editor.edit(URI, 2, "# one\n# two\n", (0, 0, 0, 0))
        await editor.settle()
        services.gate.set()
        (change,) = (await editor.answer(identifier))["result"]["edit"]["documentChanges"]
        assert change["textDocument"]["version"] == 2
        assert all(edit["range"]["start"]["line"] == 3 for edit in change["edits"])


@pytest.mark.parametrize("data", [None, {}, {"verb": "fix"}, {"verb": 3}, "x", {"verb": "review"}])
async def test_an_action_of_somebody_else_is_not_resolved(data: Any) -> None:
    """Foreign or broken data gets the action back or an error, never an edit."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        answer = await editor.answer(editor.begin("codeAction/resolve", {"title": "t", "data": data}))
        assert "edit" not in (answer.get("result") or {})
        assert answer.get("error", {}).get("code", -32602) == -32602


# Commands


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


async def test_tests_go_into_a_new_file_of_the_workspace(tmp_path: Path) -> None:
    """The file is created where nothing is, by the client, and the source stays as it is."""
    source = tmp_path / "calc.py"
    source.write_text(CODE)
    (tmp_path / "test_calc.py").write_text("")
    services = FakeServices(lambda _: "```python\ndef test_add():\n    assert add(1, 2) == 3\n```")
    async with connection(services) as (editor, _):
        await editor.initialize(workspaceFolders=[{"uri": tmp_path.as_uri(), "name": "w"}])
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
    """Findings are published for the version that was reviewed."""
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
        assert not services.requests


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


@pytest.mark.parametrize("uri", ["git:/a.py?x", "output:tasks", "aurelis:/answer/1.md", "untitled:gone"])
async def test_documents_that_are_nobody_s_code_are_refused(uri: str) -> None:
    """Panels, old versions and closed untitled buffers have their sentence."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize()
        failure = await editor.failure("workspace/executeCommand", execute("explain", textDocument={"uri": uri}))
        assert failure["code"] == -32803
        assert failure["data"]["kind"] in {"excluded", "configuration"}


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
    """The contract's commands, all of them."""
    async with connection(FakeServices()) as (editor, _):
        result = await editor.initialize()
        commands = set(result["capabilities"]["executeCommandProvider"]["commands"])
        tasks = "explain fix refactor optimize document generateTests generate review ask commitMessage batch"
        others = "models health stats cache.clear cache.invalidate auth.status snooze showRequest completionAccepted"
        assert commands == {f"aurelis.{name}" for name in (tasks + " " + others).split()}
