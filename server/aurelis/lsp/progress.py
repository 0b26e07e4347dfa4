"""Work-done progress: on the token that the client gave, or on one that is made here; and its cancellation.

pygls's own registry never forgets a token and cancels a future that nobody looks at. Here a token lives exactly as long
as its work, and cancelling it cancels the task that does the work, which answers its request with -32800.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from aurelis.lsp.protocol import AurelisProtocol

CREATE_SECONDS: Final = 5.0
"""How long the client may take to accept a token of ours."""

MOST_CREATING: Final = 100
"""Tokens that may wait to be accepted; work beyond that is not shown to a client that accepts none."""

REPORT_SECONDS: Final = 0.1
"""Least time between two reports of one piece of work."""


class WorkReport:
    """One piece of work as the client sees it. Bounded: it keeps the last message only."""

    def __init__(self, protocol: AurelisProtocol, token: types.ProgressToken, title: str) -> None:
        self._protocol = protocol
        self._token = token
        self._title = title
        self._message: str | None = None
        self._begun = False
        self._ended = False
        self._last = 0.0
        self._conclusion: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the work is over."""
        return self._ended

    def begin(self) -> None:
        """Show the work, if only for a moment where it has ended: clients wait for the end of what they accepted."""
        if self._begun:
            return
        self._begun = True
        self._send(types.WorkDoneProgressBegin(title=self._title, message=self._message, cancellable=True))
        if self._ended:
            self._send_end()

    def say(self, message: str, percentage: int | None = None) -> None:
        """Say what is going on; too many messages are thinned out."""
        now = asyncio.get_running_loop().time()
        if message == self._message:
            return
        self._message = message
        if self._begun and not self._ended and (now - self._last >= REPORT_SECONDS or percentage is not None):
            self._last = now
            self._send(types.WorkDoneProgressReport(message=message, percentage=percentage, cancellable=True))

    def conclude(self, message: str) -> None:
        """Keep what is shown when the work ends well."""
        self._conclusion = message

    def end(self) -> None:
        """Take the work away again."""
        if self._begun and not self._ended:
            self._send_end()
        self._ended = True

    def _send_end(self) -> None:
        self._send(types.WorkDoneProgressEnd(message=self._conclusion))

    def _send(self, value: object) -> None:
        self._protocol.notify(types.PROGRESS, types.ProgressParams(token=self._token, value=value))


class ProgressTokens:
    """The tokens in use. Bounded by the requests under way."""

    def __init__(self, protocol: AurelisProtocol) -> None:
        self._protocol = protocol
        self._tasks: dict[types.ProgressToken, asyncio.Task[object]] = {}
        self._creating: set[asyncio.Task[None]] = set()  # At most MOST_CREATING.
        self._ordinals = itertools.count(1)
        protocol.on_progress_cancel = self.cancel

    def __len__(self) -> int:
        return len(self._tasks)

    def cancel(self, token: types.ProgressToken) -> None:
        """The client asks to stop the work behind a token; unknown tokens are ignored."""
        if (task := self._tasks.get(token)) is not None:
            task.cancel()

    @asynccontextmanager
    async def work(
        self, title: str, token: types.ProgressToken | None, *, may_create: bool
    ) -> AsyncIterator[WorkReport]:
        """Report the work of the current task until the block ends.

        `token` is the client's; without one a token is created if the client takes those (`may_create`), without
        making the work wait for the client's consent.
        """
        task = asyncio.current_task()
        creating = token is None and may_create and len(self._creating) < MOST_CREATING
        if token is None:
            token = f"aurelis-{next(self._ordinals)}"
        report = WorkReport(self._protocol, token, title)
        if task is not None:
            self._tasks.setdefault(token, task)
        if creating:
            creation = asyncio.create_task(self._create(token, report))
            self._creating.add(creation)
            creation.add_done_callback(self._creating.discard)
        elif not token_is_ours(token):
            report.begin()
        try:
            yield report
        finally:
            if self._tasks.get(token) is task:
                del self._tasks[token]
            report.end()

    async def _create(self, token: types.ProgressToken, report: WorkReport) -> None:
        if report.ended:
            return
        params = types.WorkDoneProgressCreateParams(token=token)
        with contextlib.suppress(TimeoutError, JsonRpcException):
            async with asyncio.timeout(CREATE_SECONDS):
                await self._protocol.send_request_async(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
            report.begin()


def token_is_ours(token: types.ProgressToken) -> bool:
    """Whether a token was made here, so that the client has to be asked first."""
    return isinstance(token, str) and token.startswith("aurelis-")
