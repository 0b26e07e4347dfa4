from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import attrs

PER_MINUTE, AT_ONCE, WANTED = 10, 2, 9
PROGRAM = """
import asyncio, json, sys
from contextlib import aclosing
from aurelis.app import Application
from aurelis.core.errors import RequestError
from aurelis.core.reply import Completed
from aurelis.core.request import Message, Request, Task

async def one(application, n):
    name = f"{sys.argv[2]} {n}"
    request = Request(request_id=name, task=Task.GENERAL, messages=(Message("user", name),))
    try:
        async with aclosing(application.stream(request)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    return "ok"
    except RequestError as error:
        return f"{error.kind} {error.retry_after_seconds is not None}"

async def main():
    application = Application()
    per_minute, at_once, wanted = map(int, sys.argv[3:])
    limits = {"requestsPerMinute": per_minute, "concurrent": at_once}
    await application.configure(editor={"providers": {"custom": {
        "baseUrl": sys.argv[1], "models": ["m"], "limits": limits}}})
    await application.start()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(await asyncio.gather(*(one(application, n) for n in range(wanted)))), flush=True)
    await application.aclose()

asyncio.run(main())
"""
CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}


@attrs.define
class Upstream:
    """Counts the requests that arrive, and how many are under way at once."""

    asked: int = 0
    open: int = 0
    most_open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
                await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
                await self._answer(writer, listing=head.startswith(b"GET"))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, *, listing: bool) -> None:
        if listing:
            body = b'{"object": "list", "data": [{"id": "m", "object": "model"}]}'
            kind = b"application/json"
        else:
            self.asked += 1
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            choice = {"index": 0, "delta": {"content": "word"}, "finish_reason": "stop"}
            body = b"data: " + json.dumps(CHUNK | {"choices": [choice]}).encode() + b"\n\ndata: [DONE]\n\n"
            kind = b"text/event-stream"
            await asyncio.sleep(0.05)
            self.open -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)) + body)
        await writer.drain()


async def test_two_processes_share_one_quota(tmp_path: Path) -> None:
    """Together they send what one minute allows, never more at once than allowed, and say when more can be sent."""
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    folders = {name: str(tmp_path) for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")}
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AURELIS_", "XDG_"))}
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, address, name, *map(str, (PER_MINUTE, AT_ONCE, WANTED))),
            env=own | folders,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for name in ("first", "second")
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert (await process.stdout.readline()).strip() == b"ready"
        outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()
        server.close()
        await server.wait_closed()
    outcomes = [outcome for output, _ in outputs for outcome in json.loads(output)]

    assert upstream.asked == PER_MINUTE
    assert upstream.most_open <= AT_ONCE
    assert sorted(outcomes) == ["ok"] * PER_MINUTE + ["rate_limit True"] * (2 * WANTED - PER_MINUTE)
