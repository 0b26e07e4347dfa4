"""The only maker of redacted requests: every text of a request passes here before a provider sees it.

In comes a `Request`, out goes a `RedactedRequest` whose texts hold placeholders where secrets stood. The request inside
it is replaced as well, so that nothing behind this door can reach the original words. The same request gives the same
placeholders, always: they are numbered in the order of first occurrence, which is what a cache key needs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Final, Literal

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.redaction_map import Redaction, RedactionMap
from aurelis.core.request import FillInTheMiddle, Message, Neighbour, RedactedRequest, Request
from aurelis.security.patterns import compile_patterns, user_matches
from aurelis.security.rules import ALL_RULES
from aurelis.security.scan import find_secrets

SecretMode = Literal["redact", "block", "off"]
OnRedacted = Callable[[str, tuple[str, ...], bool], None]
"""Called with the request's id, the rules in order of first occurrence, and whether the request was blocked."""

_Span = tuple[int, int, str]
"""Start, end and the rule's name."""

STEM: Final = "AURELIS_SECRET_"
_ECHO_LENGTH: Final = 8
"""A secret of at least this length is replaced wherever it stands, also where no rule would see it."""

_BETWEEN: Final = "\n\0\n"
"""What stands between texts that are scanned together; no rule matches across it."""

_SEAM: Final = 2_000
"""Characters on each side of the cursor that are also read as one text; private keys show in each half alone."""

_LISTED_RULES: Final = 5
"""Kinds of secret that the sentence of a refusal names."""


class SecretRedactor:
    """Replaces secrets by placeholders, or refuses the request, as the user chose (`privacy.secrets`).

    `patterns` are the user's own regular expressions (`privacy.patterns`). `on_redacted` is told whenever something was
    found.
    """

    def __init__(
        self, mode: SecretMode = "redact", patterns: tuple[str, ...] = (), on_redacted: OnRedacted | None = None
    ) -> None:
        self._mode = mode
        self._on_redacted = on_redacted
        self._patterns = compile_patterns(patterns)

    def redact(self, request: Request) -> RedactedRequest:
        """Replace secrets by placeholders in every text of the request.

        Raises:
            RequestError: of kind `secrets`, when the user chose to block instead.
        """
        if self._mode == "off":
            return RedactedRequest(
                request=request, messages=request.messages, fim=request.fim, redactions=RedactionMap()
            )
        texts = _texts(request)
        # A secret that the cursor splits is found in the text as it stands in the document, and hidden in both halves.
        seam = len(request.messages) if request.fim is not None else None
        redacted, redactions = redact_texts(texts, self._patterns, seam)
        if not redactions.entries:
            return RedactedRequest(request=request, messages=request.messages, fim=request.fim, redactions=redactions)
        rules = tuple(dict.fromkeys(entry.rule for entry in redactions.entries))
        blocked = self._mode == "block"
        if self._on_redacted is not None:
            self._on_redacted(request.request_id, rules, blocked)
        if blocked:
            raise _refusal(rules)
        messages, fim, stop = _rebuild(request, redacted)
        clean = attrs.evolve(
            request, messages=messages, fim=fim, parameters=attrs.evolve(request.parameters, stop=stop)
        )
        return RedactedRequest(request=clean, messages=messages, fim=fim, redactions=redactions)


def redact_texts(
    texts: Sequence[str], patterns: Sequence[re.Pattern[str]] = (), seam: int | None = None
) -> tuple[tuple[str, ...], RedactionMap]:
    """Replace the secrets of several texts that belong together; the same secret gets the same placeholder.

    `seam` says that the text of that number is continued by the next one.
    """
    spans = _spans_of_all(texts, patterns)
    if seam is not None:
        spans[seam], spans[seam + 1] = _spans_across(
            texts[seam], texts[seam + 1], spans[seam], spans[seam + 1], patterns
        )
    kinds: dict[str, str] = {}
    for text, found in zip(texts, spans, strict=True):
        for start, end, rule in found:
            kinds.setdefault(text[start:end], rule)
    if not kinds:
        return tuple(texts), RedactionMap()
    stem = _unused_stem(texts)
    echoes = _echo_pattern(kinds)
    entries: dict[str, Redaction] = {}
    redacted = []
    for text, found in zip(texts, spans, strict=True):
        pieces: list[str] = []
        position = 0
        for start, end in _with_echoes(text, [(first, last) for first, last, _ in found], echoes):
            secret = text[start:end]
            if secret not in entries:
                entries[secret] = Redaction(f"{stem}{len(entries) + 1}", secret, kinds[secret])
            pieces += [text[position:start], entries[secret].placeholder]
            position = end
        redacted.append("".join([*pieces, text[position:]]))
    return tuple(redacted), RedactionMap(tuple(entries.values()))


def _spans_of_all(texts: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> list[list[_Span]]:
    """The spans of each text, found in one scan, as a scan has a price of its own."""
    starts = [0, *accumulate(len(text) + len(_BETWEEN) for text in texts)]
    spans: list[list[_Span]] = [[] for _ in texts]
    for start, end, rule in _spans(_BETWEEN.join(texts), patterns):
        number = bisect_right(starts, start) - 1
        first, last = start - starts[number], min(end - starts[number], len(texts[number]))
        if first < last:
            spans[number].append((first, last, rule))
    return spans


def _spans(text: str, patterns: Sequence[re.Pattern[str]]) -> list[_Span]:
    found = [(finding.start, finding.end, finding.rule) for finding in find_secrets(text, ALL_RULES)]
    if not patterns:
        return found
    return _merged([*found, *((start, end, "own-pattern") for start, end in user_matches(text, patterns))])


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for start, end, rule in sorted(spans):
        if merged and start < merged[-1][1]:
            first, last, known = merged[-1]
            merged[-1] = (first, max(last, end), known)
        else:
            merged.append((start, end, rule))
    return merged


def _spans_across(
    left: str, right: str, left_spans: list[_Span], right_spans: list[_Span], patterns: Sequence[re.Pattern[str]]
) -> tuple[list[_Span], list[_Span]]:
    """Add the halves of what is only seen as a secret when both texts are read as one."""
    base = max(0, len(left) - _SEAM)
    seam = len(left) - base
    across = [
        (start, end, rule) for start, end, rule in _spans(left[base:] + right[:_SEAM], patterns) if start < seam < end
    ]
    left_halves = [(base + start, len(left), rule) for start, _end, rule in across]
    right_halves = [(0, end - seam, rule) for _start, end, rule in across]
    return _merged([*left_spans, *left_halves]), _merged([*right_spans, *right_halves])


def _unused_stem(texts: Iterable[str]) -> str:
    """The first of AURELIS_SECRET_, AURELIS_SECRET2_, ... that no text contains, in whatever case."""
    folded = [text.lower() for text in texts]
    stem, number = STEM, 1
    while any(stem.lower() in text for text in folded):
        number += 1
        stem = f"AURELIS_SECRET{number}_"
    return stem


def _echo_pattern(kinds: Iterable[str]) -> re.Pattern[str] | None:
    long = sorted((secret for secret in kinds if len(secret) >= _ECHO_LENGTH), key=lambda s: (-len(s), s))
    if not long:
        return None
    return re.compile("|".join(re.escape(secret) for secret in long))


def _with_echoes(text: str, spans: list[tuple[int, int]], echoes: re.Pattern[str] | None) -> list[tuple[int, int]]:
    """Add the places between the spans where a known secret stands again."""
    if echoes is None:
        return spans
    result: list[tuple[int, int]] = []
    position = 0
    for start, end in [*spans, (len(text), len(text))]:
        result += [match.span() for match in echoes.finditer(text, position, start)]
        if start < end:
            result.append((start, end))
        position = end
    return result


def _texts(request: Request) -> list[str]:
    texts = [message.content for message in request.messages]
    if request.fim is not None:
        fim = request.fim
        texts += [fim.prefix, fim.suffix, fim.name]
        texts += [part for neighbour in fim.neighbours for part in (neighbour.name, neighbour.text)]
    return [*texts, *request.parameters.stop]


def _rebuild(
    request: Request, redacted: Sequence[str]
) -> tuple[tuple[Message, ...], FillInTheMiddle | None, tuple[str, ...]]:
    """Put the texts back in the order in which `_texts` took them out."""
    rest = iter(redacted)
    messages = tuple(Message(message.role, next(rest)) for message in request.messages)
    fim = None
    if request.fim is not None:
        prefix, suffix, name = next(rest), next(rest), next(rest)
        neighbours = tuple(Neighbour(next(rest), next(rest)) for _ in request.fim.neighbours)
        fim = FillInTheMiddle(prefix, suffix, name, neighbours, request.fim.line_comment)
    return messages, fim, tuple(rest)


def _refusal(rules: tuple[str, ...]) -> RequestError:
    names = ", ".join(rules[:_LISTED_RULES]) + (", ..." if len(rules) > _LISTED_RULES else "")
    return RequestError(
        ErrorKind.SECRETS,
        f"The prompt holds what looks like a secret ({names}), so nothing was sent; "
        'remove it, or set privacy.secrets to "redact".',
        security_event="secret_blocked",
    )
