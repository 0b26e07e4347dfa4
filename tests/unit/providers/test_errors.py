"""Every failure that upstreams are known to answer has its kind, its flags and a sentence to act on."""

from __future__ import annotations

import json
import socket
import ssl
import time
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import attrs
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.providers.connection_errors import error_from_connection
from aurelis.providers.errors import Blame, error_from_answer, quote

NOW = 1_780_000_000.0
BLAME = Blame(provider="mine", title="Example", host="models.example:443", model="m-1", key_variable="EXAMPLE_KEY")


def judge(status: int, body: Any, **headers: str) -> RequestError:
    """The error of one answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_from_answer(status, named, raw, BLAME, now=NOW)


def github(code: str | None, message: str) -> dict[str, Any]:
    """The envelope of GitHub's gateway."""
    return {"error": {"code": code, "message": message, "details": message}}


RETIRED = github("github_models_retirement_brownout", "GitHub Models is temporarily unavailable")
DAY = "Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 5631 seconds before retrying."
AZURE_429 = {
    "error": {"code": "429", "message": "Requests have exceeded token rate limit. Please retry after 37 seconds."}
}
GEMINI_429 = [
    {
        "error": {
            "code": 429,
            "message": "Quota exceeded",
            "status": "RESOURCE_EXHAUSTED",
            "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}],
        }
    }
]
FILTERED = {
    "error": {
        "message": "The response was filtered",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation"},
    }
}
NO_KEY = {"error": {"code": 400, "message": "API key not valid.", "details": [{"reason": "API_KEY_INVALID"}]}}
CONTEXT = {
    "error": {
        "code": 400,
        "message": "the request exceeds the available context size",
        "type": "exceed_context_size_error",
    }
}
PAST, FUTURE = "Thu, 30 Jul 2020 00:00:00 GMT", "Thu, 30 Jul 2099 00:00:00 GMT"

R, F = True, True


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "retryable", "final"),
    [
        (401, github("unauthorized", "Bad credentials"), {}, "auth", False, F),
        (401, b"", {}, "auth", False, F),
        (401, {"detail": "Unauthorized"}, {}, "auth", False, F),
        (403, github("no_access", "No access to model: x"), {}, "auth", False, F),
        (403, b"", {"sunset": FUTURE}, "auth", False, F),
        (403, b"", {"sunset": PAST}, "gone", False, F),
        (400, NO_KEY, {}, "auth", False, F),
        (410, RETIRED, {}, "gone", False, F),
        (410, b"", {}, "gone", False, F),
        (404, github("unknown_model", "Unknown model: deepseek/deepseek-v3"), {}, "configuration", False, False),
        (400, github("unavailable_model", "Unavailable model: gpt-5"), {}, "configuration", False, False),
        (400, github("unknown_model", "Unknown model: /gpt-4.1"), {}, "configuration", False, False),
        (
            400,
            github("BadRequest", "Model {modelName} is enabled only for api versions 2024-12-01-preview"),
            {},
            "configuration",
            False,
            False,
        ),
        (404, b"404 page not found", {}, "configuration", False, False),
        (404, {"error": "model 'x' not found"}, {}, "configuration", False, False),
        (404, b"<html>", {}, "configuration", False, False),
        (
            413,
            github("tokens_limit_reached", "Request body too large for gpt-4o-mini model."),
            {},
            "too_large",
            False,
            False,
        ),
        (413, b"<html>413</html>", {}, "too_large", False, False),
        (400, CONTEXT, {}, "too_large", False, False),
        (
            400,
            {"error": {"message": "maximum context length is 8192 tokens", "code": "context_length_exceeded"}},
            {},
            "too_large",
            False,
            False,
        ),
        (
            500,
            {"error": {"message": "input is too large to process: prompt is too long"}},
            {},
            "too_large",
            False,
            False,
        ),
        (400, FILTERED, {}, "content_filter", False, False),
        (422, {"error": ["Input should be 'tool'", "Field required"]}, {}, "rejected", False, False),
        (
            422,
            {"detail": [{"loc": ["body", "n"], "msg": "Extra inputs are not permitted", "input": "planted"}]},
            {},
            "rejected",
            False,
            False,
        ),
        (422, {"message": {"detail": [{"msg": "Field required"}]}}, {}, "rejected", False, False),
        (
            400,
            github("Bad Request", '{"message":"invalid request: all elements in history must have a message."}'),
            {},
            "rejected",
            False,
            False,
        ),
        (402, {"error": {"message": "Insufficient Balance"}}, {}, "rejected", False, False),
        (408, b"", {}, "timeout", R, False),
        (409, b"", {}, "rejected", R, False),
        (429, github("RateLimitReached", DAY), {}, "rate_limit", R, False),
        (429, AZURE_429, {}, "rate_limit", R, False),
        (429, GEMINI_429, {}, "rate_limit", R, False),
        (429, b"Too many requests", {"x_should_retry": "false"}, "rate_limit", False, False),
        (429, b"Too many requests", {}, "rate_limit", R, False),
        (
            429,
            {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}},
            {},
            "rate_limit",
            False,
            False,
        ),
        (
            500,
            {"error": {"message": "The server had an error", "type": "server_error", "param": None, "code": None}},
            {},
            "unavailable",
            R,
            False,
        ),
        (
            503,
            {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
            {},
            "unavailable",
            R,
            False,
        ),
        (
            529,
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            {},
            "unavailable",
            R,
            False,
        ),
        (502, b"<html>Bad gateway</html>", {}, "unavailable", R, False),
        (501, {"error": {"message": "Infill is not supported by this model"}}, {}, "unavailable", False, False),
        (418, b"\xff\xfe\x00", {}, "rejected", False, False),
        (400, b"null", {}, "rejected", False, False),
        (
            400,
            b'{"error": {"error": {"error": {"error": {"error": {"error": {"error": {}}}}}}}}',
            {},
            "rejected",
            False,
            False,
        ),
    ],
)
def test_every_known_answer_has_its_kind(
    status: int, body: Any, headers: dict[str, str], kind: str, retryable: bool, final: bool
) -> None:
    """Kind and flags as the contract says, whatever the shape of the body."""
    error = judge(status, body, **headers)
    assert (error.kind, error.retryable, error.final_for_provider) == (ErrorKind(kind), retryable, final)
    assert error.status == status
    assert error.provider == "mine"
    assert error.message.endswith(tuple(".!?)}'")) or "It said:" in error.message
    assert "planted" not in error.message
    assert "\n" not in error.message


@pytest.mark.parametrize(
    "said",
    [
        "Incorrect API key provided: sk-proj-abcdefghij1234567890",
        "token ghp_0123456789abcdefghijABCDEFGHIJ012345 is bad",
        "Bearer abc.def.ghi refused",
        "key ****************1234 refused",
        "hash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 refused",
    ],
)
def test_nothing_like_a_key_is_quoted(said: str) -> None:
    """An upstream that repeats the key does not bring it into a message."""
    quoted = quote(said, BLAME)
    assert "..." in quoted
    for word in said.split():
        if any(character.isdigit() or character in ".*" for character in word):
            assert word not in quoted


def test_the_token_itself_and_the_prompt_are_never_quoted() -> None:
    """Even a token without any form, and an echo of the prompt, stay out."""
    blame = Blame(
        provider="p", title="P", host="h", secrets=("plainword",), private=("def secret_function(a, b):\n    return a",)
    )
    assert "plainword" not in quote("bad token plainword", blame)
    assert quote("cannot parse: def secret_function(a, b): return a", blame) == ""
    assert quote("cannot parse the request", blame) == "cannot parse the request"


@pytest.mark.parametrize(
    ("after", "said"), [("30", " for 30 s;"), ("3600", " for 60 min;"), ("0", " just now;"), ("soon", " just now;")]
)
def test_a_rate_limit_says_for_how_long(after: str, said: str) -> None:
    """A person reads when to ask again, where the server told it."""
    assert f"allows no more requests{said}" in judge(429, b"", retry_after=after).message


def test_quotes_are_one_short_line() -> None:
    """Control characters, newlines and length are taken out."""
    quoted = quote("a\x1b[31mred\r\nline\u2028" + "word " * 100, BLAME)
    assert len(quoted) <= 200
    assert quoted.isprintable()


def test_gone_names_the_way_on() -> None:
    """The sentence about a service that has ended names the choices and the commands."""
    message = judge(410, RETIRED).message
    assert all(part in message for part in ("for good", "aurelis login", "aurelis local"))


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (httpx2.ProxyError("407"), "The proxy does not let requests through to "),
        (httpx2.ConnectError("[Errno 111]"), "The proxy that leads to "),
        (httpx2.ConnectTimeout("10 s"), "The proxy that leads to "),
        (socket.gaierror(-2, "Name or service not known"), "The name of the proxy that leads to "),
    ],
)
def test_a_proxy_is_looked_for_where_it_comes_from(failure: Exception, said: str) -> None:
    """What fails at a proxy is told of it, and not of the server: the one of the settings, or the environment's."""
    outer = httpx2.ConnectError("outer") if isinstance(failure, socket.gaierror) else RuntimeError("outer")
    outer.__cause__ = failure
    for proxy in ("providers.mine.proxy", "HTTPS_PROXY in the environment"):
        message = error_from_connection(outer, attrs.evolve(BLAME, proxy=proxy)).message
        assert message.startswith(said)
        assert f"check {proxy}" in message
        assert message.count("providers.mine.proxy") == 1
    assert judge(407, b"").message.startswith("The proxy before ")


def test_auth_names_the_login_and_the_variable() -> None:
    """The sentence about a refused token says how to give another."""
    message = judge(401, b"").message
    assert "aurelis login mine" in message
    assert "EXAMPLE_KEY" in message


@given(status=st.integers(300, 599), body=st.binary(max_size=200))
def test_no_answer_is_beyond_the_mapping(status: int, body: bytes) -> None:
    """Any status with any bytes is some error with a plain sentence."""
    error = error_from_answer(status, {}, body, BLAME, now=NOW)
    assert error.message.isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "message", "detail", "code", "type", "details", "param"]), inner)
    ),
    max_leaves=12,
)


@given(value=JSON, status=st.sampled_from([200, 400, 404, 422, 429, 500]))
def test_no_shape_is_beyond_the_mapping(value: Any, status: int) -> None:
    """Any JSON in an error's usual places is some error with a plain sentence."""
    error = error_from_answer(status, {"retry-after": "x"}, json.dumps(value).encode(), BLAME, now=NOW)
    assert error.message.isprintable()
    assert error_from_answer(200, {}, value, BLAME, now=NOW).message


@pytest.mark.parametrize(
    ("error", "kind", "retryable", "word"),
    [
        (httpx2.ConnectError("[Errno 111]"), ErrorKind.NETWORK, True, "reached"),
        (httpx2.ReadError("reset"), ErrorKind.NETWORK, True, "broke off"),
        (httpx2.ConnectTimeout("10 s"), ErrorKind.NETWORK, True, "reached"),
        (socket.gaierror(-2, "Name or service not known"), ErrorKind.NETWORK, True, "not known"),
        (httpx2.ProxyError("407 Proxy Authentication Required"), ErrorKind.NETWORK, True, "proxy"),
        (ssl.SSLError("handshake"), ErrorKind.NETWORK, True, "secure"),
        (ssl.SSLCertVerificationError(1, "bad"), ErrorKind.NETWORK, False, "caFile"),
        (httpx2.DecodingError("no gzip"), ErrorKind.INVALID_RESPONSE, False, "cannot be read"),
    ],
)
def test_a_failed_connection_has_its_kind(error: Exception, kind: ErrorKind, retryable: bool, word: str) -> None:
    """Lost and refused connections may be tried again, refused certificates and unreadable bodies not."""
    outer = RuntimeError("the SDK's own error")
    outer.__cause__ = error
    judged = error_from_connection(outer, BLAME, timed_out=isinstance(error, httpx2.TimeoutException))
    assert (judged.kind, judged.retryable) == (kind, retryable)
    assert judged.unsent == (word in {"reached", "proxy", "caFile"})
    assert word in judged.message


def test_a_refusal_before_the_end_names_the_day() -> None:
    """What a dying service answers first, 403 with a future `Sunset`, is no mere question of the token."""
    headers = {"sunset": formatdate(NOW + 86400, usegmt=True), "deprecation": "@1777939200"}
    error = judge(403, b"", **headers)
    assert error.kind is ErrorKind.AUTH
    assert datetime.fromtimestamp(NOW + 86400, UTC).date().isoformat() in error.message


def test_words_that_are_no_longer_true_are_not_quoted() -> None:
    """GitHub Models calls its end temporary to this day; a person must not be told to wait."""
    said = "GitHub Models is temporarily unavailable as part of a scheduled retirement brownout."
    error = judge(410, {"error": {"code": "github_models_retirement_brownout", "message": said}})
    assert error.kind is ErrorKind.GONE
    assert "temporarily" not in error.message


@pytest.mark.parametrize(
    "text", ["a1" * 1000, "-" * 2000, "a-" * 1000, "model " * 11_000, "Bearer " * 9000, "x" * 60_000, "1s" * 30_000]
)
def test_long_messages_are_judged_quickly(text: str) -> None:
    """No upstream can keep the mapping busy with a crafted message."""
    started = time.perf_counter()
    for status in (400, 429, 500):
        judge(status, {"error": {"message": text}})
    assert time.perf_counter() - started < 5


def test_a_sentence_begins_as_sentences_do() -> None:
    """A title that begins with an article does so in upper case at the beginning and in lower case within."""
    blame = attrs.evolve(BLAME, title="the server")
    begun = [
        error_from_answer(status, {}, b"", blame, now=NOW).message
        for status in (400, 401, 404, 408, 409, 410, 429, 500)
    ]
    begun.append(error_from_connection(httpx2.ReadError("reset"), blame).message)
    assert all(message.startswith("The server (") for message in begun)
    assert "of the server (" in error_from_connection(socket.gaierror(-2, "unknown"), blame).message


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded", "invalid_request_error", "unauthorized"])
def test_an_error_inside_an_answer_claims_no_status_that_was_not_sent(code: str) -> None:
    """An error object with status 200 keeps its kind and names no HTTP status."""
    error = judge(200, {"error": {"code": code, "message": "It went wrong."}})

    assert "HTTP" not in error.message
    assert "It went wrong." in error.message


def test_an_upstream_words_are_no_link_and_no_escape() -> None:
    """Editors make links of what they show, terminals obey escapes: neither is left of what a server said."""
    said = "Do [sign in](command:evil.run) or \x1b]8;;https://evil.example\x07here\x1b]8;;\x07 \x1b[2J\u202enow."
    error = judge(400, {"error": {"message": said}})
    assert error.message.endswith("It said: Do [sign in] (command:evil.run) or here now.")
