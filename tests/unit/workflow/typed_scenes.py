"""A model that takes its time, and a document that somebody types in, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from aurelis.config.settings import InlineCompletionSettings, Settings
from aurelis.core.reply import AnswerEvent, Completed
from aurelis.core.request import Request
from aurelis.core.snapshot import Snapshot
from aurelis.workflow.ghost_text_session import GhostTextSession
from aurelis.workflow.kept_completions import Offered
from fixtures.virtual_time import run
from lsp.fake_services import FakeServices, answer_to

URI = "file:///a.py"
BEFORE = "def add(a, b):\n    "
AFTER = "\n\n\nprint(add)\n"


class TimedServices(FakeServices):
    """Answers after `latency` seconds, one character every `pace` seconds; notes when a stream was given up."""

    def __init__(
        self, reply: Callable[[Request], Any], *, latency: float = 0.3, pace: float = 0.0, **more: Any
    ) -> None:
        super().__init__(reply, **more)
        self.latency = latency
        self.pace = pace
        self.given_up: list[float] = []

    async def stream(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        self.requests.append(request)
        answer = self.reply(request)
        try:
            await asyncio.sleep(self.latency)
            if isinstance(answer, Exception):
                raise answer
            for length in range(1, len(answer) + 1):
                await asyncio.sleep(self.pace)
                if request.enough is not None and request.enough(answer[:length]):
                    answer = answer[:length]
                    break
            yield Completed(answer_to(request, answer))
        except asyncio.CancelledError:
            self.given_up.append(asyncio.get_running_loop().time())
            raise


def shot(middle: str, *, before: str = BEFORE, after: str = AFTER) -> tuple[Snapshot, int]:
    """The document with something typed, and the cursor behind it."""
    return Snapshot(uri=URI, language_id="python", text=before + middle + after), len(before + middle)


def accepted(snapshot: Snapshot, offered: Offered) -> str:
    """The document once a completion is taken."""
    return snapshot.text[: offered.start] + offered.text + snapshot.text[offered.end :]


def at_once(services: FakeServices) -> FakeServices:
    services.settings = Settings(inline_completion=InlineCompletionSettings(debounce_ms=0))
    return services


def session_of(reply: Any, **more: Any) -> tuple[GhostTextSession, TimedServices]:
    services = TimedServices(reply if callable(reply) else lambda _: reply, **more)
    at_once(services)
    return GhostTextSession(services), services


def play(scene: Coroutine[Any, Any, None]) -> None:
    run(scene)
