"""One answer, in every shape in which servers give it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Alive, Finished, FinishReason, TextDelta, Thinking, Usage
from aurelis.providers import answers
from aurelis.providers.errors import Blame
from aurelis.providers.reasoning import ReasoningFilter
from aurelis.providers.surrogates import SurrogateJoiner
from unit.providers.raw_server import (
    DONE,
    Exchange,
    RawServer,
    ask,
    collect,
    delta,
    end_of,
    head,
    provider_for,
    stream,
    text_of,
    whole,
)


def event(value: Any) -> bytes:
    """One event."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


USAGE = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}
FILTER_FIRST = {"choices": [], "prompt_filter_results": [{"prompt_index": 0}], "id": "", "object": ""}
PARTS = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "hel"}]


@pytest.mark.parametrize(
    ("parts", "text", "reason"),
    [
        ([delta("hel"), delta("lo"), delta("", "stop"), DONE], "hello", FinishReason.STOP),
        ([event(FILTER_FIRST), delta("hello", "stop"), event(USAGE), DONE], "hello", FinishReason.STOP),
        ([delta("hello"), event({"choices": [{"index": 0, "finish_reason": "length"}]}), DONE], "hello", "length"),
        ([delta("hello"), event({"choices": [{"content_filter_offsets": {}}]}), DONE], "hello", FinishReason.STOP),
        (
            [event({"choices": [{"delta": {"content": None, "role": "assistant"}}]}), delta("hello", "stop")],
            "hello",
            "stop",
        ),
        ([event({"choices": [{"delta": {"content": PARTS}}]}), delta("lo", "stop"), DONE], "hello", FinishReason.STOP),
        ([event({"choices": [{"delta": {"content": ["hel", {"text": "lo"}]}}]}), DONE], "hello", FinishReason.STOP),
        ([event({"choices": [{"delta": {"reasoning_content": "hm"}}]}), delta("\n\nhello", "stop")], "hello", "stop"),
        (
            [event({"choices": [{"delta": {"reasoning": "hm", "content": ""}}]}), delta("hello", "stop")],
            "hello",
            "stop",
        ),
        ([event({"choices": [{"text": "hello", "finish_reason": "stop"}]}), DONE], "hello", FinishReason.STOP),
        (
            [event({"choices": [{"delta": {"content": "hello"}, "finish_reason": "content_filter"}]})],
            "",
            "content_filter",
        ),
        ([delta("hello", "stop"), event({"error": {"message": "late", "code": 500}}), DONE], "hello", "stop"),
        ([event({"choices": [{"index": 1, "delta": {"content": "no"}}]}), delta("hello", "stop")], "hello", "stop"),
        (
            [event({"content": "hel", "stop": False}), event({"content": "lo", "stop": True, "stop_type": "limit"})],
            "hello",
            "length",
        ),
        ([delta("hello")], "hello", FinishReason.CUT),
        ([delta("hello"), DONE], "hello", FinishReason.STOP),
        ([delta("<think>no</th"), delta("ink>\n\nhello"), delta("", "stop"), DONE], "hello", FinishReason.STOP),
        ([delta("hello<think>cut off here", "length"), DONE], "hello", FinishReason.LENGTH),
        ([delta("", "stop"), DONE], "", FinishReason.STOP),
    ],
)
async def test_streams_of_every_shape_are_read(server: RawServer, parts: list[bytes], text: str, reason: str) -> None:
    """The text, why it ended, and nothing of the reasoning."""
    server.answers = [stream(*parts)]
    async with provider_for(server.base_url) as provider:
        events = await collect(provider)
    assert text_of(events) == text
    assert end_of(events).reason == reason
    assert sum(isinstance(item, Finished) for item in events) == 1


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}], "usage": USAGE["usage"]}, "hello"),
        ({"choices": [{"message": {"content": "<think>a</think>hello", "reasoning_content": "b"}}]}, "hello"),
        ({"response": "hello", "done": True, "done_reason": "stop"}, "hello"),
        ({"content": "hello", "stop": True, "tokens_predicted": 2}, "hello"),
        ([{"choices": [{"message": {"content": "hello"}}]}], "hello"),
    ],
)
async def test_a_whole_answer_is_accepted_for_a_stream(server: RawServer, body: Any, text: str) -> None:
    """A server that ignores `stream` is understood, its JSON pretty-printed or not."""
    server.answers = [whole(200, json.dumps(body).encode()), whole(200, json.dumps(body, indent=1).encode())]
    async with provider_for(server.base_url) as provider:
        for _ in range(2):
            events = await collect(provider)
            assert text_of(events) == text
            assert end_of(events).reason is FinishReason.STOP


async def test_usage_and_log_probabilities_are_kept(server: RawServer) -> None:
    """Token counts after the end of the answer and the mean log-probability arrive with the last event."""
    probable = {"content": [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.5}]}
    choice = {"index": 0, "delta": {"content": "ab"}, "logprobs": probable, "finish_reason": "stop"}
    server.answers = [stream(event({"choices": [choice]}), event(USAGE), DONE)]
    async with provider_for(server.base_url) as provider:
        end = end_of(await collect(provider))
    assert end.usage == Usage(5, 2, 7)
    assert end.mean_logprob == -1.0


@pytest.mark.parametrize("tokens", [10**400, 10**12, -5, 1.5, True, "7", None])
async def test_counts_that_no_answer_can_have_are_none(server: RawServer, tokens: object) -> None:
    """The answer is taken, and its tokens are estimated."""
    counts = {"prompt_tokens": tokens, "completion_tokens": tokens, "total_tokens": tokens}
    server.answers = [stream(delta("a", "stop"), event({"choices": [], "usage": counts}), DONE)]
    async with provider_for(server.base_url) as provider:
        assert end_of(await collect(provider)).usage is None


async def test_reasoning_shows_as_a_sign_of_life(server: RawServer) -> None:
    """While the model reasons, `Thinking` tells that the stream is alive."""
    server.answers = [stream(event({"choices": [{"delta": {"reasoning_content": "hm"}}]}), delta("a", "stop"), DONE)]
    async with provider_for(server.base_url) as provider:
        events = await collect(provider)
    assert Thinking() in events
    assert events.index(Thinking()) < events.index(TextDelta("a"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (whole(200, b"<!doctype html><p>Sign in", content_type="text/html"), ("web page", "providers.mine.baseUrl")),
        (whole(200, b"<html>", content_type="text/event-stream"), ("web page", "baseUrl")),
        (whole(200, b""), ("nothing",)),
        (stream(), ("nothing",)),
        (whole(200, b'{"hello": "world"}'), ("no completion", "baseUrl")),
        (whole(200, b'{"choices": []}'), ("no completion", "baseUrl")),
        (whole(200, b"no gzip", content_encoding="gzip"), ("cannot be read",)),
        (whole(200, b"OK", content_type="text/plain"), ("no completion", "baseUrl")),
        (stream(b"data: {half"), ("cannot be read",)),
        (stream(delta("a"), b"data: nonsense\n\n", delta("b")), ("cannot be read",)),
        (stream(b'data: {"a":' + b"[" * 150_000 + b"\n\n"), ("cannot be read",)),
        (whole(200, b"[" * 150_000), ("no completion",)),
    ],
)
async def test_what_is_no_answer_is_an_invalid_response(server: RawServer, answer: Any, words: tuple[str, ...]) -> None:
    """Pages, nothing and rubbish are named for what they are, with the setting to look at."""
    server.answers = [answer]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert caught.value.kind is ErrorKind.INVALID_RESPONSE
    assert all(word in caught.value.message for word in words)


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        ({"message": "Rate limit reached", "code": "rate_limit_exceeded"}, ErrorKind.RATE_LIMIT, True),
        ({"message": "overloaded", "type": "overloaded_error"}, ErrorKind.UNAVAILABLE, True),
        ({"message": "Provider returned error", "code": 502}, ErrorKind.UNAVAILABLE, True),
        ({"code": 400, "message": "the request exceeds the available context size"}, ErrorKind.TOO_LARGE, False),
        ({"code": "content_filter", "message": "filtered"}, ErrorKind.CONTENT_FILTER, False),
        ("something broke", ErrorKind.UNAVAILABLE, True),
        (None, ErrorKind.UNAVAILABLE, True),
    ],
)
async def test_an_error_inside_the_stream_is_raised(
    server: RawServer, error: Any, kind: ErrorKind, retryable: bool
) -> None:
    """An error object after the answer's beginning has the kind that its code means."""
    failed = {"error": error} if error else {"choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}
    server.answers = [stream(delta("a"), event(failed))]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable) == (kind, retryable)


@pytest.mark.parametrize("reason", ["network_error", "insufficient_system_resource", "abort", "ERROR"])
async def test_an_answer_that_ends_in_an_error_is_none(server: RawServer, reason: str) -> None:
    """Vendors have their own words for an answer that the server gave up."""
    server.answers = [stream(delta("a"), delta("", reason), DONE)]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, True)


async def test_an_error_in_the_old_form_is_raised(server: RawServer) -> None:
    """An object that calls itself an error is one."""
    server.answers = [stream(event({"object": "error", "message": "no such model", "code": 404}))]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert caught.value.kind is ErrorKind.CONFIGURATION


async def test_comments_show_as_a_sign_of_life(server: RawServer) -> None:
    """A server that keeps the stream open while the model waits or loads is heard, apart from what the model says."""
    server.answers = [stream(b": processing\n\n", delta("a"), b": more\n\n" + delta("b", "stop"), DONE)]
    async with provider_for(server.base_url) as provider:
        events = await collect(provider)
    assert events[:3] == [Alive(), TextDelta("a"), TextDelta("b")]


async def test_what_says_nothing_shows_as_a_sign_of_life(server: RawServer) -> None:
    """An empty chunk is as good as a comment."""
    server.answers = [stream(delta(""), event({"choices": []}), delta("hello", "stop"), DONE)]
    async with provider_for(server.base_url) as provider:
        events = await collect(provider)
    assert any(isinstance(item, Alive) for item in events[:-1])
    assert text_of(events) == "hello"


async def test_comments_after_the_answer_do_not_hold_it_up(server: RawServer) -> None:
    """Once the model has stopped, the tail has its time, however lively it is."""

    async def endless(exchange: Exchange) -> None:
        await exchange.send(head())
        await exchange.chunk(delta("hello", "stop"))
        while not exchange.writer.is_closing():
            await exchange.chunk(b": still here\n\n")
            await asyncio.sleep(0.01)

    server.answers = [endless]
    async with provider_for(server.base_url) as provider, asyncio.timeout(5):
        events = await collect(provider)
    assert (text_of(events), end_of(events).reason) == ("hello", FinishReason.STOP)


@pytest.mark.parametrize(
    "answers",
    [
        [event({"choices": [{"delta": {"refusal": part}}]}) for part in ("I cannot ", "help.")]
        + [delta("", "stop"), DONE],
        [event({"choices": [{"delta": {"content": ""}, "finish_reason": "refusal"}]}), DONE],
        [event({"choices": [{"delta": {"content": "a"}, "finish_reason": "sensitive"}]}), DONE],
    ],
)
async def test_a_refusal_is_no_answer(server: RawServer, answers: list[bytes]) -> None:
    """A model that says in the protocol's own way that it refuses is filtered; its apology is not the text."""
    server.answers = [stream(*answers)]
    async with provider_for(server.base_url) as provider:
        events = await collect(provider)
    assert (text_of(events), end_of(events).reason) == ("", FinishReason.CONTENT_FILTER)


async def test_a_connection_lost_within_the_answer_is_a_network_error(server: RawServer) -> None:
    """A body that breaks off is not taken for an answer."""

    async def breaks(exchange: Exchange) -> None:
        await exchange.send(head())
        await exchange.chunk(delta("hel"))
        await exchange.send(b"50\r\ndata: {")
        exchange.writer.close()

    server.answers = [breaks]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.NETWORK, True)


async def test_a_connection_lost_after_the_answer_is_no_error(server: RawServer) -> None:
    """Once the model has said that it is finished, a rude end changes nothing."""

    async def breaks(exchange: Exchange) -> None:
        await exchange.send(head())
        await exchange.chunk(delta("hello", "stop"))
        await exchange.send(b"50\r\ndata: {")
        exchange.writer.close()

    server.answers = [breaks]
    async with provider_for(server.base_url) as provider:
        events = await collect(provider)
    assert (text_of(events), end_of(events).reason) == ("hello", FinishReason.STOP)


async def test_an_answer_is_bounded(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the bound the answer ends as if cut by length, and the connection is closed."""
    monkeypatch.setattr(answers, "MAX_ANSWER_CHARACTERS", 10)

    async def endless(exchange: Exchange) -> None:
        await exchange.send(head())
        for _ in range(4):
            await exchange.chunk(delta("abcd"))
        await exchange.left()

    server.answers = [endless]
    async with provider_for(server.base_url) as provider:
        events = await collect(provider)
        await server.closed.wait()
    assert text_of(events) == "abcdabcdab"
    assert end_of(events).reason is FinishReason.LENGTH


async def test_an_unmarked_beginning_of_reasoning_is_learned(server: RawServer) -> None:
    """A template that opens the block itself spoils one attempt, which may be repeated; then the answer is clean."""
    server.answers = [stream(delta("I should greet.\n"), delta("</think>\n\nhello"), delta("", "stop"), DONE)]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
        events = await collect(provider)
        other = provider.stream(ask(), "other", 5.0)
        first = await anext(other)
        await other.aclose()
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.INVALID_RESPONSE, True)
    assert text_of(events) == "hello"
    assert isinstance(first, TextDelta)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["\ud83c", "\udf89"], "🎉"),
        (["a\ud83c\udf89b"], "a🎉b"),
        (["\ud83c", "x"], "\ufffdx"),
        (["\udf89"], "\ufffd"),
        (["end\ud83c"], "end\ufffd"),
        (["\ud83c", "", "\udf89"], "🎉"),
    ],
)
def test_halves_of_characters_are_joined_or_replaced(parts: list[str], expected: str) -> None:
    """No half of a surrogate pair leaves the provider."""
    joiner = SurrogateJoiner()
    text = "".join([*map(joiner.feed, parts), joiner.finish()])
    assert text == expected
    text.encode()


async def test_a_chunk_for_every_byte_keeps_nobody_waiting() -> None:
    """Others have their turn while an answer is read that lies there whole, in very many pieces."""
    turns = 0

    async def work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def pieces() -> AsyncIterator[bytes]:
        for byte in delta("a") * 2_000:
            yield bytes([byte])

    blame = Blame(provider="mine", title="the server", host="127.0.0.1")
    reader = answers.AnswerReader(
        "text/event-stream", ReasoningFilter(), blame, lambda _: RequestError(ErrorKind.UNAVAILABLE, "")
    )
    others = asyncio.create_task(work())
    events = [event async for event in reader.read(pieces())]
    others.cancel()
    assert text_of(events) == "a" * 2_000
    assert turns > 3


async def test_tokens_that_stand_in_the_choice_are_counted(server: RawServer) -> None:
    """One vendor puts the counts of a stream into its last choice."""
    last = {"index": 0, "delta": {}, "finish_reason": "stop", "usage": USAGE["usage"]}
    server.answers = [stream(delta("hello"), event({"choices": [last]}), DONE)]
    async with provider_for(server.base_url) as provider:
        assert end_of(await collect(provider)).usage == Usage(5, 2, 7)


async def test_an_announced_end_arrives_with_the_answer(server: RawServer) -> None:
    """A `Sunset` header of a good answer becomes the notice of its last event."""
    server.answers = [stream(delta("a", "stop"), DONE, sunset="Thu, 30 Jul 2099 00:00:00 GMT")]
    async with provider_for(server.base_url) as provider:
        notice = end_of(await collect(provider)).notice
    assert notice is not None
    assert "2099-07-30" in notice
