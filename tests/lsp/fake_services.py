"""An application whose model is a function of the request: what the editor's side needs, and nothing of the network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aurelis.config.settings import Problem, Settings
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo, ModelReference
from aurelis.core.ports import CachedAnswer
from aurelis.core.record import Judgement, SentPrompt
from aurelis.core.reply import Answer, AnswerEvent, Attempt, Chosen, Completed, Delta, FinishReason, Usage
from aurelis.core.request import Request, Source
from aurelis.orchestrator.judgements import Judgements
from aurelis.workflow.services import Alert, Status

MODEL = ModelReference("fake", "model")


class AllowAll:
    """Lets every document out, except for those whose name holds `excluded`."""

    def refusal(self, source: Source) -> str | None:
        return "This file is excluded." if "excluded" in source.name else None


class FakeServices:
    """Answers every request with `reply(request)`, cut into pieces of `piece` characters."""

    def __init__(
        self,
        reply: Callable[[Request], str | RequestError] = lambda _: "",
        *,
        piece: int = 20,
        settings: Settings | None = None,
    ) -> None:
        self.reply = reply
        self.piece = piece
        self.settings = settings or Settings()
        self.egress = AllowAll()
        self.trusted = True
        self.requests: list[Request] = []
        self.closed_streams: list[str] = []
        self.configured: list[dict[str, Any]] = []
        self.problems: tuple[Problem, ...] = ()
        self.gate: asyncio.Event | None = None
        self.asked = asyncio.Event()
        self.kept: Answer | None = None
        self.accepted_completions: list[tuple[str, int, str]] = []
        self.offered_completions: list[str] = []
        self.typed_completions: list[tuple[str, int]] = []
        self.judgements: list[tuple[str, bool]] = []
        self.learned = Judgements()
        self.tokens: dict[str, str | None] = {}
        self.started = asyncio.Event()
        self.consents: dict[str, bool] = {}
        self.closed = False
        self.changed_files: list[Path] = []
        self.alert_listeners: list[Callable[[Alert], None]] = []
        self.status = Status("ok", busy=False, model=str(MODEL))

    async def configure(
        self,
        *,
        editor: Mapping[str, Any] | None = None,
        folders: Sequence[Path] | None = None,
        trusted: bool | None = None,
    ) -> tuple[Problem, ...]:
        given = {"editor": editor, "folders": folders, "trusted": trusted}
        self.configured.append({name: value for name, value in given.items() if value is not None})
        if trusted is not None:
            self.trusted = trusted
        return self.problems

    async def settings_files_changed(self) -> bool:
        return False

    async def start(self) -> None:
        self.started.set()

    async def stream(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        self.requests.append(request)
        self.asked.set()
        answer = self.reply(request)
        if isinstance(answer, RequestError):
            answer.request_id = request.request_id
            raise answer
        try:
            yield Chosen(MODEL, local=True)
            for start in range(0, len(answer), self.piece):
                yield Delta(answer[start : start + self.piece])
                if self.gate is not None:
                    await self.gate.wait()
            yield Completed(answer_to(request, answer))
        finally:
            self.closed_streams.append(request.request_id)

    async def cached(self, request: Request) -> Answer | None:
        return self.kept

    async def replay(self, request: Request, kept: CachedAnswer) -> Answer:
        return answer_to(request, kept.text)

    async def models(self, *, refresh: bool = False) -> tuple[Mapping[str, Any], ...]:
        return ({"model": str(MODEL), "provider": MODEL.provider, "host": "models.example:443", "local": False},)

    async def describe(self, request: Request) -> ModelInfo | None:
        return ModelInfo(MODEL)

    def watched_globs(self) -> tuple[str, ...]:
        return ("**/pyproject.toml",)

    async def files_changed(self, paths: Sequence[Path]) -> None:
        self.changed_files.extend(paths)

    async def health(self, *, deep: bool = False) -> Mapping[str, Any]:
        return {"overall": "healthy", "deep": deep}

    async def stats(self) -> Mapping[str, Any]:
        return {"requests": len(self.requests)}

    async def clear_cache(self) -> int:
        return 3

    async def cache_stats(self) -> Mapping[str, Any]:
        return {}

    async def invalidate(
        self, event: str, *, language: str | None = None, path: str | None = None, project: str | None = None
    ) -> int:
        if event != "api_change":
            raise RequestError(ErrorKind.CONFIGURATION, "There is no such event.")
        return 2

    async def set_token(self, provider: str, token: str | None, origin: str | None = None) -> None:
        self.tokens[provider] = token

    async def auth_status(self) -> tuple[Mapping[str, Any], ...]:
        return ({"provider": "fake", "present": True},)

    def sent(self, request_id: str | None = None) -> tuple[SentPrompt, ...]:
        return ()

    def accepted(self, request_id: str, length: int, language: str) -> None:
        self.accepted_completions.append((request_id, length, language))

    def offered(self, request_id: str) -> None:
        self.offered_completions.append(request_id)

    def typed(self, request_id: str, length: int) -> None:
        self.typed_completions.append((request_id, length))

    def judged(self, judgement: Judgement) -> None:
        if judgement.shown:
            self.judgements.append((str(judgement.model), judgement.right))
        self.learned.judged(judgement)

    def often_right(self, model: ModelReference | None, language_id: str) -> float:
        return self.learned.often_right(model, language_id)

    def security_event(self, name: str, detail: str, request_id: str | None = None) -> None:
        pass

    async def consent(self, host: str, *, allowed: bool) -> None:
        self.consents[host] = allowed

    async def prompts_folder(self) -> Path | None:
        return None

    def on_status(self, listener: Callable[[Status], None]) -> None:
        listener(self.status)

    def on_alert(self, listener: Callable[[Alert], None]) -> None:
        self.alert_listeners.append(listener)

    async def aclose(self) -> None:
        self.closed = True


def answer_to(request: Request, text: str) -> Answer:
    """A finished answer with plausible figures."""
    return Answer(
        request_id=request.request_id,
        text=text,
        model=MODEL,
        cached=None,
        finish=FinishReason.STOP,
        usage=Usage(10, 5, 15),
        cost_usd=0.0,
        confidence=0.9,
        incomplete=False,
        duration_ms=5,
        time_to_first_token_ms=1,
        attempts=(Attempt(str(MODEL), "ok", duration_ms=5),),
        verdict=request.judge(text),
    )
