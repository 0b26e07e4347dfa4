"""What an answer that has ended is worth: empty, filtered, cut, not what was asked for, or of use."""

from __future__ import annotations

import asyncio
from typing import Final

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.plain_text import is_blank
from aurelis.core.reply import FinishReason, Verdict
from aurelis.core.request import Request

LONG_ANSWER: Final = 1_000
"""Characters of an answer from which on it is judged in a thread: nonsense of such a length can take long to parse."""


async def judged(request: Request, text: str) -> Verdict:
    """The task's own verdict."""
    apart = len(text) > LONG_ANSWER or request.judged_apart(text)
    return await asyncio.to_thread(request.judge, text) if apart else request.judge(text)


async def checked(
    request: Request, text: str, reason: FinishReason, model: ModelReference, *, delivered: bool
) -> Verdict:
    """The task's verdict on an answer.

    What was delivered already is not refused any more for being of no use, as no other answer could take its place.

    Raises:
        RequestError: `content_filter`, `network` for a stream that broke off, or `invalid_response`.
    """
    if reason is FinishReason.CONTENT_FILTER:
        message = f"{model} refused or withheld the answer (content filter); change the selection or use another model."
        raise RequestError(ErrorKind.CONTENT_FILTER, message)
    if is_blank(text):
        return await _empty(request, text, reason, model)
    if reason is FinishReason.CUT:
        raise cut_off(model)
    verdict = await judged(request, text)
    if delivered:
        return verdict
    if not verdict.usable:
        message = (
            f"{model} gave no usable answer: {verdict.reason}. Nothing was changed; try again or use another model."
        )
        raise RequestError(ErrorKind.INVALID_RESPONSE, message)
    if reason is FinishReason.LENGTH and not request.accepts_truncated:
        message = f"{model} was cut off by its token limit; raise maxTokens or select less."
        raise RequestError(ErrorKind.INVALID_RESPONSE, message)
    return verdict


def cut_off(model: ModelReference) -> RequestError:
    """The error of a stream that ended without saying why."""
    message = f"{model} was cut off before its answer was complete; try again."
    return RequestError(ErrorKind.NETWORK, message, provider=model.provider, retryable=True)


async def _empty(request: Request, text: str, reason: FinishReason, model: ModelReference) -> Verdict:
    if reason is FinishReason.CUT:
        raise cut_off(model)
    if reason is FinishReason.ENOUGH or (request.empty_is_an_answer and reason is FinishReason.STOP):
        return await judged(request, text)
    why = "used up its tokens before answering" if reason is FinishReason.LENGTH else "said nothing"
    message = f"{model} {why}; try again, raise maxTokens, or use another model."
    raise RequestError(ErrorKind.INVALID_RESPONSE, message)
