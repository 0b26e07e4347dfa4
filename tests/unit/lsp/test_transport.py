"""The wire: private sockets, and descriptors of which nothing else may make use."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from aurelis.lsp.transport import (
    ConnectionRefused,
    ThreadWriter,
    TransportWriter,
    check_peer,
    check_private_socket,
    client_pipe,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX sockets")


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A socket with mode 0600 in a folder that everybody may enter."""
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)  # The path of a socket is limited to about 100 characters.
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        listener.listen()
        path = tmp_path / "s"
        path.chmod(0o600)
        yield path


@pytest.mark.parametrize(
    ("mode", "folder", "accepted"),
    [
        (0o600, 0o755, True),
        (0o755, 0o755, True),
        (0o777, 0o700, True),
        (0o777, 0o755, False),
        (0o620, 0o755, False),
        (0o602, 0o755, False),
    ],
)
def test_a_socket_open_to_others_is_refused(listening: Path, mode: int, folder: int, *, accepted: bool) -> None:
    """Others must not be able to connect: by the socket's mode, or because its folder keeps them out."""
    listening.chmod(mode)
    listening.parent.chmod(folder)
    if accepted:
        check_private_socket(listening)
    else:
        with pytest.raises(ConnectionRefused, match="Other users"):
            check_private_socket(listening)


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="needs root, to give a file away")
def test_another_users_socket_is_refused(listening: Path) -> None:
    """A socket that belongs to somebody else is somebody else's listener."""
    os.chown(listening, 12345, -1)
    with pytest.raises(ConnectionRefused, match="another user"):
        check_private_socket(listening)


def test_what_is_no_socket_is_refused(tmp_path: Path, listening: Path) -> None:
    """Files, links and missing paths are refused in words."""
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(listening)
    for name, words in (("file", "not a socket"), ("link", "not a socket"), ("none", "does not exist")):
        with pytest.raises(ConnectionRefused, match=words):
            check_private_socket(tmp_path / name)


def test_our_own_peer_is_accepted() -> None:
    """A process of the same user may listen."""
    first, second = socket.socketpair()
    with first, second:
        check_peer(first)


async def test_the_client_s_socket_carries_bytes_both_ways(listening: Path) -> None:
    """Connecting gives a reader and a writer on the client's socket."""
    os.unlink(listening)  # noqa: PTH108 -- ruff takes pathlib's for blocking work
    received = bytearray()
    done = asyncio.Event()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        received.extend(await reader.readexactly(5))
        writer.close()
        done.set()

    old = os.umask(0o077)
    server = await asyncio.start_unix_server(client, "s")
    os.umask(old)
    wire = await client_pipe(str(listening.name))
    assert await wire.reader.readexactly(5) == b"hello"
    wire.writer.write(b"there")
    await asyncio.wait_for(done.wait(), 5)
    assert bytes(received) == b"there"
    assert await wire.reader.read() == b""
    wire.writer.close()
    await asyncio.wait_for(wire.closed.wait(), 5)
    server.close()


async def test_a_socket_where_nobody_listens_is_refused_in_words(listening: Path) -> None:
    """The failure is a sentence, not a system error."""
    os.unlink(listening)  # noqa: PTH108 -- ruff takes pathlib's for blocking work
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind("s")
    with pytest.raises(ConnectionRefused, match="start the server again"):
        await client_pipe("s")


def write_much(wire: TransportWriter) -> None:
    for _ in range(100):
        wire.write(b"x" * 100_000)


async def test_a_client_that_does_not_read_counts_as_gone() -> None:
    """What waits for it is bounded; beyond the bound writing fails."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    wire = TransportWriter(writer.transport, bound=1_000_000)
    with pytest.raises(BrokenPipeError):
        write_much(wire)
    assert not await reader.read()
    theirs.close()


async def test_the_thread_writes_in_order_and_closes() -> None:
    """Where the loop cannot wait for a descriptor a thread writes, in order, and the close comes last."""
    read_end, write_end = os.pipe()
    closed = asyncio.Event()
    writer = ThreadWriter(write_end, closed)
    for number in range(100):
        writer.write(b"%d," % number)
    writer.close()
    await asyncio.wait_for(closed.wait(), 5)
    with os.fdopen(read_end, "rb") as stream:
        assert stream.read() == b"".join(b"%d," % number for number in range(100))


async def test_the_thread_notices_a_broken_pipe() -> None:
    """Once the client is gone writing fails instead of gathering bytes."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    closed = asyncio.Event()
    writer = ThreadWriter(write_end, closed)
    writer.write(b"x")
    await asyncio.wait_for(closed.wait(), 5)
    with pytest.raises(BrokenPipeError):
        writer.write(b"y")
