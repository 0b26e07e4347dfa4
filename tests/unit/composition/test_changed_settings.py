"""What a change of settings does to the answers under way and to what was learned."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from aurelis.app import Application
from aurelis.config.settings_files import SettingsFiles
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Answer, Completed, Delta
from aurelis.core.request import Message, Request, Task
from aurelis.sandbox.scenario import Step
from aurelis.sandbox.server import Sandbox, run_sandbox


def settings_for(**providers: Sandbox) -> dict[str, Any]:
    return {"providers": {name: {"baseUrl": sandbox.base_url} for name, sandbox in providers.items()}}


def question(text: str, model: str) -> Request:
    return Request(request_id=text, task=Task.GENERAL, messages=(Message("user", text),), model=model, cacheable=False)


async def answered(application: Application, request: Request, begun: asyncio.Event | None = None) -> Answer:
    async for event in application.stream(request):
        if isinstance(event, Delta) and begun is not None:
            begun.set()
        if isinstance(event, Completed):
            return event.answer
    raise AssertionError(request.request_id)


@pytest_asyncio.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    made = Application({"HOME": str(tmp_path)})
    yield made
    await made.aclose()


async def test_an_answer_under_way_survives_a_change_of_its_provider(application: Application) -> None:
    """It ends as it began, while the next request already goes to the new address; then the old one is left."""
    async with run_sandbox(chunk_seconds=0.05) as old, run_sandbox() as new, asyncio.timeout(60):
        await application.configure(editor=settings_for(mine=old))
        await application.start()
        begun = asyncio.Event()
        first = asyncio.create_task(answered(application, question("first", "mine/default"), begun))
        await begun.wait()

        await application.configure(editor=settings_for(mine=new))

        assert (await answered(application, question("second", "mine/default"))).text
        assert any(request.method == "POST" for request in new.requests)
        assert not first.done()
        assert (await first).incomplete is False
        assert len([request for request in old.requests if request.method == "POST"]) == 1


async def test_what_was_learned_of_others_stays(application: Application) -> None:
    """A change of one provider, or a token for it, gives no other one's cooldown up."""
    busy = Step(path="/v1/chat/completions", status=429, headers={"retry-after": "900"})
    async with run_sandbox(scenario=[busy]) as one, run_sandbox() as two, asyncio.timeout(60):
        await application.configure(editor=settings_for(one=one))
        await application.start()
        for change in (None, "settings", "token"):
            if change == "settings":
                await application.configure(editor=settings_for(one=one, two=two))
            if change == "token":
                await application.set_token("two", "another")
            with pytest.raises(RequestError) as caught:
                await answered(application, question(f"after {change}", "one/default"))
            assert caught.value.kind is ErrorKind.RATE_LIMIT
        assert len([request for request in one.requests if request.method == "POST"]) == 1

        await application.set_token("one", "another")
        assert (await answered(application, question("at last", "one/default"))).text


async def test_a_disk_that_hangs_keeps_nobody_from_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings files on a disk that went away hold as they were read; nobody waits for it twice."""
    held = threading.Event()
    monkeypatch.setattr("aurelis.app.LOOK_SECONDS", 0.01)
    monkeypatch.setattr(SettingsFiles, "changed", lambda _: held.wait())
    application = Application({})
    for _ in range(2):
        assert not await application.settings_files_changed()
    held.set()
