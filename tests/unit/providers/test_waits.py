"""How long to wait, and when a service ends, is read from every shape in which servers tell it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import pytest

from aurelis.providers.errors import error_from_answer
from aurelis.providers.waits import notice_of, wait_of
from unit.providers.test_errors import AZURE_429, BLAME, DAY, GEMINI_429, NOW, github

OPENROUTER_429 = {
    "error": {
        "message": "Rate limit exceeded: free-models-per-day",
        "code": 429,
        "metadata": {
            "headers": {
                "X-RateLimit-Limit": "50",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(int((NOW + 3600) * 1000)),
            },
            "provider_name": None,
        },
    }
}


def moment(seconds: float) -> str:
    """A moment as RFC 3339 writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, b"", 1.5),
        ({"retry-after": "12"}, b"", 12.0),
        ({"retry-after": "0.5"}, b"", 0.5),
        ({"retry-after": "0"}, github("x", "Please wait 7 seconds"), 0.0),
        ({"retry-after": formatdate(NOW + 90, usegmt=True)}, b"", 90.0),
        ({"retry-after": formatdate(NOW + 90, usegmt=True), "date": formatdate(NOW + 60, usegmt=True)}, b"", 30.0),
        ({"retry-after": formatdate(NOW - 90, usegmt=True)}, b"", 0.0),
        ({"retry-after": "soon", "x-ratelimit-timeremaining": "46"}, b"", 46.0),
        ({"retry-after": "-1"}, b"", None),
        ({"retry-after": "nan"}, b"", None),
        ({}, github("RateLimitReached", DAY), 5631.0),
        ({}, AZURE_429, 37.0),
        ({}, GEMINI_429, 34.0),
        ({}, {"error": {"message": "Please try again in 1.2s."}}, 1.2),
        ({}, {"error": {"message": "Please try again in 250ms."}}, 0.25),
        ({}, {"error": {"message": "try again in 2 minutes"}}, 120.0),
        ({}, {"error": {"message": "Please try again in 6m0s."}}, 360.0),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, b"", 360.0),
        ({"x-ratelimit-reset-tokens": "9s", "x-ratelimit-remaining-tokens": "400"}, b"", None),
        ({"retry-after": "86400000000"}, b"", 31 * 86400.0),
        ({"x-ratelimit-reset": str(int(NOW) + 777), "x-ratelimit-remaining": "0"}, b"", int(NOW) + 777 - NOW),
        ({"x-ratelimit-reset": "55"}, b"", 55.0),
        ({"ratelimit-reset": "1m30s"}, b"", 90.0),
        ({"x-ratelimit-reset": "55", "x-ratelimit-remaining": "3"}, b"", None),
        ({"x-ratelimit-reset": str(int(NOW) - 5)}, b"", 0.0),
        ({}, OPENROUTER_429, 3600.0),
        ({"retry-after": "4"}, OPENROUTER_429, 4.0),
        ({"retry-after": "1, 3"}, b"", 3.0),
        ({"retry-after": "0" * 60_000 + "x", "x-ratelimit-reset": "0" * 60_000 + "x"}, b"", None),
        ({"retry-after": "2s"}, b"", 2.0),
        ({"retry-after": str(int(NOW + 3))}, b"", 3.0),
        ({"retry-after": str(int(NOW + 3) * 1000)}, b"", 3.0),
        ({"retry-after": str(int(NOW - 3))}, b"", 0.0),
        ({"retry-after": str(int(NOW + 9)), "date": formatdate(NOW + 5, usegmt=True)}, b"", 4.0),
        ({"retry-after": moment(NOW + 20)}, b"", 20.0),
        (
            {"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": moment(NOW + 5)},
            b"",
            5.0,
        ),
        (
            {"anthropic-ratelimit-tokens-remaining": "12", "anthropic-ratelimit-tokens-reset": moment(NOW + 5)},
            b"",
            None,
        ),
        (
            {
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": moment(NOW + 3),
                "anthropic-ratelimit-output-tokens-remaining": "0",
                "anthropic-ratelimit-output-tokens-reset": moment(NOW + 7),
                "anthropic-ratelimit-requests-remaining": "4",
                "anthropic-ratelimit-requests-reset": moment(NOW + 60),
            },
            b"",
            7.0,
        ),
        (
            {"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-99-99T"},
            b"",
            None,
        ),
        ({"x-ratelimit-reset": moment(NOW + 4), "x-ratelimit-remaining": "0"}, b"", 4.0),
        ({"ratelimit": '"default";r=0;t=9'}, b"", 9.0),
        ({"ratelimit": '"minute";r=0;t=9, "day";r=3;t=900'}, b"", 9.0),
        ({"ratelimit": "limit=100, remaining=0, reset=8"}, b"", 8.0),
        ({"ratelimit": "limit=100, remaining=5, reset=8"}, b"", None),
        ({"ratelimit-remaining": "5", "ratelimit-reset": "8"}, b"", None),
        ({}, {"error": {"message": "slow", "retry_after": 1.5}}, 1.5),
        ({}, b'{"message": "slow", "retryAfter": 3}', 3.0),
        ({}, b'{"message": "slow", "retry_after": 1e999}', None),
        ({}, b"", None),
    ],
)
def test_the_real_time_to_wait_is_found(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    """Milliseconds before seconds, dates by the server's own clock, then the body's words; negative means unknown."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = error_from_answer(429, headers, raw, BLAME, now=NOW)
    assert error.retry_after_seconds == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({"sunset": "Thu, 30 Jul 2026 00:00:00 GMT", "deprecation": "@1777939200"}, "2026-07-30"),
        ({"deprecation": "@1777939200"}, "deprecated"),
        ({"deprecation": "true"}, "deprecated"),
        ({"deprecation": "false"}, None),
        ({"sunset": "rubbish"}, None),
        ({"sunset": "@99999999999999999999"}, None),
        ({}, None),
    ],
)
def test_an_announced_end_becomes_a_notice(headers: dict[str, str], word: str | None) -> None:
    """`Sunset` gives the date, `Deprecation` a warning; odd values give nothing."""
    notice = notice_of(headers, "Example")
    assert (word is None and notice is None) or (notice is not None and word is not None and word in notice)


def test_a_wait_needs_no_headers() -> None:
    """An empty answer tells no time."""
    assert wait_of({}, "", "", NOW) is None
