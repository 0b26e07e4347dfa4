"""Code actions over LSP: which are listed, and what resolving one gives."""

import asyncio
from typing import Any

import pytest

from aurelis.config.settings import (
    CodeActionSettings,
    Settings,
)
from lsp.fake_services import FakeServices
from lsp.raw_editor import RawEditor, connection, range_of
from lsp.scenes import CODE, FIXED, URI, without


def action_request(
    span: tuple[int, int, int, int] = (0, 0, 1, 16), *, kind: int = 1, only: list[str] | None = None, **context: Any
) -> dict[str, Any]:
    given = {"diagnostics": [], "triggerKind": kind, **context}
    if only is not None:
        given["only"] = only
    return {"textDocument": {"uri": URI}, "range": range_of(*span), "context": given}


WORKSPACE = [{"uri": "file:///nowhere", "name": "w"}]
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
        (action_request((900, 0, 901, 0), diagnostics=[DIAGNOSTIC]), CodeActionSettings(), []),
        (action_request((0, 0, 901, 0)), CodeActionSettings(), ALL[1:]),
    ],
)
async def test_which_actions_are_listed(
    request_: dict[str, Any], settings: CodeActionSettings, verbs: list[str]
) -> None:
    """Kinds, trigger, place and settings decide; listing asks no model; nothing is preferred."""
    services = FakeServices(settings=Settings(code_actions=settings))
    async with connection(services) as (editor, _):
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        actions = await editor.request("textDocument/codeAction", request_) or []
        found = [action.get("data", {}).get("verb") or action["command"]["command"].split(".")[1] for action in actions]
        assert found == verbs
        assert all(not action.get("isPreferred") for action in actions)
        assert all(action["tags"] == [1] for action in actions)
        assert not services.requests


@pytest.mark.parametrize(
    ("span", "place"),
    [
        ((1, 4, 1, 4), {"position": {"line": 1, "character": 4}}),
        ((0, 0, 1, 16), {"range": range_of(0, 0, 1, 16)}),
    ],
)
async def test_without_a_selection_the_definition_around_the_cursor_is_meant(
    span: tuple[int, int, int, int], place: dict[str, Any]
) -> None:
    """An action for a mere cursor carries its position, so that it does not work on one line alone."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        actions = await editor.request("textDocument/codeAction", action_request(span, only=["refactor"]))
        for action in actions:
            data = action["data"]
            assert {name: data[name] for name in ("position", "range") if name in data} == place


async def test_a_title_is_one_line() -> None:
    """A diagnostic's message is folded into the action's title."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        actions = await editor.request("textDocument/codeAction", action_request(diagnostics=[DIAGNOSTIC]))
        assert actions[0]["title"] == "Fix with Aurelis: undefined name"
        assert actions[0]["diagnostics"][0]["message"] == DIAGNOSTIC["message"]


async def test_an_excluded_document_says_why_nothing_can_be_done() -> None:
    """Where the client shows reasons, actions are there and disabled; where not, there are none."""
    uri = "file:///nowhere/excluded.py"
    request = {**action_request(), "textDocument": {"uri": uri}}
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(uri, CODE)
        actions = await editor.request("textDocument/codeAction", request)
        assert {action["disabled"]["reason"] for action in actions} == {"This file is excluded."}
        assert all("command" not in action and "data" not in action for action in actions)
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(without("textDocument", "codeAction", "disabledSupport"), workspaceFolders=WORKSPACE)
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
        await editor.initialize(workspaceFolders=WORKSPACE)
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
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        await editor.request("codeAction/resolve", await first_action(editor, "fix"))
        assert any("undefined name" in message.content for message in services.requests[0].messages)


async def test_resolving_for_a_changed_document_is_content_modified() -> None:
    """-32801 when the touched lines changed, before anybody is asked or while the model answers."""
    services = FakeServices(lambda _: FIXED)
    async with connection(services) as (editor, _):
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        action = await first_action(editor, "fix")
        editor.edit(URI, 2, "#", (1, 0, 1, 0))
        assert (await editor.failure("codeAction/resolve", action))["code"] == -32801
        assert services.requests == []
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
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        identifier = editor.begin("codeAction/resolve", await first_action(editor, "refactor"))
        await asyncio.wait_for(services.asked.wait(), 5)
        editor.edit(URI, 2, "# one\n# two\n", (0, 0, 0, 0))
        await editor.settle()
        services.gate.set()
        (change,) = (await editor.answer(identifier))["result"]["edit"]["documentChanges"]
        assert change["textDocument"]["version"] == 2
        assert all(edit["range"]["start"]["line"] == 3 for edit in change["edits"])


@pytest.mark.parametrize("verb", ["fix", "refactor"])
async def test_an_action_outlives_changes_elsewhere(verb: str) -> None:
    """Resolved after a change of other lines, an action's edit fits the document as it is by then."""
    services = FakeServices(lambda _: FIXED)
    async with connection(services) as (editor, _):
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        action = await first_action(editor, verb)
        editor.edit(URI, 2, "# one\n# two\n", (0, 0, 0, 0))
        (change,) = (await editor.request("codeAction/resolve", action))["edit"]["documentChanges"]
        assert change["textDocument"]["version"] == 2
        assert all(edit["range"]["start"]["line"] == 3 for edit in change["edits"])


@pytest.mark.parametrize("data", [None, {}, {"verb": "fix"}, {"verb": 3}, "x", {"verb": "review"}])
async def test_an_action_of_somebody_else_is_not_resolved(data: Any) -> None:
    """Foreign or broken data gets the action back or an error, never an edit."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        answer = await editor.answer(editor.begin("codeAction/resolve", {"title": "t", "data": data}))
        assert "edit" not in (answer.get("result") or {})
        assert answer.get("error", {}).get("code", -32602) == -32602


@pytest.mark.parametrize(
    ("uri", "text", "span", "verbs", "words"),
    [
        ("file:///nowhere/empty.py", "\n", (0, 0, 0, 0), set(ALL[1:]), "is empty"),
        ("untitled:new.py", CODE, (0, 0, 1, 16), {"test"}, "no workspace folder"),
        (URI, CODE * 1_000, (0, 0, 5_000, 0), {"refactor", "optimize", "document"}, "select less"),
    ],
)
async def test_an_action_that_cannot_run_here_says_why(
    uri: str, text: str, span: tuple[int, int, int, int], verbs: set[str], words: str
) -> None:
    """It is listed without data or command and with a reason, while the others stay as they are."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(uri, text)
        request = {**action_request(span), "textDocument": {"uri": uri}}
        actions = await editor.request("textDocument/codeAction", request)
        assert len(actions) == len(ALL) - 1
        refused = [action for action in actions if "disabled" in action]
        assert len(refused) == len(verbs)
        assert all(words in action["disabled"]["reason"] for action in refused)
        assert all("command" not in action and "data" not in action for action in refused)
        runnable = {action["data"]["verb"] for action in actions if "data" in action}
        assert not runnable & verbs
        automatic = await editor.request(
            "textDocument/codeAction", {**action_request(span, kind=2), "textDocument": {"uri": uri}}
        )
        assert not any("disabled" in action for action in automatic or ())


async def test_a_client_that_creates_no_files_is_told_about_tests() -> None:
    """Tests are a new file, which such a client cannot make."""
    async with connection(FakeServices()) as (editor, _):
        await editor.initialize(without("workspace", "workspaceEdit", "resourceOperations"), workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        actions = await editor.request("textDocument/codeAction", action_request())
        (refused,) = [action for action in actions if "disabled" in action]
        assert refused["kind"] == "source.aurelis.generateTests"
        assert "cannot create files" in refused["disabled"]["reason"]


async def test_discarding_a_resolved_edit_is_a_cancellation() -> None:
    """Where the client has no annotations the person is asked, and no answer is a quiet end: nothing has changed."""
    services = FakeServices(lambda _: "```python\ndef add(a, b):\n    return b + (\n```")
    async with connection(services) as (editor, _):
        capabilities = without("workspace", "workspaceEdit", "changeAnnotationSupport")
        await editor.initialize(capabilities, workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        editor.answers["window/showMessageRequest"] = lambda params: params["actions"][1]
        assert (await editor.failure("codeAction/resolve", await first_action(editor, "refactor")))["code"] == -32800


async def test_an_action_of_a_closed_document_is_content_modified() -> None:
    """The document went away after its actions were listed."""
    async with connection(FakeServices(lambda _: FIXED)) as (editor, _):
        await editor.initialize(workspaceFolders=WORKSPACE)
        editor.open(URI, CODE)
        action = await first_action(editor, "refactor")
        editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        assert (await editor.failure("codeAction/resolve", action))["code"] == -32801
