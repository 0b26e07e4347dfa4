"""Holes filled by a real `aurelis serve` process with a chat model on the loopback: what an editor would show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from editor import INVOKED, Editor
from holes import Hole
from oracle import Reply
from upstream import Asked, Upstream


class Server:
    """A server process whose model gives the reply that is set."""

    def __init__(self) -> None:
        self._reply = Reply("")
        self._editor: Editor | None = None
        self._count = 0

    @classmethod
    @asynccontextmanager
    async def started(cls) -> AsyncIterator[Server]:
        """The process and its model."""
        server = cls()

        def answer(_: Asked) -> tuple[str, bool]:
            return server._reply.text, server._reply.cut

        cache = {"memory": {"enabled": False}, "disk": {"enabled": False}}
        async with Upstream(answer).serving() as upstream, Editor.started(upstream, cache=cache) as editor:
            server._editor = editor
            yield server

    async def fill(self, hole: Hole, reply: Reply) -> str:
        """The document once the completion is taken; as it is where none is offered."""
        assert self._editor is not None
        self._reply = reply
        self._count += 1
        uri = f"file:///hole{self._count}/{hole.file.name.rpartition('/')[2]}"
        self._editor.open(uri, hole.file.language_id, hole.document)
        offset = len(hole.before.replace("\n", hole.eol))
        result = (await self._editor.complete(uri, offset, INVOKED)[1]).get("result")
        items = result["items"] if result else []
        document = self._editor.taken(uri, items[0]) if items else hole.document
        self._editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        return document
