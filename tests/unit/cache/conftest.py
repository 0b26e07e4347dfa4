"""What the tests of the cache share: a clock that is set by hand, and makers of requests and answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aurelis.cache.disk import DiskLayer
from aurelis.cache.entry import Entry
from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer, CacheTags
from aurelis.core.redaction_map import RedactionMap
from aurelis.core.reply import FinishReason, Usage
from aurelis.core.request import FillInTheMiddle, Message, Parameters, RedactedRequest, Request, Task
from fixtures.hand_clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def make_answer(clock: HandClock) -> Callable[..., CachedAnswer]:
    def make(text: str = "kept text") -> CachedAnswer:
        model = ModelReference("sandbox", "default")
        return CachedAnswer(text, model, FinishReason.STOP, Usage(3, 4, 7), 0.25, 0.5, clock.time())

    return make


@pytest.fixture
def make_entry(clock: HandClock, make_answer: Callable[..., CachedAnswer]) -> Callable[..., Entry]:
    def make(text: str = "kept text", *, task: Task = Task.EXPLANATION, seconds: float = 100.0, **tags: str) -> Entry:
        return Entry(make_answer(text), CacheTags(task, **tags), clock.time() + seconds)

    return make


@pytest.fixture
def make_disk(clock: HandClock, tmp_path: Path) -> Callable[..., DiskLayer]:
    """Layers over one folder, with time to wait: how fast the disk is must not decide a test."""

    def make(**options: float) -> DiskLayer:
        folders = (tmp_path / "cache", tmp_path / "state" / "cache.key")
        return DiskLayer(clock, *folders, **{"wait_seconds": 30.0, **options})  # type: ignore[arg-type]  # options by name

    return make


@pytest.fixture
def make_redacted() -> Callable[..., RedactedRequest]:
    def make(
        *contents: str,
        task: Task = Task.EXPLANATION,
        facets: dict[str, str] | None = None,
        fim: FillInTheMiddle | None = None,
        parameters: Parameters = Parameters(),
        **more: object,
    ) -> RedactedRequest:
        messages = (Message("system", "You explain code."), *(Message("user", content) for content in contents))
        request = Request(
            request_id="r",
            task=task,
            messages=messages,
            fim=fim,
            parameters=parameters,
            facets=facets or {},
            **more,  # type: ignore[arg-type]  # options by name
        )
        return RedactedRequest(request=request, messages=messages, fim=fim, redactions=RedactionMap())

    return make
