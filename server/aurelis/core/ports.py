"""The seams between the orchestrator and its parts: small protocols named for the need.

The parts in layer 2 implement them without knowing each other; `app.py` hands them over.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

import attrs

from aurelis.core.model import ModelInfo, ModelReference, Price
from aurelis.core.record import CallRecord, SecurityEvent, SentPrompt
from aurelis.core.reply import CacheLayer, FinishReason, ProviderEvent, Usage
from aurelis.core.request import RedactedRequest, Request, Source, Task


class Provider(Protocol):
    """One place that answers requests."""

    @property
    def name(self) -> str:
        """The provider's name in the settings."""

    @property
    def host(self) -> str:
        """Host and port that requests go to, for people and records."""

    @property
    def local(self) -> bool:
        """Whether it runs on this machine (loopback)."""

    def describe(self, model: str) -> ModelInfo:
        """What is known about a model, listed or not; no input or output."""

    def stream(
        self, request: RedactedRequest, model: str, timeout_seconds: float
    ) -> AsyncGenerator[ProviderEvent, None]:
        """Ask once, without any retry, and yield events; `Finished` comes last.

        `timeout_seconds` bounds the wait for the response headers. Closing the generator closes the connection.

        Raises:
            RequestError: with the contract's kind, `retryable` and `final_for_provider` set.
        """

    async def models(self) -> tuple[ModelInfo, ...]:
        """The models that the provider lists, best first; cached by the provider.

        Raises:
            RequestError: when the list cannot be had.
        """

    async def aclose(self) -> None:
        """Close its connections."""


class ProviderDirectory(Protocol):
    """The providers of the present settings."""

    def get(self, name: str) -> Provider | None:
        """The provider of that name, if it is configured."""

    def names(self) -> tuple[str, ...]:
        """All configured names, the preferred one first."""

    async def defaults(self, task: Task) -> tuple[ModelReference, ...]:
        """Where a task goes when the user set no route and no role: never from a local to a remote provider.

        Raises:
            RequestError: when no provider can say what it offers.
        """


class Redactor(Protocol):
    """The only maker of redacted requests."""

    def redact(self, request: Request) -> RedactedRequest:
        """Replace secrets by placeholders in every text of the request.

        Raises:
            RequestError: of kind `secrets`, when the user chose to block instead.
        """


class EgressPolicy(Protocol):
    """Which documents may leave the machine."""

    def refusal(self, source: Source) -> str | None:
        """Why a document must not leave, as a sentence for the user, or None when it may."""


@attrs.frozen
class CachedAnswer:
    """What a cache keeps of an answer: redacted text, never a redaction map.

    `stored_at` is when its model was asked, in seconds since the epoch: what was dropped later concerns it.
    """

    text: str
    model: ModelReference
    finish: FinishReason
    usage: Usage
    cost_usd: float | None
    confidence: float
    stored_at: float
    confidence_reasons: tuple[str, ...] = ()


@attrs.frozen
class CacheTags:
    """What an invalidation can select by; no absolute path (`path` is relative to its project)."""

    task: Task
    language: str = ""
    path: str = ""
    project: str = ""


@attrs.frozen
class Invalidation:
    """Which entries to drop: the tasks, narrowed by whatever else is set."""

    tasks: frozenset[Task]
    language: str | None = None
    path: str | None = None
    project: str | None = None


class AnswerCache(Protocol):
    """Finished answers by key, read through all layers."""

    async def get(self, key: str) -> tuple[CachedAnswer, CacheLayer] | None:
        """The answer and the layer that had it; any fault of a layer is a miss."""

    async def put(self, key: str, answer: CachedAnswer, tags: CacheTags) -> None:
        """Keep an answer in all layers; a fault is logged and forgotten."""

    async def invalidate(self, invalidation: Invalidation) -> int:
        """Drop matching entries everywhere and count them."""

    async def clear(self) -> int:
        """Drop everything and count it."""


class Recorder(Protocol):
    """Observability: may fail or be absent without changing an answer."""

    def record(self, record: CallRecord, sent: SentPrompt | None) -> None:
        """Remember a finished request."""

    def security_event(self, event: SecurityEvent) -> None:
        """Remember a security event."""


class Pricing(Protocol):
    """What tokens cost."""

    def price(self, info: ModelInfo, host: str) -> Price | None:
        """Dollars for a million tokens, zero for a local model, None when nobody knows."""


@attrs.frozen
class QuotaRule:
    """A limit on requests to one model: at most `requests` in any window of `seconds`."""

    requests: int
    seconds: float


class QuotaLedger(Protocol):
    """Requests counted over all server processes of the user."""

    async def reserve(self, key: str, rules: Sequence[QuotaRule], now: float) -> float:
        """Count one request if every rule allows it and return 0.0; else return the seconds until it would."""

    async def cancel(self, key: str, now: float) -> None:
        """Give back a reservation made at `now` whose request was never sent."""


class LeaseLedger(Protocol):
    """Requests at once over all server processes of the user; a lease ends by itself when its time is over."""

    async def acquire(self, key: str, limit: int, seconds: float, now: float) -> str | None:
        """Take one of `limit` places for so many seconds and return its name; None when all are taken.

        `now` is in seconds since the epoch.
        """

    async def renew(self, lease: str, seconds: float, now: float) -> None:
        """Keep a place for so many seconds from now."""

    async def release(self, lease: str) -> None:
        """Give a place back; one that has ended already is no error."""


class SpendLedger(Protocol):
    """Money spent over all server processes of the user, in US dollars; times are seconds since the epoch."""

    async def add(self, usd: float, *, automatic: bool, at: float) -> None:
        """Count what a request cost; `automatic` marks ghost text and automatic hover."""

    async def spent(self, *, since: float, automatic: bool) -> float:
        """The sum since then, of automatic requests alone or of all."""
