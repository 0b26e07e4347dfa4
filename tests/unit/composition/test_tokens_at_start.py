"""Tokens that the editor hands over before the parts are built."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from aurelis.app import Application
from aurelis.composition.engine import Engine
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Completed
from aurelis.core.request import Message, Request, Task
from aurelis.sandbox.server import Sandbox, run_sandbox


@pytest_asyncio.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    made = Application({"HOME": str(tmp_path)})
    yield made
    await made.aclose()


def settings_for(sandbox: Sandbox) -> dict[str, object]:
    return {"providers": {"mine": {"baseUrl": sandbox.base_url}, "other": {"baseUrl": sandbox.base_url}}}


async def is_answered(application: Application) -> bool:
    words = (Message("user", "Hello"),)
    request = Request(request_id="r", task=Task.GENERAL, messages=words, model="mine/default", cacheable=False)
    async for event in application.stream(request):
        if isinstance(event, Completed):
            return True
    return False


@pytest.mark.parametrize(
    ("token", "origin"), [("", None), ("two words", None), ("t" * 20_000, None), ("good-token-1", "no address")]
)
async def test_what_is_no_token_is_refused_and_keeps_nothing_from_working(
    application: Application, token: str, origin: str | None
) -> None:
    """Whoever hands it over is told so, before the parts are built as after it, and questions are answered."""
    async with run_sandbox() as sandbox, asyncio.timeout(60):
        await application.configure(editor=settings_for(sandbox))
        with pytest.raises(RequestError) as early:
            await application.set_token("mine", token, origin)
        assert await is_answered(application)
        with pytest.raises(RequestError) as late:
            await application.set_token("mine", token, origin)
        assert early.value.kind is late.value.kind is ErrorKind.CONFIGURATION
        assert early.value.message == late.value.message


async def test_tokens_that_come_while_the_parts_are_built_count(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for another provider and a newer one for the same are both taken, and the latest is the one in force."""
    taken: list[tuple[str, str | None]] = []
    usual = Engine.set_token

    async def slowly(self: Engine, provider: str, token: str | None, origin: str | None = None) -> None:
        if not taken:
            await application.set_token("other", "token-of-another")
            await application.set_token("mine", "the-newer-token")
        taken.append((provider, token))
        await usual(self, provider, token, origin)

    monkeypatch.setattr(Engine, "set_token", slowly)
    async with run_sandbox() as sandbox, asyncio.timeout(60):
        await application.configure(editor=settings_for(sandbox))
        await application.set_token("mine", "the-older-token")
        assert await is_answered(application)
        assert dict(taken) == {"mine": "the-newer-token", "other": "token-of-another"}
        post = next(request for request in sandbox.requests if request.method == "POST")
        assert post.headers["authorization"] == "Bearer the-newer-token"
