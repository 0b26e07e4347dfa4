"""The kept answer to a request, looked for before anything is asked, reserved or permitted (invariant 8)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

from aurelis.core.ports import CachedAnswer
from aurelis.core.reply import Answer, AnswerEvent, Attempt, CacheLayer, Completed, Delta
from aurelis.orchestrator.check import judged
from aurelis.orchestrator.parts import Parts
from aurelis.orchestrator.route import Candidate
from aurelis.orchestrator.run import Run


async def kept_answer(parts: Parts, run: Run, candidates: Iterable[Candidate]) -> Answer | None:
    """What one of the candidates answered to the same request before, the first in order; None where there is nothing.

    An answer that is no longer of use to the task counts as none.
    """
    if not run.request.cacheable:
        return None
    for candidate in candidates:
        hit = await parts.cache.get(run.cache_key(candidate))
        if hit is None:
            continue
        kept, layer = hit
        verdict = await judged(run.request, kept.text)
        if not verdict.usable:
            continue
        run.verdict = verdict
        run.text = kept.text
        run.attempts.append(Attempt(str(kept.model), "cached"))
        return answer_of(run, kept, layer)
    return None


def answer_of(run: Run, kept: CachedAnswer, layer: CacheLayer | None) -> Answer:
    """A kept answer as the answer to the present request: with its own redactions, and for nothing."""
    elapsed = run.elapsed_ms()
    return Answer(
        request_id=run.request.request_id,
        text=kept.text,
        model=kept.model,
        cached=layer,
        finish=kept.finish,
        usage=kept.usage,
        cost_usd=0.0,
        confidence=kept.confidence,
        confidence_reasons=kept.confidence_reasons,
        incomplete=False,
        duration_ms=elapsed,
        time_to_first_token_ms=elapsed,
        attempts=tuple(run.attempts),
        redactions=run.redacted_request().redactions,
        verdict=run.verdict,
    )


async def replayed(run: Run, kept: Answer) -> AsyncGenerator[AnswerEvent, None]:
    """The events of a kept answer, as those of one that comes now; `run` is finished then."""
    run.finished(kept, "cached")
    if run.request.streams:
        yield Delta(kept.text)
    yield Completed(kept)
