"""The wire: standard input and output, or a socket that the client made, as a stream reader and a writer.

pygls reads standard input through its thread pool, three hops for each message, so that busy threads make the server
deaf; here the event loop reads pipes and sockets itself. Where it cannot (Windows, files, terminals), one thread reads
and one writes. There is no TCP and no web socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import socket
import stat
import struct
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import attrs

from aurelis.core.errors import ErrorKind, RequestError

CHUNK_BYTES: Final = 256 * 1024
"""How much is read at once."""

OUTGOING_BYTES: Final = 64 * 1024 * 1024
"""How much may wait for a client that does not read; beyond it the client counts as gone."""


class ConnectionRefused(RequestError):  # noqa: N818 -- it is a refusal, told to a person, not a fault
    """The socket was not used; the message is a sentence for a person."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorKind.CONFIGURATION, message)


class WireWriter(Protocol):
    """What pygls writes to; never blocks."""

    @property
    def waiting(self) -> int:
        """Bytes that the client has not taken yet."""

    def write(self, data: bytes) -> None:
        """Queue bytes.

        Raises:
            BrokenPipeError: when the client is gone or has stopped reading.
        """

    def close(self) -> None:
        """Send what is queued and close."""


@attrs.frozen
class Wire:
    """Both directions of a connection; `closed` waits until the last byte was handed over (at most two seconds)."""

    reader: asyncio.StreamReader
    writer: WireWriter
    closed: asyncio.Event


async def standard_streams() -> Wire:
    """Take standard input and output for the protocol.

    Both are moved to descriptors of their own, so that nothing that prints and no child process can touch the wire:
    printing goes to standard error, and reading standard input finds its end.
    """
    incoming = os.dup(0)
    outgoing = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    closed = asyncio.Event()
    reader = await _pipe_reader(incoming) if _pollable(incoming) else _threaded_reader(incoming)
    writer: WireWriter
    if _pollable(outgoing):
        watcher = _Watcher(closed)
        transport, _ = await asyncio.get_running_loop().connect_write_pipe(
            lambda: watcher, os.fdopen(outgoing, "wb", buffering=0)
        )
        writer = TransportWriter(transport)
    else:
        writer = ThreadWriter(outgoing, closed)
    return Wire(reader, writer, closed)


async def client_pipe(path: str) -> Wire:
    """Connect to the socket (a named pipe on Windows) that the client listens on.

    Raises:
        ConnectionRefused: when it is not private to the user, or nobody listens.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=CHUNK_BYTES)
    closed = asyncio.Event()
    watcher = _Watcher(closed, reader)
    try:
        if sys.platform == "win32":
            transport, _ = await loop.create_pipe_connection(lambda: watcher, path)  # type: ignore[attr-defined]  # of Windows alone
        else:
            check_private_socket(Path(path))
            transport, _ = await loop.create_unix_connection(lambda: watcher, path)
            check_peer(transport.get_extra_info("socket"))
    except OSError as error:
        reason = error.strerror or "nobody answers"
        raise ConnectionRefused(f"The client's socket cannot be used ({reason}); start the server again.") from error
    return Wire(reader, TransportWriter(transport), closed)


def check_private_socket(path: Path) -> None:
    """Refuse a socket that another user could have put there or could connect to.

    Raises:
        ConnectionRefused: when the path is no socket, is another user's, or is open to others (its own mode lets them
            write and its folder lets them in).
    """
    try:
        found = path.lstat()
        folder = path.parent.stat()
    except OSError as error:
        raise ConnectionRefused("The client's socket does not exist; start the server again.") from error
    user = os.getuid()
    if not stat.S_ISSOCK(found.st_mode):
        raise ConnectionRefused("The path given with --pipe is not a socket; let the editor choose it.")
    if found.st_uid != user:
        raise ConnectionRefused("The client's socket belongs to another user, so it is not used.")
    open_to_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    folder_is_private = folder.st_uid == user and not folder.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if open_to_others and not folder_is_private:
        raise ConnectionRefused("Other users can write to the client's socket, so it is not used; make it private.")


def check_peer(connected: socket.socket) -> None:
    """Refuse a peer that runs as another user, where the system tells (Linux).

    Raises:
        ConnectionRefused: when it does.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return
    credentials = struct.Struct("3i")
    _, user, _ = credentials.unpack(connected.getsockopt(socket.SOL_SOCKET, option, credentials.size))
    if user != os.getuid():
        raise ConnectionRefused("Another user listens on the client's socket, so it is not used.")


class TransportWriter:
    """A writer over a transport of the event loop."""

    def __init__(self, transport: asyncio.WriteTransport, *, bound: int = OUTGOING_BYTES) -> None:
        self._transport = transport
        self._bound = bound

    @property
    def waiting(self) -> int:
        """Bytes that the client has not taken yet."""
        return self._transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        """Queue bytes; see `WireWriter`."""
        if self._transport.is_closing():
            raise BrokenPipeError
        if self.waiting > self._bound:
            self._transport.abort()
            raise BrokenPipeError
        self._transport.write(data)

    def close(self) -> None:
        """Send what is queued and close."""
        self._transport.close()


class ThreadWriter:
    """A writer over a descriptor that the event loop cannot wait for: one thread writes."""

    def __init__(self, descriptor: int, closed: asyncio.Event, *, bound: int = OUTGOING_BYTES) -> None:
        self._descriptor = descriptor
        self._closed = closed
        self._bound = bound
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()  # Bounded by `waiting` in bytes.
        self.waiting = 0
        self._lock = threading.Lock()
        self._broken = False
        threading.Thread(target=self._run, name="aurelis-stdout", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Queue bytes; see `WireWriter`."""
        with self._lock:
            self._broken = self._broken or self.waiting > self._bound
            if self._broken:
                raise BrokenPipeError
            self.waiting += len(data)
        self._queue.put(data)

    def close(self) -> None:
        """Send what is queued and close."""
        self._queue.put(None)

    def _run(self) -> None:
        with contextlib.suppress(OSError), os.fdopen(self._descriptor, "wb", buffering=0) as stream:
            while (data := self._queue.get()) is not None:
                view = memoryview(data)
                while view:
                    view = view[stream.write(view) :]
                with self._lock:
                    self.waiting -= len(data)
        with self._lock:
            self._broken = True
            self.waiting = 0
        _from_thread(self._loop, self._closed.set)


class _Watcher(asyncio.Protocol):
    """Feeds a reader, if there is one, and notices the connection's end."""

    def __init__(self, closed: asyncio.Event, reader: asyncio.StreamReader | None = None) -> None:
        self._closed = closed
        self._reader = reader

    def data_received(self, data: bytes) -> None:
        if self._reader is not None:
            self._reader.feed_data(data)

    def eof_received(self) -> bool:
        if self._reader is not None:
            self._reader.feed_eof()
        return True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._reader is not None and isinstance(transport, asyncio.ReadTransport):
            self._reader.set_transport(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._closed.set()
        if self._reader is not None and not self._reader.at_eof():
            self._reader.feed_eof()


def _pollable(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    return sys.platform != "win32" and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode))


async def _pipe_reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=CHUNK_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    return reader


def _threaded_reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=CHUNK_BYTES)
    loop = asyncio.get_running_loop()

    def run() -> None:
        with contextlib.suppress(OSError):
            while data := os.read(descriptor, CHUNK_BYTES):
                taken = threading.Event()
                _from_thread(loop, partial(_feed, reader, data, taken))
                taken.wait(timeout=60)
        _from_thread(loop, reader.feed_eof)

    threading.Thread(target=run, name="aurelis-stdin", daemon=True).start()
    return reader


def _feed(reader: asyncio.StreamReader, data: bytes, taken: threading.Event) -> None:
    reader.feed_data(data)
    taken.set()


def _from_thread(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    with contextlib.suppress(RuntimeError):  # The loop has ended: nobody is left to tell.
        loop.call_soon_threadsafe(call)
