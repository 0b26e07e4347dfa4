"""What a request costs beside the bare SDK call: whole, to the first token, and for each streamed token.

An upstream of zero thinking time runs in a process of its own. Rounds alternate between the bare `openai` client and
the orchestrator (redaction, routing, an empty cache, quota, breaker, records), and the ratios come from those pairs.

    python benchmarks/request_overhead.py [--rounds 15] [--requests 40]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from multiprocessing.connection import Connection
from pathlib import Path

import openai

from aurelis.app import Application
from aurelis.core.reply import Completed, Delta
from aurelis.core.request import Message, Request, Task

TOKENS = 50
PROMPT = "Explain this code, please.\n" + "value = compute(value) + offset\n" * 60


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pieces = [_event({"role": "assistant", "content": ""}), *[_event({"content": "word "})] * TOKENS]
    pieces += [_event({}, "stop"), b"data: [DONE]\n\n"]
    while head := await reader.readuntil(b"\r\n\r\n"):
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
        )
        await reader.readexactly(length)
        if head.startswith(b"GET"):
            body = b'{"object":"list","data":[{"id":"m","object":"model"}]}'
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            continue
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            writer.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def upstream(pipe: Connection) -> None:
    """Serve until the parent ends; tells its port first."""

    async def serve() -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await _answer(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


Sample = tuple[float, float]
"""Seconds to the first token and to the end."""


async def measured(ask: Callable[[int], Awaitable[Sample]], count: int, at_once: int) -> tuple[float, float]:
    """Median seconds to the first token, and seconds per request over all."""
    began = time.perf_counter()
    firsts: list[float] = []
    for start in range(0, count, at_once):
        samples = await asyncio.gather(*(ask(n) for n in range(start, min(count, start + at_once))))
        firsts += [first for first, _ in samples]
    return statistics.median(firsts), (time.perf_counter() - began) / count


async def compare(port: int, rounds: int, requests: int) -> None:
    """Print the table."""
    base_url = f"http://127.0.0.1:{port}/v1"
    client = openai.AsyncOpenAI(api_key="none", base_url=base_url, max_retries=0)
    application = Application({"HOME": tempfile.mkdtemp()})
    limits = {"maxConcurrent": 200, "maxPerModel": 200}
    cache = {"memory": {"enabled": False}, "disk": {"enabled": False}}
    custom = {"custom": {"baseUrl": base_url, "models": ["m"]}}
    await application.configure(editor={"providers": custom, "requests": limits, "cache": cache})
    await application.start()
    serial = iter(range(10**9))

    async def bare(_: int) -> Sample:
        began, first = time.perf_counter(), 0.0
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": PROMPT}], stream=True
        )
        async with stream:
            async for chunk in stream:
                if not first and chunk.choices and chunk.choices[0].delta.content:
                    first = time.perf_counter() - began
        return first, time.perf_counter() - began

    async def ours(_: int) -> Sample:
        began, first = time.perf_counter(), 0.0
        request = Request(
            request_id=str(next(serial)),
            task=Task.EXPLANATION,
            messages=(Message("user", f"{PROMPT}{next(serial)}"),),
        )
        async with aclosing(application.stream(request)) as events:
            async for event in events:
                if not first and isinstance(event, Delta):
                    first = time.perf_counter() - began
                if isinstance(event, Completed):
                    break
        return first, time.perf_counter() - began

    print(f"{TOKENS} tokens a request, {rounds} interleaved rounds of {requests}, {os.cpu_count()} processors\n")
    print("| at once | bare, whole ms | ours, whole ms | ratio | bare, first ms | ours, first ms | ratio |")
    print("|---|---|---|---|---|---|---|")
    for at_once in (1, 10, 50):
        await measured(bare, at_once, at_once)
        await measured(ours, at_once, at_once)
        pairs = []
        for _ in range(rounds):
            pairs.append((*await measured(bare, requests, at_once), *await measured(ours, requests, at_once)))
        bare_first, bare_whole, our_first, our_whole = (
            statistics.median(column) * 1e3 for column in zip(*pairs, strict=True)
        )
        whole = statistics.median(p[3] / p[1] for p in pairs)
        first = statistics.median(p[2] / p[0] for p in pairs)
        print(
            f"| {at_once} | {bare_whole:.2f} | {our_whole:.2f} | {whole:.2f} "
            f"| {bare_first:.2f} | {our_first:.2f} | {first:.2f} |"
        )
    await client.close()
    await application.aclose()


def main() -> None:
    """Parse the arguments, start the upstream, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=50)
    arguments = parser.parse_args()
    here, there = multiprocessing.Pipe()
    os.environ["HOME"] = str(Path(tempfile.mkdtemp()))
    process = multiprocessing.get_context("spawn").Process(target=upstream, args=(there,), daemon=True)
    process.start()
    try:
        asyncio.run(compare(here.recv(), arguments.rounds, arguments.requests))
    finally:
        process.terminate()


if __name__ == "__main__":
    main()
