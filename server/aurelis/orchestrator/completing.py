"""From a judged answer to what the reader gets and what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aurelis.core.ports import CachedAnswer, CacheTags
from aurelis.core.reply import Answer, Finished, FinishReason, Usage
from aurelis.orchestrator.confidence import confidence
from aurelis.orchestrator.cost import cost_of
from aurelis.orchestrator.route import Candidate, characters_of
from aurelis.orchestrator.run import Run

if TYPE_CHECKING:
    from aurelis.orchestrator.workings import Workings


async def completed(workings: Workings, run: Run, candidate: Candidate, finished: Finished) -> Answer:
    """The answer of a candidate; a whole and usable one is put into the cache."""
    parts = workings.parts
    usage = finished.usage or _estimated(workings, run, candidate)
    # Whoever shares another's call adds nothing to its price.
    cost = (
        0.0
        if candidate.reference in run.shared
        else cost_of(usage, parts.pricing.price(candidate.info, candidate.host))
    )
    place = next(n for n, planned in enumerate(run.plan) if planned is candidate)
    score, reasons = confidence(
        finished.reason,
        run.verdict,
        mean_logprob=finished.mean_logprob,
        place=place,
        shown_whole=run.request.shown_whole,
    )
    incomplete = finished.reason in {FinishReason.CUT, FinishReason.LENGTH}
    answer = Answer(
        request_id=run.request.request_id,
        text=run.text,
        model=candidate.reference,
        cached=None,
        finish=finished.reason,
        usage=usage,
        cost_usd=cost,
        confidence=score,
        confidence_reasons=reasons,
        incomplete=incomplete,
        duration_ms=run.elapsed_ms(),
        time_to_first_token_ms=run.first_token_ms if run.first_token_ms is not None else run.elapsed_ms(),
        attempts=tuple(run.attempts),
        redactions=run.redacted_request().redactions,
        verdict=run.verdict,
    )
    if finished.notice is not None:
        workings.availability.notices[candidate.reference.provider] = finished.notice
    if run.request.cacheable and not incomplete and run.verdict.usable:
        await _keep(workings, run, candidate, answer)
    return answer


async def _keep(workings: Workings, run: Run, candidate: Candidate, answer: Answer) -> None:
    facets = run.request.facets
    kept = CachedAnswer(
        text=answer.text,
        model=answer.model,
        finish=answer.finish,
        usage=answer.usage,
        cost_usd=answer.cost_usd,
        confidence=answer.confidence,
        confidence_reasons=answer.confidence_reasons,
        stored_at=run.called_at(candidate.reference),
    )
    tags = CacheTags(
        task=run.request.task,
        language=facets.get("language", ""),
        path=facets.get("path", ""),
        project=facets.get("project", ""),
    )
    await workings.parts.cache.put(run.cache_key(candidate), kept, tags)


def _estimated(workings: Workings, run: Run, candidate: Candidate) -> Usage:
    sent = characters_of(run.redacted_request(), candidate.info)
    prompt = workings.estimates.tokens(candidate.reference, sent)
    completion = workings.estimates.tokens(candidate.reference, run.characters)
    return Usage(prompt, completion, prompt + completion)
