"""Turns the bytes of one answer into the provider's events.

In comes an open response and what is known about the model's way of reasoning; out come `TextDelta`, `Thinking`,
`Alive` and, last, `Finished`. A stream that the server did not finish is `CUT`; one that holds no answer at all is an
error.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from math import inf
from typing import Any, Final

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Alive, Finished, FinishReason, ProviderEvent, TextDelta, Thinking, Usage
from aurelis.providers.chunks import Piece, read_piece
from aurelis.providers.errors import Blame, sentence
from aurelis.providers.events import MAX_EVENT_BYTES, EventReader, MalformedStreamError, decode_json
from aurelis.providers.reasoning import ReasoningFilter
from aurelis.providers.surrogates import SurrogateJoiner

MAX_ANSWER_CHARACTERS: Final = 2_000_000
_AFTER_FINISH_SECONDS: Final = 0.8
"""How long the token counts may lag behind the end of the answer, whatever else comes meanwhile."""
_AFTER_DONE_SECONDS: Final = 0.1
"""How long the end of the body may lag behind `[DONE]`; afterwards the connection is closed instead of kept."""
_TURN_SECONDS: Final = 0.01
"""How long chunks that lie ready are read before others have their turn; a server may make one of every byte."""


@attrs.define
class _State:
    text: str = ""
    thinking: bool = False
    recognised: bool = False
    refused: bool = False
    finish: FinishReason | None = None
    usage: Usage | None = None
    logprob_sum: float = 0.0
    logprob_count: int = 0
    characters: int = 0
    head: bytes = b""


class AnswerReader:
    """Reads one answer.

    `content_type` chooses between a stream and a whole JSON body; `upstream_error` makes an error of an `error` value
    inside the body.
    """

    def __init__(
        self,
        content_type: str,
        reasoning: ReasoningFilter,
        blame: Blame,
        upstream_error: Callable[[Any], RequestError],
        notice: str | None = None,
        left: tuple[int, float] | None = None,
    ) -> None:
        lowered = content_type.lower()
        self._whole = "json" in lowered and not any(part in lowered for part in ("ndjson", "jsonl", "stream", "seq"))
        self._page = "html" in lowered
        self._reasoning = reasoning
        self._blame = blame
        self._upstream_error = upstream_error
        self._notice = notice
        self._left = left
        self._events = EventReader()
        self._joiner = SurrogateJoiner()
        self._state = _State()
        self._body = bytearray()

    async def read(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[ProviderEvent, None]:
        """Yield the events of the answer.

        Raises:
            RequestError: for an error inside the answer and for an answer that is none.
        """
        state = self._state
        async with aclosing(self._patiently(chunks)) as patient:
            async for chunk in patient:
                before, silent = self._events.read, True
                for event in self._take(self._feed(chunk)):
                    yield event
                    silent = False
                if silent and self._events.read > before:
                    yield Alive()
                if state.characters > MAX_ANSWER_CHARACTERS:
                    yield Finished(FinishReason.LENGTH, state.usage, self._mean(), self._notice, self._left)
                    return
        for event in self._take(self._rest()):
            yield event
        for event in self._deltas(self._tail()):
            yield event
        yield self._end()

    async def _patiently(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The chunks; once the answer is complete, only as long as its tail comes promptly."""
        iterator = aiter(chunks)
        state = self._state
        loop = asyncio.get_running_loop()
        turn = loop.time() + _TURN_SECONDS
        until: float | None = None
        while True:
            if self._events.done:
                until = min(until or inf, loop.time() + _AFTER_DONE_SECONDS)
            elif state.finish is not None and until is None:
                until = loop.time() + _AFTER_FINISH_SECONDS
            try:
                if until is None:
                    chunk = await anext(iterator)
                else:
                    async with asyncio.timeout_at(until):
                        chunk = await anext(iterator)
            except (StopAsyncIteration, TimeoutError):
                return
            except Exception:
                if until is None:
                    raise
                return  # the answer was complete before the connection failed
            yield chunk
            if loop.time() >= turn:
                await asyncio.sleep(0)
                turn = loop.time() + _TURN_SECONDS

    def _feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        state = self._state
        if len(state.head) < 64:  # noqa: PLR2004 - enough to tell a page from an answer
            state.head += chunk[:64]
        if not self._whole:
            yield from self._decoded(self._events.feed(chunk))
            return
        self._body += chunk
        if len(self._body) > MAX_EVENT_BYTES:
            raise self._invalid("answered with more than any answer can hold")

    def _rest(self) -> Iterator[dict[str, Any]]:
        if not self._whole:
            yield from self._decoded(self._events.finish())
            return
        if not self._body.strip():
            return
        try:
            value = decode_json(bytes(self._body))
        except MalformedStreamError:
            value = None
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = value[0]
        if isinstance(value, dict):
            yield value
            return
        yield from self._decoded(self._events.feed(bytes(self._body)))
        yield from self._decoded(self._events.finish())

    def _decoded(self, values: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        try:
            yield from values
        except MalformedStreamError as error:
            if self._state.finish is None:
                raise self._invalid("sent an answer that cannot be read") from error

    def _take(self, values: Iterator[dict[str, Any]]) -> Iterator[ProviderEvent]:
        """One delta for everything that came at once; nothing of it where it says that it is filtered."""
        text = "".join([self._piece(read_piece(value)) for value in values])
        filtered = self._state.refused or self._state.finish is FinishReason.CONTENT_FILTER
        yield from self._deltas("" if filtered else text)

    def _deltas(self, text: str) -> Iterator[ProviderEvent]:
        state = self._state
        thinking, state.thinking = state.thinking, False
        if self._reasoning.orphan:
            raise self._invalid("mixed its reasoning into the answer", retryable=True)
        if text:
            room = MAX_ANSWER_CHARACTERS - state.characters
            state.characters += len(text)
            if room > 0:
                yield TextDelta(text[:room])
        elif thinking:
            yield Thinking()

    def _piece(self, piece: Piece) -> str:
        state = self._state
        if piece.error:
            if state.finish is not None:
                return ""  # the answer was complete before something failed
            raise self._upstream_error(piece.error)
        state.recognised = state.recognised or piece.recognised
        state.refused = state.refused or piece.refused
        if piece.finish is not None:
            state.finish = piece.finish
        if piece.usage is not None:
            state.usage = piece.usage
        if piece.logprobs:
            state.logprob_sum += sum(piece.logprobs)
            state.logprob_count += len(piece.logprobs)
        if piece.thinking:
            state.thinking = True
            self._reasoning.elsewhere()
        if not piece.text:
            return ""
        text = self._reasoning.feed(self._joiner.feed(piece.text))
        if not text and self._reasoning.reasoning:
            state.thinking = True
        return text

    def _mean(self) -> float | None:
        state = self._state
        return state.logprob_sum / state.logprob_count if state.logprob_count else None

    def _end(self) -> ProviderEvent:
        state = self._state
        reason = state.finish
        if not state.recognised or (self._whole and reason is None and not state.characters and not state.refused):
            raise self._nothing()
        if state.refused:
            reason = FinishReason.CONTENT_FILTER  # its words are an apology, no answer
        if reason is None:
            complete = self._events.done or self._whole
            reason = FinishReason.STOP if complete else FinishReason.CUT
        return Finished(reason, state.usage, self._mean(), self._notice, self._left)

    def _tail(self) -> str:
        """What the filter still held when the answer ended."""
        state = self._state
        complete = state.finish in {FinishReason.STOP, None} and (state.finish is not None or self._events.done)
        held = self._joiner.finish()
        return (self._reasoning.feed(held) if held else "") + self._reasoning.finish(complete=complete or self._whole)

    def _nothing(self) -> RequestError:
        head = self._state.head.lstrip()
        if self._page or head.startswith(b"<"):
            return self._invalid(
                f"answered with a web page; check providers.{self._blame.provider}.baseUrl, which usually ends in /v1"
            )
        if not head:
            return self._invalid("answered with nothing")
        return self._invalid(
            f"answered with something that is no completion; check providers.{self._blame.provider}.baseUrl"
        )

    def _invalid(self, what: str, *, retryable: bool = False) -> RequestError:
        message = sentence(f"{self._blame.title} ({self._blame.host}) {what}.")
        return RequestError(ErrorKind.INVALID_RESPONSE, message, provider=self._blame.provider, retryable=retryable)
