"""How long an upstream asks to wait, and when it says that it will end, from headers and sentences of every kind."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_LONGEST_WAIT: Final = 31 * 86400.0
_SENTENCE: Final = re.compile(
    r"(?i)(?:wait|retry after|try again in|retry in|again after)\s+(?:about\s+)?"
    r"((?:\d+(?:\.\d+)?(?:ms|h|m|s))+|\d+(?:\.\d+)?)(?:\s*(milliseconds?|ms|hours?|minutes?|mins?)\b)?"
)
_LONGEST_TEXT: Final = 100
"""Characters of a duration or a date; more are nonsense that could take long to read."""
_LONGEST_COUNT: Final = 12
_RULE: Final = re.compile(r"(?i)rate limit of (?P<requests>\d{1,9}) per (?P<seconds>\d{1,7})s exceeded")
_NAMED_RULE: Final = re.compile(r"(?i)\brequests per (?P<window>min|day)[^:]{0,20}: Limit:? ?(?P<requests>\d{1,9})\b")
_WINDOWS: Final = {"min": 60.0, "day": 86_400.0}
_LAST_DATE: Final = 253_402_300_799.0
"""The end of the year 9999, as seconds since the epoch."""
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]")
_ANTHROPIC: Final = ("requests", "tokens", "input-tokens", "output-tokens")
_POLICY: Final = re.compile(r"\b(?P<name>r|remaining|t|reset)=(?P<value>\d{1,12})\b")
"""Of a `RateLimit` header (draft-ietf-httpapi-ratelimit-headers, its older form too): what is left, and until when."""
_FIRST_MOMENT: Final = 1_000_000_000.0
"""The year 2001: what is less are seconds to wait, what is more is a moment."""
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _after(text: str, now: float) -> float | None:
    """Seconds of a `retry-after` that is no date; of several, which proxies put in one line, the longest."""
    waits = []
    for part in text.split(","):
        number = _seconds(part)
        waits.append(_duration(part) if number is None else _from_number(number, now))
    known = [wait for wait in waits if wait is not None]
    return max(known) if len(known) == len(waits) else None


def _duration(text: str) -> float | None:
    lowered = text.strip().lower()
    parts = _DURATION.findall(lowered) if len(lowered) <= _LONGEST_TEXT else []
    if not parts or "".join(number + unit for number, unit in parts) != lowered:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def http_date(text: str) -> float | None:
    """Seconds since the epoch of an HTTP date, of an `@seconds` date (RFC 9745) or one of RFC 3339, or None."""
    stripped = text.strip()
    if len(stripped) > _LONGEST_TEXT:
        return None
    if _DAY.match(stripped):
        with contextlib.suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(stripped)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return None
    if stripped.startswith("@"):
        seconds = _seconds(stripped[1:])
        return seconds if seconds is not None and seconds <= _LAST_DATE else None
    try:
        moment = parsedate_to_datetime(stripped)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def requests_left(headers: Mapping[str, str], now: float) -> tuple[int, float] | None:
    """How many requests are left, and the seconds until there are more, as the headers of an answer count them.

    OpenAI and Groq tell a duration, Anthropic a moment.
    """
    left = headers.get("x-ratelimit-remaining-requests", "").strip()
    more_in = _duration(headers.get("x-ratelimit-reset-requests", ""))
    if not left:
        left = headers.get("anthropic-ratelimit-requests-remaining", "").strip()
        more_in = _until(headers.get("anthropic-ratelimit-requests-reset", ""), now)
    if not (left.isascii() and left.isdecimal() and len(left) < _LONGEST_COUNT) or more_in is None:
        return None
    return int(left), min(more_in, _LONGEST_WAIT)


def rule_of(message: str) -> tuple[int, float] | None:
    """The rule that refused a request as its message names it, in requests and seconds; 0 seconds means at once.

    GitHub Models: "Rate limit of 10 per 60s exceeded". OpenAI: "on requests per min (RPM): Limit 3".
    """
    match = _RULE.search(message)
    if match is not None:
        return int(match["requests"]), float(match["seconds"])
    match = _NAMED_RULE.search(message)
    return (int(match["requests"]), _WINDOWS[match["window"].lower()]) if match is not None else None


def sunset_of(headers: Mapping[str, str]) -> float | None:
    """When the service ends (RFC 8594), in seconds since the epoch, or None."""
    value = headers.get("sunset")
    return http_date(value) if value else None


def wait_of(headers: Mapping[str, str], message: str, retry_delay: str, now: float) -> float | None:
    """Seconds to wait before another request can succeed, or None when nothing tells.

    The order: `retry-after-ms`, `retry-after` (seconds or a date), `x-ratelimit-timeremaining`, a delay in the body, a
    sentence in the message, `x-ratelimit-reset-*` and `anthropic-ratelimit-*-reset` of what is spent,
    `x-ratelimit-reset`, `ratelimit`. Negative values mean unknown.
    """
    for wait in _candidates(headers, message, retry_delay, now):
        if wait is not None:
            return min(wait, _LONGEST_WAIT)
    return None


def _candidates(headers: Mapping[str, str], message: str, retry_delay: str, now: float) -> list[float | None]:
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    after = headers.get("retry-after", "")
    there = http_date(headers.get("date", ""))
    here = now if there is None else there
    seconds = _after(after, here)
    if seconds is None and after:
        seconds = _until(after, here)
    spent = [
        _duration(headers.get(f"x-ratelimit-reset-{what}", ""))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}", "").strip() == "0"
    ]
    spent += [
        _until(headers.get(f"anthropic-ratelimit-{what}-reset", ""), now)
        for what in _ANTHROPIC
        if headers.get(f"anthropic-ratelimit-{what}-remaining", "").strip() == "0"
    ]
    known = [value for value in spent if value is not None]
    return [
        None if milliseconds is None else milliseconds / 1000.0,
        seconds,
        _seconds(headers.get("x-ratelimit-timeremaining", "")),
        _duration(retry_delay),
        _from_sentence(message),
        max(known) if known else None,
        _until_reset(headers, now),
        _until_policy(headers.get("ratelimit", "")),
    ]


def _until(text: str, now: float) -> float | None:
    moment = http_date(text)
    return None if moment is None else max(0.0, moment - now)


def _from_number(value: float, now: float) -> float:
    """A wait of which nobody says whether it is one, or the moment at which it ends, in seconds or milliseconds."""
    if value < _FIRST_MOMENT:
        return value
    return max(0.0, (value / 1000.0 if value >= _FIRST_MOMENT * 1000.0 else value) - now)


def _until_reset(headers: Mapping[str, str], now: float) -> float | None:
    """The wait that `x-ratelimit-reset` tells when nothing is left: seconds, a duration, or a moment.

    GitHub and others give the moment in seconds since the epoch, OpenRouter in milliseconds.
    """
    if headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", "0")).strip() != "0":
        return None
    text = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
    value = _seconds(text)
    if value is None:
        wait = _duration(text)
        return _until(text, now) if wait is None else wait
    return _from_number(value, now)


def _until_policy(text: str) -> float | None:
    """The longest wait of what is spent; the policies of one header are divided by commas, as its older fields are."""
    parts = text.split(",") if '"' in text else [text]
    waits = []
    for part in parts:
        told = {match["name"]: float(match["value"]) for match in _POLICY.finditer(part)}
        left, reset = told.get("r", told.get("remaining")), told.get("t", told.get("reset"))
        if left == 0 and reset is not None:
            waits.append(reset)
    return max(waits, default=None)


def _from_sentence(message: str) -> float | None:
    match = _SENTENCE.search(message)
    if match is None:
        return None
    number, unit = match.group(1), (match.group(2) or "").lower()
    if not number[-1].isdigit():
        return _duration(number)
    return float(number) * (0.001 if unit.startswith(("milli", "ms")) else _UNITS[unit[0]] if unit else 1.0)


def notice_of(headers: Mapping[str, str], title: str) -> str | None:
    """A warning about the provider's future from `Sunset` or `Deprecation` (RFC 9745) headers, or None."""
    sunset = sunset_of(headers)
    if sunset is not None:
        day = datetime.fromtimestamp(sunset, UTC).date().isoformat()
        return f"{title} announces that this service ends on {day}; choose another provider."
    deprecation = headers.get("deprecation", "").strip()
    if deprecation and deprecation.lower() != "false":
        return f"{title} calls this service deprecated; look for its successor before it ends."
    return None
