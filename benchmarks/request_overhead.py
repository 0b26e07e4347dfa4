"""What a request costs beside the bare SDK call: whole, to the first token, and for each streamed token.

An upstream of zero thinking time runs in a process of its own and sends each token by itself. Rounds alternate between
the bare `openai` client and the orchestrator (redaction, routing, an empty cache, quota, breaker, records), and the
ratios come from those pairs. With `--litellm` litellm's Router with a fallback takes part, in a process of its own, as
it pins an older `openai`. Processor time is each side's own process alone and suffers least from a busy machine.

The pipeline goes over twenty connections to a provider at most, the bare client over as many as it likes. Where more
run at once, a second bare client that has twenty as well tells what that limit costs from what the pipeline does.

    python benchmarks/request_overhead.py [--rounds 15] [--requests 50] [--litellm PYTHON_THAT_HAS_IT]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import httpx2
import openai

from aurelis.app import Application
from aurelis.core.reply import Completed, Delta
from aurelis.core.request import Message, Request, Task
from aurelis.providers.transport.client import CONNECTIONS_PER_PROVIDER

TOKENS: Final = 50
LONGER: Final = 10
PROMPT = "Explain this code, please.\n" + "value = compute(value) + offset\n" * 60


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tokens: int) -> None:
    pieces = [_event({"role": "assistant", "content": ""}), *[_event({"content": "word "})] * tokens]
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
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def upstream(pipe: Connection, tokens: int) -> None:
    """Serve until the parent ends; tells its port first."""

    async def serve() -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await _answer(reader, writer, tokens)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


ROUTER: Final = """
import asyncio, json, statistics, sys, time
import litellm
from litellm import Router

def row(name):
    return {"model_name": name, "litellm_params": {"model": "openai/m", "api_key": "none", "api_base": sys.argv[1]}}

router = Router(model_list=[row("a"), row("b")], fallbacks=[{"a": ["b"]}], num_retries=2)
prompt = sys.argv[2]

async def one():
    began, used, first = time.perf_counter(), time.process_time(), None
    stream = await router.acompletion(model="a", messages=[{"role": "user", "content": prompt}], stream=True)
    async for chunk in stream:
        if first is None and chunk.choices and chunk.choices[0].delta.content:
            first = time.perf_counter() - began, time.process_time() - used
    return first

async def measured(count, at_once):
    began, used, firsts = time.perf_counter(), time.process_time(), []
    for start in range(0, count, at_once):
        firsts += await asyncio.gather(*(one() for _ in range(min(at_once, count - start))))
    whole, processor = (time.perf_counter() - began) / count, (time.process_time() - used) / count
    first, to_first = (statistics.median(column) for column in zip(*firsts))
    return first, whole, processor, to_first

async def main():
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await measured(*json.loads(line))), flush=True)

asyncio.run(main())
"""

Sample = tuple[float, float]
"""Until the first token: seconds, and processor seconds of the whole process."""
Figures = tuple[float, float, float, float]
"""Of many requests: median seconds to the first token, seconds for each, processor seconds for each, and those to the
first token, which mean something only where one request runs at a time."""
Asker = Callable[[int], Awaitable[Sample]]
"""Asks once; the number tells requests apart."""


async def measured(ask: Asker, count: int, at_once: int) -> Figures:
    """Ask so many times, so many at once."""
    began, used = time.perf_counter(), time.process_time()
    firsts: list[Sample] = []
    for start in range(0, count, at_once):
        firsts += await asyncio.gather(*(ask(n) for n in range(start, min(count, start + at_once))))
    whole, processor = (time.perf_counter() - began) / count, (time.process_time() - used) / count
    first, to_first = (statistics.median(column) for column in zip(*firsts, strict=True))
    return first, whole, processor, to_first


class Router:
    """litellm's Router in a process of its own; without an interpreter that has it there is none."""

    def __init__(self, python: str | None, base_url: str) -> None:
        self._process: subprocess.Popen[str] | None = None
        if python is not None:
            command = [python, "-c", ROUTER, base_url, PROMPT]
            environment = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )

    async def measured(self, count: int, at_once: int) -> Figures | None:
        """As `measured`, or None without a Router."""
        return None if self._process is None else await asyncio.to_thread(self._ask, self._process, count, at_once)

    @staticmethod
    def _ask(process: subprocess.Popen[str], count: int, at_once: int) -> Figures:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the Router's process has no pipes")
        process.stdin.write(f"[{count}, {at_once}]\n")
        process.stdin.flush()
        first, whole, processor, to_first = json.loads(process.stdout.readline())
        return first, whole, processor, to_first

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


def bare_through(sdk: openai.AsyncOpenAI) -> Asker:
    """What asks through the bare SDK."""

    async def bare(_: int) -> Sample:
        began, used, first = time.perf_counter(), time.process_time(), (0.0, 0.0)
        stream = await sdk.chat.completions.create(
            model="m", messages=[{"role": "user", "content": PROMPT}], stream=True
        )
        async with stream:
            async for chunk in stream:
                if not first[0] and chunk.choices and chunk.choices[0].delta.content:
                    first = time.perf_counter() - began, time.process_time() - used
        return first

    return bare


def ours_through(application: Application, model: str, serial: Iterator[int]) -> Asker:
    """What asks through the whole pipeline; each prompt is another one."""

    async def ours(_: int) -> Sample:
        began, used, first = time.perf_counter(), time.process_time(), (0.0, 0.0)
        request = Request(
            request_id=str(next(serial)),
            task=Task.EXPLANATION,
            messages=(Message("user", f"{PROMPT}{next(serial)}"),),
            model=model,
        )
        async with aclosing(application.stream(request)) as events:
            async for event in events:
                if not first[0] and isinstance(event, Delta):
                    first = time.perf_counter() - began, time.process_time() - used
                if isinstance(event, Completed):
                    break
        return first

    return ours


async def per_token(pairs: Sequence[tuple[Asker, Asker]], rounds: int) -> list[float]:
    """Microseconds of processor time for each streamed token: what a longer answer takes more, by side."""
    each = []
    for _ in range(rounds):
        times = [(await measured(short, 20, 1), await measured(long, 20, 1)) for short, long in pairs]
        each.append([(long[2] - short[2]) / (TOKENS * (LONGER - 1)) * 1e6 for short, long in times])
    return [statistics.median(column) for column in zip(*each, strict=True)]


async def compare(ports: tuple[int, int], rounds: int, requests: int, litellm: str | None) -> None:
    """Print the tables; the second port's upstream answers with ten times as many tokens."""
    base_url, long_url = (f"http://127.0.0.1:{port}/v1" for port in ports)
    client = openai.AsyncOpenAI(api_key="none", base_url=base_url, max_retries=0)
    long_client = openai.AsyncOpenAI(api_key="none", base_url=long_url, max_retries=0)
    few = httpx2.Limits(max_connections=CONNECTIONS_PER_PROVIDER, max_keepalive_connections=CONNECTIONS_PER_PROVIDER)
    limited_client = openai.AsyncOpenAI(
        api_key="none", base_url=base_url, max_retries=0, http_client=httpx2.AsyncClient(limits=few, timeout=600)
    )
    router = Router(litellm, base_url)
    application = Application({"HOME": tempfile.mkdtemp()})
    limits = {"maxConcurrent": 200, "maxPerModel": 200}
    cache = {"memory": {"enabled": False}, "disk": {"enabled": False}}
    providers = {"custom": {"baseUrl": base_url, "models": ["m"]}, "long": {"baseUrl": long_url, "models": ["m"]}}
    await application.configure(editor={"providers": providers, "requests": limits, "cache": cache})
    await application.start()
    serial = iter(range(10**9))

    bare, ours = bare_through(client), ours_through(application, "custom/m", serial)
    limited = bare_through(limited_client)
    print(f"{TOKENS} tokens a request, {rounds} interleaved rounds of {requests}, {os.cpu_count()} processors\n")
    print("| at once | | bare ms | ours ms | Router ms | ours / bare | ours / Router |")
    print("|---|---|---|---|---|---|---|")
    for at_once, control in ((1, bare), (10, bare), (50, bare), (50, limited)):
        warm = max(at_once, 10)
        await measured(control, warm, at_once)
        await measured(ours, warm, at_once)
        await router.measured(warm, at_once)
        rows = []
        for _ in range(rounds):
            pair = (await measured(control, requests, at_once), await measured(ours, requests, at_once))
            rows.append((*pair, await router.measured(requests, at_once)))
        columns = [("first token", 0), ("whole", 1), ("processor time", 2)]
        if at_once == 1:
            columns.append(("processor time to the first token", 3))
        for what, column in columns:
            name = f"{at_once}, bare over {CONNECTIONS_PER_PROVIDER}" if control is limited else str(at_once)
            _print_row(name, what, [tuple(None if m is None else m[column] for m in row) for row in rows])

    long = (bare_through(long_client), ours_through(application, "long/m", serial))
    bare_us, our_us = await per_token(((bare, long[0]), (ours, long[1])), max(3, rounds // 3))
    print(f"\nEach streamed token, processor time: bare {bare_us:.0f} us, ours {our_us:.0f} us.")
    router.close()
    await client.close()
    await limited_client.close()
    await long_client.close()
    await application.aclose()


def _print_row(at_once: str, what: str, rows: list[tuple[float | None, ...]]) -> None:
    """Medians over the rounds, and the medians of the rounds' own ratios."""

    def median(values: list[float | None], scale: float, digits: int) -> str:
        known = [value for value in values if value is not None]
        return f"{statistics.median(known) * scale:.{digits}f}" if known else ""

    columns = [median([row[side] for row in rows], 1e3, 2) for side in range(3)]
    ratios = [
        median([row[1] / row[other] if row[1] and row[other] else None for row in rows], 1.0, 2)  # type: ignore[operator]  # both are numbers here
        for other in (0, 2)
    ]
    print(f"| {at_once} | {what} | {' | '.join([*columns, *ratios])} |", flush=True)


def main() -> None:
    """Parse the arguments, start the upstreams, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--litellm", metavar="PYTHON", help="an interpreter that has litellm")
    arguments = parser.parse_args()
    os.environ["HOME"] = str(Path(tempfile.mkdtemp()))
    ports, processes = [], []
    for tokens in (TOKENS, TOKENS * LONGER):
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=upstream, args=(there, tokens), daemon=True)
        process.start()
        processes.append(process)
        ports.append(here.recv())
    try:
        asyncio.run(compare((ports[0], ports[1]), arguments.rounds, arguments.requests, arguments.litellm))
    finally:
        for process in processes:
            process.terminate()


if __name__ == "__main__":
    main()
