"""The page for a scraper, on loopback only, served by whichever of the user's processes got the port.

The others publish their numbers and try for the port again, so that the page outlives the process that had it. A
request that names another host than loopback is refused, so that a web page cannot read the numbers by pointing a name
of its own at this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from aurelis.core.deadline import Clock
from aurelis.observe.metrics import Metrics
from aurelis.observe.metrics_page import CONTENT_TYPE, page
from aurelis.observe.metrics_share import SharedNumbers
from aurelis.observe.numbers import merge

LOGGER: Final = logging.getLogger("aurelis.observe")

LOOPBACK: Final = "127.0.0.1"
PUBLISH_SECONDS: Final = 5.0
MAX_REQUEST_BYTES: Final = 8_192
MAX_CONNECTIONS: Final = 16
REQUEST_SECONDS: Final = 10.0
PAGE_SECONDS: Final = 3.0
"""How long another process may take to show what page it has."""

_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})


class MetricsServer:
    """Publishes this process's numbers and serves everybody's while it holds the port.

    Args:
        clock: for the pauses between two publications.
        metrics: this process's numbers.
        folder: shared by all of the user's processes.
        port: the user's choice; 0 takes a free one.
        look: brings the gauges up to date that time alone changes; called before they are read.
    """

    def __init__(
        self, clock: Clock, metrics: Metrics, folder: Path, port: int, look: Callable[[], None] = lambda: None
    ) -> None:
        self._look = look
        self._clock = clock
        self._metrics = metrics
        self._shared = SharedNumbers(folder)
        self._wanted = port
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="aurelis-metrics")
        self._server: asyncio.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._connections = 0
        self._warned = False
        self._told = False

    @property
    def port(self) -> int | None:
        """The port that this process serves, or None while another one has it."""
        return self._server.sockets[0].getsockname()[1] if self._server is not None and self._server.sockets else None

    async def start(self) -> None:
        """Publish, take the port if it is free, and go on doing so."""
        await self._step()
        self._task = asyncio.create_task(self._run(), name="aurelis-metrics")

    async def aclose(self) -> None:
        """Give the port back and leave the numbers for the others to keep."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._on_thread(lambda: self._shared.publish(self._metrics.numbers))
        await self._on_thread(self._shared.leave)
        self._executor.shutdown(wait=False)

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(PUBLISH_SECONDS)
            await self._step()

    async def _step(self) -> None:
        self._look()
        numbers = merge([self._metrics.numbers])
        await self._on_thread(lambda: self._shared.publish(numbers))
        if self._server is not None:
            return
        try:
            self._server = await asyncio.start_server(self._serve, LOOPBACK, self._wanted, limit=MAX_REQUEST_BYTES)
        except OSError as error:
            if not self._told and not (error.errno == errno.EADDRINUSE and await _is_our_page(self._wanted)):
                self._told = True
                reason = os.strerror(error.errno) if error.errno else type(error).__name__
                LOGGER.warning(
                    "Metrics cannot be read at port %d (%s); choose another metrics.prometheusPort.",
                    self._wanted,
                    reason,
                )
        else:
            LOGGER.info("Metrics can be read at http://%s:%d/metrics.", LOOPBACK, self.port)

    async def _on_thread(self, job: Callable[[], None]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, job)
        except OSError as error:
            if not self._warned:
                self._warned = True
                reason = error.strerror or str(error)
                LOGGER.warning("Metrics cannot be shared between processes (%s).", reason)

    async def _total(self) -> bytes:
        self._look()
        own = merge([self._metrics.numbers])

        def work() -> bytes:
            try:
                total = self._shared.total(own)
            except OSError:
                total = own
            return page(total)

        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections <= MAX_CONNECTIONS:
                async with asyncio.timeout(REQUEST_SECONDS):
                    writer.write(await self._answer(await reader.readuntil(b"\r\n\r\n")))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            self._connections -= 1
            writer.close()

    async def _answer(self, head: bytes) -> bytes:
        request, *lines = head.decode("latin-1").split("\r\n")
        hosts = [
            value.strip().lower()
            for name, _, value in (line.partition(":") for line in lines)
            if name.lower() == "host"
        ]
        method, _, rest = request.partition(" ")
        if len(hosts) != 1 or (hosts[0].rpartition(":")[0] not in _HOSTS and hosts[0] not in _HOSTS):
            return _response("403 Forbidden", b"This page answers to 127.0.0.1 and localhost only.\n")
        if method not in {"GET", "HEAD"}:
            return _response("405 Method Not Allowed", b"Only GET is answered.\n")
        if rest.partition(" ")[0].partition("?")[0] not in {"/metrics", "/"}:
            return _response("404 Not Found", b"The page is /metrics.\n")
        return _response("200 OK", await self._total(), CONTENT_TYPE, body=method == "GET")


async def _is_our_page(port: int) -> bool:
    """Whether who has the port is another process of ours, or keeps us waiting: then it may be one that is busy."""
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                await reader.readuntil(b"aurelis_")
            finally:
                writer.close()
    except (OSError, EOFError, asyncio.LimitOverrunError) as error:
        return isinstance(error, TimeoutError)
    return True


def _response(status: str, content: bytes, kind: str = "text/plain; charset=utf-8", *, body: bool = True) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + (content if body else b"")
