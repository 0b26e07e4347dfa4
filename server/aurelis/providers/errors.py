"""One mapping of every refusal of an upstream to the contract's kinds; `connection_errors.py` has failed connections.

In comes what a server answered; out comes a `RequestError` whose sentence says what to do.
An upstream's own words are quoted in one short line, without control characters, anything that looks like a key, the
token, or a piece of the prompt. Nothing is assumed about the shape of a body: gateways answer objects, arrays, strings,
plain text, pages and nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import attrs

from aurelis.core.deadline import spoken
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.plain_text import plain_text
from aurelis.providers.error_bodies import Details, read_details
from aurelis.providers.waits import notice_of, rule_of, sunset_of, wait_of

_QUOTE_CHARACTERS: Final = 200
_ECHO_CHARACTERS: Final = 24
_LOOKS_LIKE_KEY: Final = re.compile(
    r"(?i)\bbearer\s+\S+|\b(?:sk|pk|rk|gsk|xai|key|ghp|gho|ghu|ghs|ghr|github_pat|hf|AIza|nvapi)[-_]?[\w*.-]{8,}"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
)
_MASKED: Final = "***"
"""What servers put in the place of most of a key."""
_LONG_RUN: Final = re.compile(r"[A-Za-z0-9+/=_]{20,}")
_CONTEXT: Final = re.compile(
    r"(?i)context[ _-]?(?:length|window|size)|maximum (?:context|input|prompt)|too many (?:input )?tokens"
    r"|prompt is too long"
    r"|exceeds? (?:the )?(?:available |max(?:imum)? )?(?:context|token|input)|input (?:is )?too (?:long|large)"
    r"|request (?:body )?too large|reduce the length|token count .{0,40}exceeds"
    r"|prompt exceeds max|exceeded model token limit|range of input length|input tokens .{0,20}cannot exceed"
    r"|must have less than \d{1,9} tokens|`max_new_tokens` must be <="
)
_FILTERED: Final = re.compile(
    r"(?i)content exists risk|inappropriate content|content ?policy ?violation|input was flagged|blocked due to safety"
    r"|content moderation|不安全或敏感内容"
)
"""What vendors say whose filter has no code of its own."""
_FILTER_WORDS: Final = 500
"""Characters of a message in which that is looked for."""
_FILTER_CODES: Final = frozenset(
    {"content_filter", "responsibleaipolicyviolation", "content_policy_violation", "content_filtered", "safety"}
    | {"data_inspection_failed", "datainspectionfailed", "moderation"}
)
_LARGE_CODES: Final = frozenset(
    {"context_length_exceeded", "tokens_limit_reached", "exceed_context_size_error", "string_above_max_length"}
    | {"request_too_large", "context_window_exceeded"}
)
_MODEL_CODES: Final = frozenset(
    {"unknown_model", "unavailable_model", "model_not_found", "invalid_model", "deploymentnotfound", "modelnotfound"}
    | {"model_not_available", "operationnotsupported", "not_found_error"}
)
_AUTH_CODES: Final = frozenset({"invalid_api_key", "api_key_invalid", "authentication_error", "unauthenticated"})
_UNKNOWN_MODEL: Final = re.compile(
    r"(?i)(?:unknown|unavailable|invalid|unsupported) model|model .{0,120}(?:not found|does not exist|not exist)"
    r"|no such model|model not supported|only for api versions"
)
_STALE_CODES: Final = frozenset({"github_models_retirement_brownout"})
"""Codes whose words are no longer true: this one calls an end for good temporary."""
_NO_WORDS: Final = ('{"', '[{"')
"""How a message begins that is no sentence but the start of a body without one."""
_NO_CREDIT: Final = frozenset({"insufficient_quota", "insufficient_balance", "billing_not_active"})


@attrs.frozen(kw_only=True)
class Blame:
    """Whom and what an error is about, for the sentence; `private` are texts that no sentence may echo.

    `proxy` is what names the proxy that is gone through, if there is one; `keyless` is whether no key was sent, and
    `absence` what is known of the reason.
    """

    provider: str
    title: str
    host: str
    model: str = ""
    key_variable: str | None = None
    became: str | None = None
    proxy: str | None = None
    keyless: bool = False
    absence: str = ""
    private: tuple[str, ...] = attrs.field(default=(), repr=False)
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)


def _without_keys(run: re.Match[str]) -> str:
    """A long run of letters and digits mixed may be a key; words and numbers are not."""
    text = run.group()
    mixed = any(character.isdigit() for character in text) and any(character.isalpha() for character in text)
    return "..." if mixed else text


def quote(message: str, blame: Blame) -> str:
    """An upstream's words, fit to be shown: one short line without secrets, or "" when it echoes the prompt."""
    for secret in blame.secrets:
        if secret:
            message = message.replace(secret, "...")
    message = plain_text(message).replace("](", "] (")  # Editors make links of `[words](address)` in what they show.
    text = "".join(character if character.isprintable() else " " for character in message)
    text = " ".join("..." if _MASKED in word else word for word in text[:2000].split())
    text = _LONG_RUN.sub(_without_keys, _LOOKS_LIKE_KEY.sub("...", text))
    if len(text) > _QUOTE_CHARACTERS:
        text = text[: _QUOTE_CHARACTERS - 3].rstrip() + "..."
    flat = [" ".join(private.split()) for private in blame.private if private]
    windows = range(max(0, len(text) - _ECHO_CHARACTERS) + 1)
    if len(text) >= _ECHO_CHARACTERS and any(text[at : at + _ECHO_CHARACTERS] in one for one in flat for at in windows):
        return ""
    return text


def sentence(text: str) -> str:
    """A message that begins with a provider's title, begun as sentences are; names keep their own spelling."""
    return f"T{text[1:]}" if text.startswith("the ") else text


def _sentence(first: str, details: Details, blame: Blame, notice: str | None) -> str:
    sentences = [sentence(first)] if notice is None else [sentence(first), sentence(notice)]
    unsaid = details.codes & _STALE_CODES or details.message.startswith(_NO_WORDS)
    said = "" if unsaid else quote(details.message, blame)
    return " ".join([*sentences, f"It said: {said}"] if said else sentences)


def _wait(headers: Mapping[str, str], details: Details, now: float) -> float | None:
    return wait_of({**details.headers, **headers}, details.message, details.retry_delay, now)


def error_from_answer(
    status: int, headers: Mapping[str, str], body: bytes | Any, blame: Blame, *, now: float
) -> RequestError:
    """The error that an answer of the upstream means.

    Args:
        status: the HTTP status; 200 for an error inside a stream.
        headers: the response headers, names in lower case.
        body: the bytes of the body, or the `error` value of a stream.
        blame: whom the sentence is about.
        now: seconds since the epoch, for dates in headers.
    """
    details = read_details(body)
    within_answer = status < HTTPStatus.MULTIPLE_CHOICES
    if within_answer:
        status = details.status or _status_of_codes(details)
    wait = _wait(headers, details, now)
    kind, first, flags = _judge(status, headers, details, blame, now, wait)
    if within_answer:
        first = first.replace(f"HTTP {status}", "an error in its answer")
    error = RequestError(
        kind,
        _sentence(first, details, blame, None if kind is ErrorKind.GONE else notice_of(headers, blame.title)),
        status=status,
        retry_after_seconds=wait if flags.waits else None,
        provider=blame.provider,
        security_event="token_rejected" if kind is ErrorKind.AUTH else None,
        retryable=flags.retryable and headers.get("x-should-retry", "").lower() != "false",
        final_for_provider=flags.final,
    )
    error.refused_by = rule_of(details.message) if kind is ErrorKind.RATE_LIMIT else None
    return error


def _status_of_codes(details: Details) -> int:
    words = " ".join(sorted(details.codes)) + " " + details.message.lower()[:200]
    table = (
        (429, ("rate_limit", "ratelimit", "resource_exhausted", "too_many_requests")),
        (401, ("authentication", "unauthorized", "invalid_api_key")),
        (503, ("overloaded", "unavailable", "capacity", "server_error", "internal", "timeout")),
        (400, ("invalid_request", "content_filter", "context_length", "bad_request", "context size")),
    )
    return next((status for status, parts in table if any(part in words for part in parts)), 500)


@attrs.frozen
class _Flags:
    retryable: bool = False
    final: bool = False
    waits: bool = False


def _judge(
    status: int, headers: Mapping[str, str], details: Details, blame: Blame, now: float, wait: float | None
) -> tuple[ErrorKind, str, _Flags]:
    who = f"{blame.title} ({blame.host})"
    what = f"the request to '{blame.model}'" if blame.model else "the request"
    sunset = sunset_of(headers)
    if status == HTTPStatus.GONE or (status == HTTPStatus.FORBIDDEN and sunset is not None and sunset <= now):
        return ErrorKind.GONE, gone_sentence(who), _Flags(final=True)
    if status not in {401, 429} and _is_filtered(details):
        first = f"The content filter of {who} refused {what}; change the selection or use another model."
        return ErrorKind.CONTENT_FILTER, first, _Flags()
    if status in {401, 403} or (details.codes & _AUTH_CODES and status < HTTPStatus.TOO_MANY_REQUESTS):
        return ErrorKind.AUTH, auth_sentence(blame, status), _Flags(final=True)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many(who, details, wait)
    if (
        status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        or details.codes & _LARGE_CODES
        or _CONTEXT.search(details.message)
    ):
        first = f"The prompt is too large for {blame.model or who}; select less, or use a model with a larger context."
        return ErrorKind.TOO_LARGE, first, _Flags()
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return ErrorKind.TIMEOUT, f"{who} took too long; try again.", _Flags(retryable=True, waits=True)
    if status == HTTPStatus.CONFLICT:
        return ErrorKind.REJECTED, f"{who} reports a conflict; try again.", _Flags(retryable=True, waits=True)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        first = f"{who} failed with HTTP {status}; try again later or use another model."
        return ErrorKind.UNAVAILABLE, first, _Flags(retryable=status not in {501, 505}, waits=True)
    return _judge_request(status, details, blame, who)


def _is_filtered(details: Details) -> bool:
    return bool(details.codes & _FILTER_CODES or _FILTERED.search(details.message[:_FILTER_WORDS]))


def _too_many(who: str, details: Details, wait: float | None) -> tuple[ErrorKind, str, _Flags]:
    if details.codes & _NO_CREDIT:
        first = f"The account at {who} has no credit left; add some there, or use another provider."
        return ErrorKind.RATE_LIMIT, first, _Flags(waits=True)
    until = f"for {spoken(wait)}" if wait else "just now"
    first = f"{who} allows no more requests {until}; wait, or use another model."
    return ErrorKind.RATE_LIMIT, first, _Flags(retryable=True, waits=True)


def _judge_request(status: int, details: Details, blame: Blame, who: str) -> tuple[ErrorKind, str, _Flags]:
    unknown = bool(details.codes & _MODEL_CODES) or bool(_UNKNOWN_MODEL.search(details.message))
    if blame.model and unknown:
        became = f" Its successor is '{blame.became}'." if blame.became else ""
        first = f"{who} does not offer the model '{blame.model}'; choose one that `aurelis models` lists.{became}"
        return ErrorKind.CONFIGURATION, first, _Flags()
    if status in {404, 405} or status < HTTPStatus.BAD_REQUEST:
        first = (
            f"{who} has no such address (HTTP {status}); check providers.{blame.provider}.baseUrl, "
            "which usually ends in /v1."
        )
        return ErrorKind.CONFIGURATION, first, _Flags()
    if status == HTTPStatus.PAYMENT_REQUIRED:
        first = f"The account at {who} has no credit left; add some there, or use another provider."
        return ErrorKind.REJECTED, first, _Flags()
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        first = f"The proxy before {who} wants a name and a password (HTTP {status}); check its URL."
        return ErrorKind.REJECTED, first, _Flags()
    return ErrorKind.REJECTED, f"{who} rejected the request (HTTP {status}).", _Flags()


def sign_in_advice(blame: Blame) -> str:
    """What to do where there is no token, as the end of a sentence, and what keeps one from being used."""
    variable = f" or set {blame.key_variable}" if blame.key_variable else ""
    return f"sign in with `aurelis login {blame.provider}`{variable}. {blame.absence}".rstrip()


def auth_sentence(blame: Blame, status: int) -> str:
    """What to do about a refused token."""
    if blame.keyless:
        return f"{blame.title} ({blame.host}) wants a token (HTTP {status}), and there is none; {sign_in_advice(blame)}"
    variable = f" or correct {blame.key_variable}" if blame.key_variable else ""
    if status == HTTPStatus.FORBIDDEN:
        return (
            f"{blame.title} ({blame.host}) does not allow this with the present token (HTTP {status}); give the token "
            f"the permission that is missing, or sign in with another: `aurelis login {blame.provider}`{variable}."
        )
    return (
        f"{blame.title} ({blame.host}) refused the token (HTTP {status}); sign in with `aurelis login {blame.provider}`"
        f"{variable}."
    )


def gone_sentence(who: str) -> str:
    """What to do about a service that has ended."""
    return (
        f"{who} has been shut down for good; choose another provider (for example openai, mistral, foundry or a local "
        "model server), sign in with `aurelis login PROVIDER`, or run `aurelis local` for a model on this machine."
    )
