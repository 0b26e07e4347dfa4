"""An application whose model says what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from types import MappingProxyType
from typing import Any

import attrs
import pytest

from aurelis.config.settings import Settings
from aurelis.core.errors import RequestError
from aurelis.core.model import ModelInfo, ModelReference
from aurelis.core.redaction_map import RedactionMap
from aurelis.core.reply import Answer, AnswerEvent, Chosen, Completed, Delta, FinishReason, Usage
from aurelis.core.request import Request, Source
from aurelis.core.snapshot import Snapshot
from aurelis.workflow.events import Outcome, StreamText, WorkflowEvent
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.run import run

MODEL = ModelReference("test", "model")


class Egress:
    """Keeps every document in whose name `secret` stands."""

    def refusal(self, source: Source) -> str | None:
        return f"{source.name} is excluded." if "secret" in source.name else None


class ScriptedServices:
    """Answers each request with `reply`, in pieces, and remembers what was asked."""

    def __init__(self) -> None:
        self.reply: str | RequestError = ""
        self.answer: Mapping[str, Any] = MappingProxyType({})
        self.kept: dict[str, str] = {}
        self.settings = Settings()
        self.info = ModelInfo(MODEL)
        self.egress = Egress()
        self.trusted = True
        self.requests: list[Request] = []
        self.gate: asyncio.Event | None = None
        self.asked = asyncio.Event()
        self.closed = 0
        self.events: list[str] = []

    async def describe(self, request: Request) -> ModelInfo | None:
        return self.info

    def security_event(self, name: str, detail: str, request_id: str | None = None) -> None:
        self.events.append(name)

    def answer_to(self, request: Request, text: str) -> Answer:
        plain: dict[str, Any] = {
            "request_id": request.request_id,
            "text": text,
            "model": MODEL,
            "cached": None,
            "finish": FinishReason.STOP,
            "usage": Usage(3, 4, 7),
            "cost_usd": 0.5,
            "confidence": 0.9,
            "incomplete": False,
            "duration_ms": 12,
            "time_to_first_token_ms": 5,
            "attempts": (),
            "redactions": RedactionMap(),
            "verdict": request.judge(text),
        }
        return Answer(**(plain | dict(self.answer)))

    async def stream(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        self.requests.append(request)
        self.asked.set()
        try:
            yield Chosen(MODEL, local=True)
            if self.gate is not None:
                await self.gate.wait()
            if isinstance(self.reply, RequestError):
                raise self.reply
            if request.streams:
                for at in range(0, len(self.reply), 5):
                    yield Delta(self.reply[at : at + 5])
            yield Completed(self.answer_to(request, self.reply))
        finally:
            self.closed += 1

    async def cached(self, request: Request) -> Answer | None:
        text = self.kept.get(request.messages[1].content)
        return None if text is None else self.answer_to(request, text)


@attrs.frozen
class Ran:
    """What a task told: all events, the outcome and the streamed text."""

    events: tuple[WorkflowEvent, ...]

    @property
    def outcome(self) -> Outcome:
        last = self.events[-1]
        assert isinstance(last, Outcome)
        return last

    @property
    def streamed(self) -> str:
        return "".join(event.delta for event in self.events if isinstance(event, StreamText))


@pytest.fixture
def services() -> ScriptedServices:
    """An application with a scripted model."""
    return ScriptedServices()


@pytest.fixture
def ran(services: ScriptedServices) -> Callable[..., Any]:
    """Run a verb to its end with a reply."""

    async def _run(verb: str, reply: str | RequestError, **changes: Any) -> Ran:
        services.reply = reply
        async with aclosing(run(services, Invocation(verb=verb, **changes))) as events:  # type: ignore[arg-type] - values of many kinds
            return Ran(tuple([event async for event in events]))

    return _run


TEXT = '"""Sums."""\n\nimport os\n\n\ndef add(a, b):\n    return a-b\n\n\ndef name():\n    return os.name\n'


@pytest.fixture
def snapshot() -> Snapshot:
    """A small Python file."""
    return Snapshot(uri="file:///w/sums.py", language_id="python", text=TEXT, name="sums.py", version=3)
