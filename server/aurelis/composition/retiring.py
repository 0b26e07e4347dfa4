"""Providers that the settings no longer name as they were: each is closed when the answers under way have ended.

Bounded by time: an answer has a limit, and nothing new is asked of a provider that retires.
"""

from __future__ import annotations

import asyncio

from aurelis.providers.openai_compatible import OpenAICompatibleProvider


class Retiring:
    """Closes providers in the background, or all at once at the end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, provider: OpenAICompatibleProvider) -> None:
        """Let a provider finish and close it then."""
        task = asyncio.create_task(_finish(provider))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Wait for nobody any more."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


async def _finish(provider: OpenAICompatibleProvider) -> None:
    try:
        await provider.finished()
    finally:
        await provider.aclose()
