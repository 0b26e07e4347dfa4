"""What the server does while nobody waits for it yet."""

from __future__ import annotations

import asyncio

import pytest

from aurelis.config.settings import InlineCompletionSettings, Settings
from aurelis.core.source import Source
from lsp.fake_services import FakeServices
from lsp.raw_editor import WAIT, connection
from lsp.scenes import CODE, URI


class StartsWhenTold(FakeServices):
    """Takes as long to start as the test wants, and then notes which documents somebody would send."""

    def __init__(self, *, enabled: bool) -> None:
        super().__init__(settings=Settings(inline_completion=InlineCompletionSettings(enabled=enabled)))
        self.told = asyncio.Event()
        self.looked_at: list[str] = []
        self.egress = self

    async def start(self) -> None:
        await self.told.wait()

    def refusal(self, source: Source) -> str | None:
        self.looked_at.append(source.uri)
        return None


@pytest.mark.parametrize("enabled", [True, False])
async def test_the_first_completion_is_rehearsed_once_the_parts_are_there(*, enabled: bool) -> None:
    """With the document opened last, so that grammar, patterns and prompt are loaded; nothing where it is off."""
    services = StartsWhenTold(enabled=enabled)
    async with connection(services) as (editor, server):
        await editor.initialize()
        editor.open("file:///other.py", CODE)
        editor.open(URI, CODE)
        await editor.failure("aurelis/none")  # The documents have been opened before it was answered.
        services.told.set()
        async with asyncio.timeout(WAIT):
            await asyncio.gather(*server._background)
    assert services.looked_at == [URI] * enabled
    assert services.requests == []
