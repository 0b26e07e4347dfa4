"""Ghost text and hovers over LSP, with a model that is a function of the request."""

import asyncio
from typing import Any

import pytest

from aurelis.config.settings import (
    HoverSettings,
    InlineCompletionSettings,
    Settings,
)
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Request, Task
from lsp.fake_services import FakeServices, answer_to
from lsp.raw_editor import connection, range_of
from lsp.scenes import CODE, URI, complete, document, execute, without


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


async def test_automatic_hover_asks() -> None:
    """The automatic mode shows the model's words."""
    settings = Settings(hover=HoverSettings(mode="automatic"))
    where = document(position={"line": 0, "character": 5})
    async with connection(FakeServices(lambda _: "It adds.", settings=settings)) as (editor, _):
        await editor.initialize()
        editor.open(URI, CODE)
        assert (await editor.request("textDocument/hover", where))["contents"]["value"] == "It adds."


@pytest.mark.parametrize("fault", [RequestError(ErrorKind.NETWORK, "gone"), ValueError("broken")])
async def test_automatic_hover_is_empty_instead_of_failing(fault: Exception) -> None:
    """Whatever goes wrong, there is no error (invariant 9)."""

    def answer(_: Request) -> Any:
        if isinstance(fault, RequestError):
            return fault
        raise fault

    failing = FakeServices(answer, settings=Settings(hover=HoverSettings(mode="automatic")))
    async with connection(failing) as (editor, _):
        await editor.initialize(without("experimental"))
        editor.open(URI, CODE)
        assert await editor.request("textDocument/hover", document(position={"line": 0, "character": 5})) is None
        assert not editor.all("window/showMessage")


async def test_the_model_sees_what_was_edited_elsewhere_and_nothing_of_excluded_files() -> None:
    """Recent edits of other places are part of the prompt; those of a file that may not be sent are not."""
    services = FakeServices(lambda _: " a + b")
    async with connection(services) as (editor, _):
        await editor.initialize()
        editor.open("file:///other.py", "LIMIT = 10\n")
        editor.open("file:///excluded.py", "PASSWORD = 1\n")
        editor.open(URI, "def add(a, b):\n    return\n")
        for uri, text in (("file:///other.py", "MOST_"), ("file:///excluded.py", "MY_")):
            start = {"line": 0, "character": 0}
            changes = [{"range": {"start": start, "end": start}, "text": text}]
            identifier = {"uri": uri, "version": 2}
            editor.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": changes})
        await complete(editor, 1, 10)
        prompt = services.requests[0].messages[-1].content
        assert "-LIMIT = 10\n+MOST_LIMIT = 10" in prompt
        assert "PASSWORD" not in prompt


async def test_a_list_entry_begins_with_the_word_that_is_typed() -> None:
    """So that editors that filter by it keep the entry; what stands before it may need more units than characters."""
    services = FakeServices(lambda _: "ue + 1")
    async with connection(services) as (editor, _):
        await editor.initialize({"textDocument": {"completion": {}}})
        editor.open(URI, "s = '😀'; x = val\nvalue = 1\n")
        params = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 17}}
        (item,) = (await editor.request("textDocument/completion", params))["items"]
        assert item["textEdit"]["newText"] == item["filterText"] == "value + 1"
        assert item["textEdit"]["range"] == range_of(0, 14, 0, 17)
