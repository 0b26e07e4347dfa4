"""What the editor's side and the terminal may ask of the application; `app.py` implements it.

Everything here returns plain data of ours. Handlers keep the `Services` they were given and read `settings` afresh at
each request, because a change of settings applies without a restart.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import attrs

if TYPE_CHECKING:  # Making these classes takes a twentieth of the server's start, which needs none of them.
    from aurelis.config.settings import Problem, Settings
    from aurelis.core.model import ModelInfo, ModelReference
    from aurelis.core.ports import CachedAnswer, EgressPolicy
    from aurelis.core.record import Judgement, SentPrompt
    from aurelis.core.reply import Answer, AnswerEvent
    from aurelis.core.request import Request


@attrs.frozen
class Status:
    """What the status item shows; `retry_at` is seconds since the epoch."""

    health: Literal["ok", "warning", "error"]
    busy: bool
    model: str | None = None
    message: str | None = None
    retry_at: float | None = None


@attrs.frozen
class Alert:
    """Models, authentication, network or cache began or ceased to work; `worse` is whether something is to be done."""

    message: str
    worse: bool


class Services(Protocol):
    """The application behind every front end."""

    @property
    def settings(self) -> Settings:
        """The settings in force now."""

    @property
    def egress(self) -> EgressPolicy:
        """Which documents may leave the machine."""

    @property
    def trusted(self) -> bool:
        """Whether the workspace is trusted."""

    async def configure(
        self,
        *,
        editor: Mapping[str, Any] | None = None,
        folders: Sequence[Path] | None = None,
        trusted: bool | None = None,
    ) -> tuple[Problem, ...]:
        """Take new editor settings, workspace folders or trust; None leaves that part as it is.

        Cheap and import-light: it may be called during `initialize`. Settings files are read anew.
        """

    async def settings_files_changed(self) -> bool:
        """Whether a settings file has changed since `configure` read it."""

    async def start(self) -> None:
        """Import and build the heavy parts off the event loop; called once, after `initialized`. Idempotent."""

    def stream(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        """Run a request through the orchestrator (waits for `start`). Close the generator to cancel.

        Raises:
            RequestError: with the contract's kind and `request_id` set.
        """

    async def cached(self, request: Request) -> Answer | None:
        """The kept answer to a request, if there is one; asks no model."""

    async def replay(self, request: Request, kept: CachedAnswer) -> Answer:
        """An answer that the caller kept for this very request, with its redactions anew; asks no model.

        Raises:
            RequestError: with the contract's kind, when the request would be refused.
        """

    async def models(self, *, refresh: bool = False) -> tuple[Mapping[str, Any], ...]:
        """What can be routed to: `{model, provider, host, local, tasks, limits, price, health}` each."""

    async def describe(self, request: Request) -> ModelInfo | None:
        """What is known of the model that would be asked first for this request."""

    async def health(self, *, deep: bool = False) -> Mapping[str, Any]:
        """The contract's health record."""

    async def stats(self) -> Mapping[str, Any]:
        """Requests, latency, tokens, cost and hit rates, as plain JSON data."""

    async def clear_cache(self) -> int:
        """Drop all kept answers and count them."""

    async def cache_stats(self) -> Mapping[str, Any]:
        """Entries, sizes and hits of each layer."""

    async def invalidate(
        self, event: str, *, language: str | None = None, path: str | None = None, project: str | None = None
    ) -> int:
        """Drop what an event made stale and count it.

        Raises:
            RequestError: of kind `configuration`, for an unknown event.
        """

    def watched_globs(self) -> tuple[str, ...]:
        """Globs of the files whose changes `files_changed` wants to hear of."""

    async def files_changed(self, paths: Sequence[Path]) -> None:
        """Drop what files that changed on disk made stale, if they configure a project; most do not."""

    async def set_token(self, provider: str, token: str | None, origin: str | None = None) -> None:
        """Take a token from the editor for this process; None falls back to the next source.

        `origin` is the address that the user agreed to when signing in; without it the token is bound to its first use.
        """

    async def auth_status(self) -> tuple[Mapping[str, Any], ...]:
        """Per provider: `{provider, source, origin, present}`; never a token."""

    def sent(self, request_id: str | None = None) -> tuple[SentPrompt, ...]:
        """The last 20 requests as they were sent, newest last, or the one with that id."""

    def accepted(self, request_id: str, length: int, language: str) -> None:
        """A shown completion was accepted (`length` in characters)."""

    def offered(self, request_id: str) -> None:
        """A completion was given to an editor."""

    def typed(self, request_id: str, length: int) -> None:
        """The person typed so many characters of what a completion said: that they took it is inferred."""

    def judged(self, judgement: Judgement) -> None:
        """What became of a request for ghost text."""

    def often_right(self, model: ModelReference | None, language_id: str) -> float:
        """The share of a model's requests for ghost text, 0 to 1, that lately were of use; 0.5 while nothing is known.

        None is the model that served this language last. Earlier sessions count.
        """

    def security_event(self, name: str, detail: str, request_id: str | None = None) -> None:
        """Tell the audit log of something; `detail` holds no secret and no source text."""

    async def consent(self, host: str, *, allowed: bool) -> None:
        """Take the user's answer to whether automatic features may send text to a host."""

    async def prompts_folder(self) -> Path | None:
        """The folder of the user's own prompt files, whether it exists or not; None where there is no home."""

    def on_status(self, listener: Callable[[Status], None]) -> None:
        """Call the listener at once and whenever the status changes."""

    def on_alert(self, listener: Callable[[Alert], None]) -> None:
        """Call the listener when the state of a part of the whole changes, once for each change."""

    async def aclose(self) -> None:
        """Finish writing and close every connection and file."""
