"""The stand-in as a server: starting, stopping, and turning each request into a reply.

In a test it is an upstream that fails on purpose:

    async with run_sandbox(scenario=[Step(status=429), {"cutAfter": 300}]) as sandbox:
        client = AsyncOpenAI(base_url=sandbox.base_url, api_key="unused", max_retries=0)
        ...
        sandbox.requests[-1].json["messages"]  # what was really sent
        await sandbox.until(lambda: sandbox.requests[-1].client_closed)  # that the connection was closed early

Each model request (POST) uses one step up; after the last one answers are normal. `Step(hold_after=N)` stops a stream
after the event that completes N bytes until `sandbox.release()`: so a test sees without any waiting by the clock that a
delta arrived before the end. `sandbox.add(Step(...))` appends a step later.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.sandbox import model
from aurelis.sandbox.connection import MAX_BODY_BYTES, Connection, IncomingRequest, Outcome, Reply
from aurelis.sandbox.dialects import (
    Answered,
    Profile,
    Question,
    Refusal,
    Route,
    count_tokens,
    cut_to_tokens,
    encoded,
)
from aurelis.sandbox.received import KEPT_REQUESTS, ReceivedRequest, ReceivedRequests
from aurelis.sandbox.scenario import Step, read_steps
from aurelis.sandbox.vendors import PROFILES

MAX_CONNECTIONS: Final = 128
"""Connections open at once; a further one is closed at once."""

MAX_WAITING_STEPS: Final = 10_000
"""Steps that can wait to be used up."""

_LOOPBACK_HOST: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_OURS_ALONE: Final = frozenset({"content-length", "transfer-encoding", "connection"})
_BROKEN_EVENT: Final = b'data: {"choices": [{"index": 0, "del\n\n'
_NORMAL: Final = Step()


@attrs.frozen
class _Prepared:
    """An answer before the step's faults: its head and the parts of its body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    parts: tuple[bytes, ...]
    streamed: bool = False


class Sandbox:
    """A running stand-in. `start` and `run_sandbox` make one."""

    def __init__(self, profile: Profile, steps: Iterable[Step], kept_requests: int, chunk_seconds: float) -> None:
        self._profile = profile
        self._steps: deque[Step] = deque(steps, maxlen=MAX_WAITING_STEPS)
        self._received = ReceivedRequests(kept_requests)
        self._chunk_seconds = chunk_seconds
        self._released = asyncio.Event()
        self._started = int(time.time())
        self._numbers = itertools.count(1)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        """Where the OpenAI-compatible routes begin, for most profiles `/v1` included."""
        return f"{self.root_url}{self._profile.base_path}"

    @property
    def root_url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The port that it listens on."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the sandbox is not listening")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def requests(self) -> deque[ReceivedRequest]:
        """The requests so far, oldest first (a bounded ring; empty when `kept_requests` is 0)."""
        return self._received.ring

    def add(self, *steps: Step | Mapping[str, Any]) -> None:
        """Append steps to the scenario."""
        self._steps.extend(read_steps(steps))

    def release(self) -> None:
        """Let the answers go on that `hold_after` holds back now; later ones are held again."""
        self._released.set()
        self._released = asyncio.Event()

    async def until(self, condition: Callable[[], bool], timeout_seconds: float = 20.0) -> None:
        """Wait until the condition holds; it is looked at whenever a request arrives, is answered or given up.

        Raises:
            TimeoutError: when it does not hold in time.
        """
        await self._received.until(condition, timeout_seconds)

    async def listen(self, port: int) -> None:
        """Open the port on 127.0.0.1 (0 takes a free one).

        Raises:
            RequestError: of kind `configuration`, when the port cannot be had.
        """
        try:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        except (OSError, OverflowError) as error:
            message = f"Port {port} on 127.0.0.1 cannot be used; choose another, or 0 for any free one."
            raise RequestError(ErrorKind.CONFIGURATION, message) from error

    async def aclose(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is None:
            return
        self._server.close()
        connections = tuple(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MAX_CONNECTIONS:
            writer.close()
            return
        self._connections.add(task)
        try:
            await Connection(reader, writer, self._respond).serve()
        except asyncio.CancelledError:
            # Only `aclose` cancels a connection, and asyncio reports a cancelled callback as a fault.
            writer.close()
        finally:
            self._connections.discard(task)

    async def _respond(self, request: IncomingRequest) -> tuple[Reply, Callable[[Outcome], None]]:
        path = urlsplit(request.target).path
        received = ReceivedRequest(method=request.method, path=path, headers=request.headers, body=request.body)
        self._received.add(received)
        step = self._take_step(request.method, path)
        try:
            self._check(request)
            prepared = await self._prepare(request, path, step)
        except Refusal as refusal:
            prepared = self._refused(refusal, path)
        reply = self._with_faults(prepared, step)

        def tell(outcome: Outcome) -> None:
            received.status = reply.status if outcome.answered else received.status
            received.answered = outcome.answered
            received.client_closed = outcome.client_closed
            self._received.changed()

        return reply, tell

    def _take_step(self, method: str, path: str) -> Step:
        for index, step in enumerate(self._steps):
            if step.applies_to(method, path):
                del self._steps[index]
                return step
        return _NORMAL

    def _check(self, request: IncomingRequest) -> None:
        # A web page can point a name of its own at 127.0.0.1; then the Host header gives it away.
        if not _LOOPBACK_HOST.fullmatch(request.headers.get("host", "")):
            raise Refusal(HTTPStatus.MISDIRECTED_REQUEST, "This server answers on loopback names only.")
        if request.refusal is not None:
            raise Refusal(request.refusal, f"The body is larger than {MAX_BODY_BYTES} bytes.", code="too_large")

    async def _prepare(self, request: IncomingRequest, path: str, step: Step) -> _Prepared:
        if step.body is not None:
            return _given(step)
        if step.status == 0:
            return _Prepared(0, (), ())
        if step.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise self._profile.refusal(step.status)
        document = self._profile.documents.get(path)
        if document is not None:
            _require_method(request.method, "GET")
            return _json(step.status, document(self._started))
        posted = self._profile.posted.get(path)
        if posted is not None:
            _require_method(request.method, "POST")
            return _json(step.status, posted(_read_object(request.body)))
        asked = self._profile.path_of(path)
        route = next((route for route in self._profile.routes if route.path == asked), None)
        if route is None:
            raise Refusal(HTTPStatus.NOT_FOUND, f"Unknown request URL: {request.method[:20]} {path[:200]}.")
        _require_method(request.method, "POST")
        question = route.understand(_read_object(request.body))
        name = self._profile.check_model(question.model)
        answered = await asyncio.to_thread(answer, question, name, f"sandbox-{next(self._numbers)}")
        return _answered(step.status, route, question, answered)

    def _refused(self, refusal: Refusal, path: str) -> _Prepared:
        prepared = _json(refusal.status, self._profile.error(refusal, path))
        return attrs.evolve(prepared, headers=(*prepared.headers, *refusal.headers.items()))

    def _with_faults(self, prepared: _Prepared, step: Step) -> Reply:
        parts = _spoil(prepared) if step.malformed else prepared.parts
        replaced = {name.lower() for name in step.headers}
        headers = [(name, value) for name, value in prepared.headers if name.lower() not in replaced]
        headers += [(name, value) for name, value in step.headers.items() if name.lower() not in _OURS_ALONE]
        length = sum(len(part) for part in parts)
        return Reply(
            status=prepared.status,
            headers=tuple(headers),
            body=self._send_parts(parts, step, pause=self._chunk_seconds if prepared.streamed else 0.0),
            length=None if prepared.streamed else length,
            cut=step.cut_after is not None and step.cut_after < length,
            silent=prepared.status == 0,
        )

    async def _send_parts(self, parts: tuple[bytes, ...], step: Step, pause: float) -> AsyncIterator[bytes]:
        if step.delay_seconds:
            await asyncio.sleep(step.delay_seconds)
        sent = 0
        holding = step.hold_after is not None
        released = self._released
        yield b""
        for part in parts:
            if holding and step.hold_after is not None and sent >= step.hold_after:
                holding = False
                await released.wait()
            if step.cut_after is not None and sent + len(part) > step.cut_after:
                yield part[: step.cut_after - sent]
                return
            yield part
            sent += len(part)
            await asyncio.sleep(pause)


def answer(question: Question, name: str, identifier: str) -> Answered:
    """Ask the rules and put their words into what every envelope needs. Pure but for the clock."""
    text = (
        model.fill(question.prefix, question.suffix) if question.prefix is not None else model.chat(question.messages)
    )
    for stop in question.stop:
        text = text.partition(stop)[0]
    text, cut = cut_to_tokens(text, question.max_tokens)
    asked = (question.prefix or "") + question.suffix + "".join(content for _role, content in question.messages)
    return Answered(
        identifier=identifier,
        model=name,
        created=int(time.time()),
        pieces=model.pieces(text),
        finish="length" if cut else "stop",
        prompt_tokens=count_tokens(asked),
        completion_tokens=count_tokens(text),
    )


def _answered(status: int, route: Route, question: Question, answered: Answered) -> _Prepared:
    if not question.stream:
        return _json(status, route.whole(answered))
    headers = (("content-type", route.stream_type), ("cache-control", "no-cache"))
    return _Prepared(status, headers, tuple(route.events(question, answered)), streamed=True)


def _given(step: Step) -> _Prepared:
    if not isinstance(step.body, str):
        return _json(step.status, step.body)
    types = [value for name, value in step.headers.items() if name.lower() == "content-type"]
    streamed = bool(types) and types[0].startswith(("text/event-stream", "application/x-ndjson"))
    return _Prepared(
        step.status, (("content-type", "text/plain; charset=utf-8"),), (step.body.encode("utf-8", "replace"),), streamed
    )


def _json(status: int, data: Any) -> _Prepared:
    return _Prepared(status, (("content-type", "application/json"),), (encoded(data),))


def _spoil(prepared: _Prepared) -> tuple[bytes, ...]:
    if prepared.streamed:
        middle = len(prepared.parts) // 2
        return (*prepared.parts[:middle], _BROKEN_EVENT, *prepared.parts[middle:])
    whole = b"".join(prepared.parts)
    return (whole[: len(whole) // 2],)


def _require_method(method: str, allowed: str) -> None:
    if method != allowed:
        message = f"Not allowed to {method[:20]} here; use {allowed}."
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, message, code="method_not_supported", headers={"allow": allowed})


def _read_object(body: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, "We could not parse the body of your request: send one JSON object.")
    return data


async def start(
    *,
    port: int = 0,
    profile: str = "openai",
    scenario: Iterable[Step | Mapping[str, Any]] = (),
    kept_requests: int = 0,
    chunk_seconds: float = 0.0,
) -> Sandbox:
    """Start a stand-in on 127.0.0.1; the caller closes it with `aclose`.

    `kept_requests` bounds the ring of remembered requests. `chunk_seconds` is the pause after each streamed event.

    Raises:
        RequestError: of kind `configuration`, for an unknown profile, a scenario that makes no sense or a taken port.
    """
    if profile not in PROFILES:
        message = f"'{profile}' is not a profile of the sandbox; choose one of: {', '.join(PROFILES)}."
        raise RequestError(ErrorKind.CONFIGURATION, message)
    sandbox = Sandbox(PROFILES[profile], read_steps(scenario), kept_requests, chunk_seconds)
    await sandbox.listen(port)
    return sandbox


@contextlib.asynccontextmanager
async def run_sandbox(
    *,
    port: int = 0,
    profile: str = "openai",
    scenario: Iterable[Step | Mapping[str, Any]] = (),
    kept_requests: int = KEPT_REQUESTS,
    chunk_seconds: float = 0.0,
) -> AsyncIterator[Sandbox]:
    """Run a stand-in for the length of a block and remember what it was asked; see the module's docstring.

    Raises:
        RequestError: as `start` does.
    """
    sandbox = await start(
        port=port, profile=profile, scenario=scenario, kept_requests=kept_requests, chunk_seconds=chunk_seconds
    )
    try:
        yield sandbox
    finally:
        await sandbox.aclose()
