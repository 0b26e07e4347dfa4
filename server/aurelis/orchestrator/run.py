"""The life of one request inside the pipeline: what has been tried, what was received, what will be recorded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aurelis.core.errors import RequestError
from aurelis.core.model import ModelReference
from aurelis.core.ports import Recorder
from aurelis.core.record import ANSWER_CHARACTERS, CallRecord, SentPrompt
from aurelis.core.reply import Answer, Attempt, Usage, Verdict
from aurelis.core.request import RedactedRequest, Request
from aurelis.orchestrator.failure import Failure
from aurelis.orchestrator.route import Candidate

if TYPE_CHECKING:
    from aurelis.orchestrator.availability import SkippedError
    from aurelis.orchestrator.parts import Parts


class Run:
    """Mutable state of one request; lives as long as its stream.

    Attributes:
        shared: candidates whose call another request had begun.
        hedged: whether a second candidate was asked beside the first.
        superseded: whether a newer request took its place, so that no other candidate is asked.
        asked_already: candidates whose turn is over.
        landings: how many shared calls had brought their answer when this request came.
    """

    def __init__(self, request: Request, parts: Parts, landings: int = 0) -> None:
        self.request = request
        self.redacted: RedactedRequest | None = None
        self.plan: tuple[Candidate, ...] = ()
        self.attempts: list[Attempt] = []
        self.failures: list[Failure] = []
        self.asked_already: set[ModelReference] = set()
        self.outcome = "cancelled"
        self.characters = 0
        self._pieces: list[str] = []  # Joined when the text is looked at: joining at every piece is quadratic.
        self._said_before = ""  # By a candidate, or in a try, that another one followed.
        self.verdict = Verdict(usable=True)
        self.delivered = False
        self.shared: set[ModelReference] = set()
        self.landings = landings
        self.hedged = False
        self.superseded = False
        self.model: ModelReference | None = None
        self.first_token_ms: int | None = None
        self.answer: Answer | None = None
        self._parts = parts
        self._started_at = parts.clock.time()
        self._began = parts.clock.monotonic()
        self._host: str | None = None
        self._sent = False
        self._keys: dict[ModelReference, str] = {}
        self._called_at: dict[ModelReference, float] = {}

    @property
    def text(self) -> str:
        """What was received of the answer so far, `characters` long."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @text.setter
    def text(self, text: str) -> None:
        self._said_before = self.text or self._said_before
        self._pieces, self.characters = [text], len(text)

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return self.answer is not None

    def elapsed_ms(self) -> int:
        """Milliseconds since the request came."""
        return self.since_ms(self._began)

    def since_ms(self, began: float) -> int:
        """Milliseconds since a point on the monotonic clock."""
        return round((self._parts.clock.monotonic() - began) * 1000)

    def redacted_request(self) -> RedactedRequest:
        """The request as it may leave; there is one after the redaction stage.

        Raises:
            RuntimeError: before that stage, which would be a fault of ours.
        """
        if self.redacted is None:
            raise RuntimeError("nothing leaves before redaction")
        return self.redacted

    def cache_key(self, candidate: Candidate) -> str:
        """The name of this request's answer by that candidate."""
        key = self._keys.get(candidate.reference)
        if key is None:
            key = self._keys[candidate.reference] = self._parts.cache_key(candidate.reference, self.redacted_request())
        return key

    def flight_key(self, candidate: Candidate) -> str | None:
        """What requests share when they share one upstream call; None for one that must not share."""
        request = self.request
        if not request.cacheable:
            return None
        timing = request.timing
        return f"{self.cache_key(candidate)}:{request.urgency}:{request.streams}:{timing.first_token}:{timing.answer}"

    def asked(self, candidate: Candidate) -> None:
        """A candidate is about to be asked."""
        self._sent = True
        self.model = candidate.reference
        self._host = candidate.host
        self.text = ""
        self.first_token_ms = None
        self.asked_already.add(candidate.reference)

    def called(self, candidate: Candidate, at: float) -> None:
        """A call to a candidate begins, or has begun when another request made it; nothing of it was delivered yet."""
        self._called_at[candidate.reference] = at
        self.text = ""
        self.first_token_ms = None

    def call_ms(self, model: ModelReference) -> int:
        """Milliseconds since the latest call to a model."""
        return self.since_ms(max(self._called_at.get(model, self._began), self._began))

    def called_at(self, model: ModelReference) -> float:
        """When the latest call to a model began, whoever made it, in seconds since the epoch."""
        clock = self._parts.clock
        return clock.time() - (clock.monotonic() - self._called_at.get(model, self._began))

    def received(self, text: str) -> None:
        """Part of an answer arrived."""
        if self.first_token_ms is None:
            self.first_token_ms = self.elapsed_ms()
        self._pieces.append(text)
        self.characters += len(text)

    def skipped(self, candidate: Candidate, skipped: SkippedError) -> None:
        """A candidate was passed over."""
        self.attempts.append(Attempt(str(candidate.reference), f"skipped:{skipped.reason}"))
        self.failed(candidate, skipped.error)

    def refused(self, candidate: Candidate, error: RequestError) -> None:
        """The user's will forbids a candidate."""
        self.attempts.append(Attempt(str(candidate.reference), f"error:{error.kind}"))
        self.failed(candidate, error)

    def failed(self, candidate: Candidate, error: RequestError) -> None:
        """A candidate gave no usable answer; its attempts are noted already."""
        self.asked_already.add(candidate.reference)
        self.failures.append(Failure(candidate.reference, error))

    def finished(self, answer: Answer, outcome: str = "ok") -> None:
        """The request has its answer."""
        self.outcome = outcome
        self.answer = answer
        self.model = answer.model

    def record(self, recorder: Recorder) -> None:
        """Hand the one record of this request to observability."""
        redacted, answer = self.redacted, self.answer
        if self.outcome == "cancelled" and self.model is not None and self._sent:
            self.attempts.append(Attempt(str(self.model), "cancelled", None, self.call_ms(self.model)))
        entries = redacted.redactions.entries if redacted is not None else ()
        messages = self.request.messages if redacted is None else redacted.messages
        prompt = "\n".join(m.content for m in redacted.messages) if redacted is not None else ""
        record = CallRecord(
            request_id=self.request.request_id,
            started_at=self._started_at,
            task=self.request.task,
            urgency=self.request.urgency,
            outcome=self.outcome,
            model=self.model,
            host=self._host,
            cached=answer.cached if answer else None,
            usage=answer.usage if answer else Usage(),
            cost_usd=answer.cost_usd if answer else None,
            confidence=answer.confidence if answer else None,
            incomplete=answer.incomplete if answer else False,
            duration_ms=self.elapsed_ms(),
            time_to_first_token_ms=self.first_token_ms,
            attempts=tuple(self.attempts),
            redactions=len(entries),
            redaction_rules=tuple(dict.fromkeys(e.rule for e in entries)),
            prompt_characters=sum(len(m.content) for m in messages),
            prompt_sha256=_digest(prompt),
            answer_characters=self.characters,
            answer_sha256=_digest(self.text),
            language=self.request.facets.get("language", ""),
        )
        sent = None
        if redacted is not None and (self._sent or answer is not None):
            hole = redacted.fim
            sent = SentPrompt(
                record=record,
                messages=redacted.messages,
                prefix=hole.prefix if hole else None,
                suffix=hole.suffix if hole else None,
                body=redacted.sent[-1] if redacted.sent else None,
                answer=(self.text or self._said_before)[:ANSWER_CHARACTERS],
            )
        recorder.record(record, sent)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""
