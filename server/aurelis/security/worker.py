"""A thread of its own for calls that may hang: a keychain waiting for somebody to unlock it, a disk that went away.

In comes a function, out comes its result or `TimeoutError`; a call that hangs holds up neither the event loop nor the
end of the process.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

MOST_WAITING: Final = 32
"""Calls that may wait for the thread; more are refused at once."""


class Worker:
    """One daemon thread, started with the first call."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.Queue[Callable[[], None]] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._overdue: threading.Event | None = None

    async def call(self, function: Callable[[], T], timeout_seconds: float) -> T:
        """The function's result, computed on the thread.

        Raises:
            TimeoutError: when it takes longer, or when an earlier call still hangs. A late result is dropped.
        """
        if self._overdue is not None and not self._overdue.is_set():
            raise TimeoutError
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        returned = threading.Event()

        def settle(result: Any, error: BaseException | None) -> None:
            if not future.done():
                future.set_result(result) if error is None else future.set_exception(error)

        def job() -> None:
            result, error = None, None
            try:
                result = function()
            except Exception as caught:  # noqa: BLE001 - handed to the caller, whoever raised it
                error = caught
            returned.set()
            try:
                loop.call_soon_threadsafe(settle, result, error)
            except RuntimeError:
                return  # The loop is closed: nobody waits any more.

        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise TimeoutError from None
        self._start()
        try:
            async with asyncio.timeout(timeout_seconds):
                return await future
        except TimeoutError:
            self._overdue = returned
            raise

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._jobs.get()()
