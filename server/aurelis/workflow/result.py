"""The contract's Result: what commands answer and `--json` prints, with exactly these camelCase keys."""

from __future__ import annotations

from typing import Any

from aurelis.workflow.events import Outcome


def result_of(
    outcome: Outcome, *, edit: Any = None, applied: bool | None = None, conflict: bool | None = None
) -> dict[str, Any]:
    """The Result of an outcome.

    `edit` is the front end's own form of the edit (a `WorkspaceEdit` as plain JSON data); keys that were not given are
    absent. Durations are milliseconds, cost is in US dollars.
    """
    answer = outcome.answer
    result: dict[str, Any] = {
        "requestId": outcome.request_id,
        "task": outcome.task.value,
        "text": outcome.text,
        "model": str(answer.model),
        "cached": answer.cached,
        "usage": {
            "promptTokens": answer.usage.prompt_tokens,
            "completionTokens": answer.usage.completion_tokens,
            "totalTokens": answer.usage.total_tokens,
        },
        "costUsd": answer.cost_usd,
        "confidence": answer.confidence,
        "incomplete": answer.incomplete,
        "durationMs": answer.duration_ms,
        "timeToFirstTokenMs": answer.time_to_first_token_ms,
        "attempts": [
            _attempt(attempt.model, attempt.outcome, attempt.status, attempt.duration_ms) for attempt in answer.attempts
        ],
        "redactions": len(answer.redactions),
    }
    reasons = list(answer.confidence_reasons) or None
    cut = outcome.cut or None
    optional = {"confidenceReasons": reasons, "edit": edit, "applied": applied, "conflict": conflict, "cut": cut}
    return result | {key: value for key, value in optional.items() if value is not None}


def summary_of(outcome: Outcome) -> str:
    """Who answered, in which time, for how much, and how far the answer can be trusted, with the reasons."""
    answer = outcome.answer
    cost = "cost unknown" if answer.cost_usd is None else f"${answer.cost_usd:.4f}"
    origin = f"from the {answer.cached} cache" if answer.cached else cost
    why = f" ({', '.join(answer.confidence_reasons)})" if answer.confidence_reasons else ""
    part = ", from part of the code" if outcome.cut else ""
    return f"{answer.model}, {origin}, {answer.duration_ms / 1000:.1f} s, confidence {answer.confidence:.2f}{why}{part}"


def _attempt(model: str, outcome: str, status: int | None, duration_ms: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"model": model, "outcome": outcome, "durationMs": duration_ms}
    return entry if status is None else entry | {"status": status}
