"""What comes back: events of one provider's stream, and the finished answer of the orchestrator."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import attrs

from aurelis.core.model import ModelReference
from aurelis.core.redaction_map import RedactionMap

CacheLayer = Literal["memory", "redis", "disk"]


class FinishReason(StrEnum):
    """Why a model stopped."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    ENOUGH = "enough"
    """We had what we needed and closed the connection ourselves."""
    CUT = "cut"
    """The stream ended without saying why."""


@attrs.frozen
class Usage:
    """Tokens as the provider counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


@attrs.frozen
class Verdict:
    """Whether an answer is of use to the task that asked, and why not.

    `parses` is None where the language cannot be parsed or the answer is not code. `reason` is a short phrase
    without any of the answer's text.
    """

    usable: bool
    reason: str = ""
    parses: bool | None = None


@attrs.frozen
class TextDelta:
    """Answer text, reasoning already removed."""

    text: str


@attrs.frozen
class Thinking:
    """The model is reasoning: nothing for the reader, but an answer has begun."""


@attrs.frozen
class Alive:
    """The server keeps a stream open without a word: no answer yet, and within one no silence for a while."""


@attrs.frozen
class Finished:
    """The last event of every stream that did not fail.

    `mean_logprob` is the mean log-probability of the answer's tokens where the provider tells it.
    `notice` is a warning about the provider's future (a `Sunset` header), a sentence, or None. `requests_left` is how
    many requests the provider still grants the user and the seconds until it grants more, where it can be trusted.
    """

    reason: FinishReason
    usage: Usage | None = None
    mean_logprob: float | None = None
    notice: str | None = None
    requests_left: tuple[int, float] | None = None


ProviderEvent = TextDelta | Thinking | Alive | Finished


@attrs.frozen
class Attempt:
    """What became of one candidate: an entry of the Result's `attempts`."""

    model: str
    outcome: str
    """`ok`, `cached`, `skipped:<why>`, `error:<kind>` or `cancelled`."""
    status: int | None = None
    duration_ms: int = 0


@attrs.frozen(kw_only=True)
class Answer:
    """The finished answer to a request.

    Durations are milliseconds; `confidence` is 0..1; `cost_usd` is None where no price is known; `cached` names the
    layer that had it. `incomplete` marks an answer that was cut after part of it had been delivered.
    """

    request_id: str
    text: str
    model: ModelReference
    cached: CacheLayer | None
    finish: FinishReason
    usage: Usage
    cost_usd: float | None
    confidence: float
    confidence_reasons: tuple[str, ...] = ()
    incomplete: bool
    duration_ms: int
    time_to_first_token_ms: int
    attempts: tuple[Attempt, ...]
    redactions: RedactionMap = attrs.field(factory=RedactionMap, repr=False)
    verdict: Verdict = Verdict(usable=True)


@attrs.frozen
class Chosen:
    """A candidate is being asked; sent before its first delta."""

    model: ModelReference
    local: bool


@attrs.frozen
class Waiting:
    """A candidate cannot answer yet and is waited for; `reason` is a phrase for people. A reader may ignore it."""

    model: ModelReference
    reason: str


@attrs.frozen
class Delta:
    """Text that is delivered: from now on no other candidate will be asked."""

    text: str


@attrs.frozen
class Received:
    """So many characters of an answer that is delivered as a whole have come; another candidate begins anew."""

    characters: int


@attrs.frozen
class Completed:
    """The last event of every request that succeeded."""

    answer: Answer


AnswerEvent = Chosen | Waiting | Delta | Received | Completed
