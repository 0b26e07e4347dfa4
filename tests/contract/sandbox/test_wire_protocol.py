"""The sandbox as its clients see it: through the openai package, and byte by byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Timeout
from openai.types.chat import ChatCompletionChunk

from aurelis.core.errors import RequestError
from aurelis.sandbox.connection import MAX_BODY_BYTES, MAX_HEAD_BYTES
from aurelis.sandbox.scenario import Step
from aurelis.sandbox.server import Sandbox, run_sandbox

CODE = "Task: explanation\nLanguage: python\n\n```python\ndef add(a, b):\n    return a + b\n```"
MESSAGES: Any = [{"role": "user", "content": CODE}]


@asynccontextmanager
async def connected(*steps: Any, chunk_seconds: float = 0.0) -> AsyncIterator[tuple[Sandbox, AsyncOpenAI]]:
    async with (
        run_sandbox(scenario=steps, chunk_seconds=chunk_seconds) as sandbox,
        AsyncOpenAI(base_url=sandbox.base_url, api_key="unused", max_retries=0, timeout=30) as client,
    ):
        yield sandbox, client


async def streamed(client: AsyncOpenAI, **more: Any) -> list[ChatCompletionChunk]:
    stream = await client.chat.completions.create(model="default", messages=MESSAGES, stream=True, **more)
    return [chunk async for chunk in stream]


async def raw(sandbox: Sandbox, data: bytes) -> bytes:
    """Send bytes as they are and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
    writer.write(data)
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_the_model_list_has_the_one_model() -> None:
    """`/v1/models` parses as a list and names the model by which it is asked."""
    async with connected() as (_sandbox, client):
        assert [model.id for model in (await client.models.list()).data] == ["default"]


async def test_a_plain_answer_depends_on_the_code() -> None:
    """A chat completion has the shape that the openai package parses, with usage and a finish reason."""
    async with connected() as (_sandbox, client):
        answer = await client.chat.completions.create(model="default", messages=MESSAGES)
    assert "`add`" in str(answer.choices[0].message.content)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


async def test_a_streamed_answer_has_role_content_finish_and_usage_in_this_order() -> None:
    """The chunks put together are the plain answer, and usage comes last with empty choices."""
    async with connected() as (_sandbox, client):
        plain = await client.chat.completions.create(model="default", messages=MESSAGES)
        chunks = await streamed(client, stream_options={"include_usage": True})
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == plain.choices[0].message.content
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage) == ([], plain.usage)


async def test_usage_is_streamed_only_when_asked_for() -> None:
    """Without `include_usage` every chunk has a choice."""
    async with connected() as (_sandbox, client):
        assert all(chunk.choices for chunk in await streamed(client))


@pytest.mark.parametrize("stream", [False, True])
async def test_completions_fill_the_hole_before_the_suffix(stream: bool) -> None:
    """`/completions` with a suffix answers with what stands between, plain and streamed."""
    request: Any = {"model": "default", "prompt": "open_door(key, lock)\nopen_door(", "suffix": " lock)\n"}
    async with connected() as (_sandbox, client):
        answer: Any = await client.completions.create(**request, stream=stream)
        texts = [part.choices[0].text async for part in answer] if stream else [answer.choices[0].text]
    assert "".join(texts) == "key,"


async def test_limits_of_the_client_are_kept() -> None:
    """`max_tokens` ends the answer with `length`, a stop text before itself."""
    async with connected() as (_sandbox, client):
        short = await client.chat.completions.create(model="default", messages=MESSAGES, max_tokens=3)
        stopped = await client.chat.completions.create(model="default", messages=MESSAGES, stop="add")
    assert (short.choices[0].finish_reason, short.usage and short.usage.completion_tokens) == ("length", 3)
    assert stopped.choices[0].message.content == "**`"


@pytest.mark.parametrize(
    ("request_body", "status", "code", "param"),
    [
        ({"model": "other", "messages": MESSAGES}, 404, "model_not_found", "model"),
        ({"model": 1, "messages": MESSAGES}, 400, "invalid_value", "model"),
        ({"messages": MESSAGES}, 400, None, "model"),
        ({"model": "default", "messages": []}, 400, "invalid_value", "messages"),
        ({"model": "default", "messages": ["x"]}, 400, "invalid_value", "messages[0]"),
        (
            {"model": "default", "messages": [{"role": "user", "content": 1}]},
            400,
            "invalid_value",
            "messages[0].content",
        ),
        ({"model": "default", "messages": MESSAGES, "temperature": 9}, 400, "invalid_value", "temperature"),
        ({"model": "default", "messages": MESSAGES, "max_tokens": 0}, 400, "invalid_value", "max_tokens"),
        ({"model": "default", "messages": MESSAGES, "stop": [1]}, 400, "invalid_value", "stop"),
        ({"model": "default", "messages": MESSAGES, "n": 2}, 400, "invalid_value", "n"),
        ({"model": "default", "messages": MESSAGES, "n": [1]}, 400, "invalid_value", "n"),
        ({"model": "default", "messages": MESSAGES, "stream": "yes"}, 400, "invalid_value", "stream"),
        ({"model": "default", "messages": MESSAGES, "stream_options": {}}, 400, None, "stream_options"),
    ],
)
async def test_a_wrong_request_gets_the_usual_envelope(
    request_body: dict[str, Any], status: int, code: str | None, param: str
) -> None:
    """Status, code and field of the error are those that clients of the protocol read."""
    async with connected() as (_sandbox, client):
        with pytest.raises(APIStatusError) as raised:
            await client.post("/chat/completions", body=request_body, cast_to=object)
    assert (raised.value.status_code, raised.value.code, raised.value.param) == (status, code, param)


async def test_half_a_character_is_answered_with_a_mark() -> None:
    """JSON may hold lone surrogates, which no answer can be written with."""
    async with connected() as (sandbox, _client):
        unknown = await raw(
            sandbox, post("/v1/chat/completions", {"model": "\ud800", "messages": MESSAGES}, close=True)
        )
        prompt = 'alphabetical = "\ud800"\nalphabetical = '
        body = {"model": "default", "prompt": prompt, "suffix": "", "stream": True}
        continued = await raw(sandbox, post("/v1/completions", body, close=True))
    assert b"The model '?' does not exist" in unknown
    assert b'\\"?\\"' in continued


@pytest.mark.parametrize(
    ("step", "status", "code"),
    [
        (Step(status=401), 401, "invalid_api_key"),
        (Step(status=429, headers={"retry-after": "7"}), 429, "rate_limit_exceeded"),
        ({"status": 410, "body": {"error": {"code": "retired", "message": "Gone."}}}, 410, "retired"),
        ({"status": 503, "body": "<html>busy</html>"}, 503, None),
    ],
)
async def test_a_scenario_is_used_up_in_order_and_then_answers_are_normal(step: Any, status: int, code: str) -> None:
    """The first model request gets the step, the next a normal answer; fetching the list uses nothing up."""
    async with connected(step) as (_sandbox, client):
        await client.models.list()
        with pytest.raises(APIStatusError) as raised:
            await streamed(client)
        assert await streamed(client)
    assert (raised.value.status_code, raised.value.code) == (status, code)
    if status == 429:
        assert raised.value.response.headers["retry-after"] == "7"


async def test_a_step_can_be_meant_for_one_path() -> None:
    """A step with a path waits for a request of that path, whatever its method."""
    async with connected({"status": 500, "path": "/v1/models"}) as (_sandbox, client):
        assert await streamed(client)
        with pytest.raises(APIStatusError):
            await client.models.list()


@pytest.mark.parametrize("cut", [0, 1, 400])
async def test_a_cut_stream_ends_without_its_end(cut: int) -> None:
    """The client sees a broken connection, not a finished answer."""
    async with connected({"cutAfter": cut}) as (sandbox, client):
        with pytest.raises(APIConnectionError):
            await streamed(client)
        assert sandbox.requests[-1].client_closed is False


async def test_status_zero_closes_without_an_answer() -> None:
    """The client's connection just ends."""
    async with connected(Step(status=0)) as (_sandbox, client):
        with pytest.raises(APIConnectionError):
            await client.chat.completions.create(model="default", messages=MESSAGES)


async def test_a_malformed_stream_has_one_broken_event() -> None:
    """All lines but one parse, and the stream still ends as it should."""
    async with connected({"malformed": True}) as (sandbox, _client):
        body = {"model": "default", "messages": MESSAGES, "stream": True}
        answer = await raw(sandbox, post("/v1/chat/completions", body, close=True))
    events = [line[6:] for line in answer.decode().splitlines() if line.startswith("data: ")]
    broken = [event for event in events if not parses(event)]
    assert [event for event in broken if event != "[DONE]"] == ['{"choices": [{"index": 0, "del']
    assert events[-1] == "[DONE]"


async def test_a_malformed_plain_answer_is_cut_json() -> None:
    """The HTTP is sound, the JSON is not."""
    async with connected({"malformed": True}) as (sandbox, _client):
        answer = await raw(
            sandbox, post("/v1/chat/completions", {"model": "default", "messages": MESSAGES}, close=True)
        )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert not parses(body.decode())


async def test_a_held_stream_delivers_its_beginning_before_its_end() -> None:
    """Until the release the first chunks are all that there is, and after it the rest arrives."""
    async with connected(Step(hold_after=1)) as (sandbox, client):
        stream = await client.chat.completions.create(model="default", messages=MESSAGES, stream=True)
        first = await anext(aiter(stream))
        assert first.choices[0].delta.role == "assistant"
        assert not sandbox.requests[-1].answered
        sandbox.release()
        assert [chunk async for chunk in stream][-1].choices[0].finish_reason == "stop"
        await sandbox.until(lambda: sandbox.requests[-1].answered)


async def test_a_client_that_leaves_early_is_noticed() -> None:
    """Closing the stream is seen at once, even while nothing is being sent."""
    async with connected(Step(hold_after=1)) as (sandbox, client):
        stream = await client.chat.completions.create(model="default", messages=MESSAGES, stream=True)
        await anext(aiter(stream))
        await stream.close()
        await sandbox.until(lambda: sandbox.requests[-1].client_closed)
        assert not sandbox.requests[-1].answered


async def test_a_delayed_answer_can_be_given_up() -> None:
    """A client that times out during the delay counts as one that left."""
    async with connected({"delaySeconds": 3600}) as (sandbox, client):
        with pytest.raises(APIConnectionError):
            await client.chat.completions.create(model="default", messages=MESSAGES, timeout=Timeout(30, read=0.05))
        await sandbox.until(lambda: sandbox.requests[-1].client_closed)


async def test_requests_are_remembered_as_they_were_sent() -> None:
    """Path, headers, body and status of each request can be looked at."""
    async with connected() as (sandbox, client):
        await client.chat.completions.create(model="default", messages=MESSAGES)
        await sandbox.until(lambda: sandbox.requests[-1].answered)
        request = sandbox.requests[-1]
    assert (request.method, request.path, request.status) == ("POST", "/v1/chat/completions", 200)
    assert request.json["messages"] == MESSAGES
    assert request.headers["authorization"] == "Bearer unused"


def post(path: str, body: Any, *, host: str = "127.0.0.1", close: bool = False) -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    more = "Connection: close\r\n" if close else ""
    return f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(data)}\r\n{more}\r\n".encode() + data


def parses(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(GET % b"/health", 200, id="health"),
        pytest.param(GET % b"/v1/models?limit=3", 200, id="a query is ignored"),
        pytest.param(GET % b"http://localhost/v1/models", 200, id="absolute form"),
        pytest.param(GET % b"/v1/nothing", 404, id="unknown path"),
        pytest.param(GET % b"/v1/chat/completions", 405, id="wrong method"),
        pytest.param(GET.replace(b"GET", b"HEAD") % b"/health", 405, id="HEAD"),
        pytest.param(post("/v1/models", {}, close=True), 405, id="POST to a document"),
        pytest.param(post("/v1/chat/completions", b"{", close=True), 400, id="half an object"),
        pytest.param(post("/v1/chat/completions", b"[]", close=True), 400, id="not an object"),
        pytest.param(post("/v1/chat/completions", b"\xff", close=True), 400, id="not UTF-8"),
        pytest.param(post("/v1/chat/completions", b'{"a":' * 100_000, close=True), 400, id="absurd nesting"),
        pytest.param(post("/v1/chat/completions", {}, host="evil.example", close=True), 421, id="foreign Host"),
        pytest.param(post("/v1/chat/completions", {}, host="127.0.0.1.evil.example", close=True), 421, id="near Host"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, id="no Host"),
        pytest.param(b"nonsense\r\n\r\n", 400, id="not HTTP"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, id="a TLS greeting"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"a" * (MAX_HEAD_BYTES + 1), 431, id="endless header"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
            413,
            id="announced body too large",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            id="broken chunk",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            + (b"100000\r\n" + b"a" * 0x100000 + b"\r\n") * 9,
            413,
            id="chunked body too large",
        ),
    ],
)
async def test_bad_input_gets_a_status_and_the_server_lives_on(data: bytes, status: int) -> None:
    """Whatever the bytes, the answer is HTTP with the right status, and the next client is served."""
    async with connected() as (sandbox, client):
        answer = await raw(sandbox, data)
        assert answer.split(b" ", 2)[1] == str(status).encode()
        assert (await client.models.list()).data


async def test_pipelined_requests_are_answered_in_order() -> None:
    """Requests sent at once on one connection get their answers in the same order."""
    first = post("/v1/chat/completions", {"model": "default", "messages": MESSAGES, "stream": True})
    async with connected() as (sandbox, _client):
        answer = await raw(
            sandbox, first + GET.replace(b"Connection: close\r\n", b"") % b"/health" + GET % b"/v1/nothing"
        )
    places = [answer.index(text) for text in (b"[DONE]", b'{"status": "ok"}', b"HTTP/1.1 404")]
    assert places == sorted(places)
    assert answer.count(b"HTTP/1.1 ") == 3


async def test_a_client_that_waits_for_100_continue_is_told_to() -> None:
    """The body is asked for before it is read."""
    body = json.dumps({"model": "default", "messages": MESSAGES}).encode()
    head = post("/v1/chat/completions", body, close=True).removesuffix(body)
    async with connected() as (sandbox, _client):
        reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
        writer.write(head.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert b"100" in await reader.readline()
        writer.write(body)
        assert b"HTTP/1.1 200" in await reader.read()
        writer.close()
        await writer.wait_closed()


async def test_it_listens_on_loopback_alone() -> None:
    """The address is 127.0.0.1 and the port a free one."""
    async with run_sandbox() as sandbox:
        assert sandbox.base_url == f"http://127.0.0.1:{sandbox.port}/v1"
        assert sandbox._server is not None
        assert [entry.getsockname()[0] for entry in sandbox._server.sockets] == ["127.0.0.1"]


async def test_a_taken_port_and_an_unknown_profile_are_configuration_errors() -> None:
    """Starting fails with a sentence, before anything listens."""
    async with run_sandbox() as sandbox:
        with pytest.raises(RequestError, match="cannot be used"):
            async with run_sandbox(port=sandbox.port):
                pass
    with pytest.raises(RequestError, match="openai"):
        async with run_sandbox(profile="nothing"):
            pass
