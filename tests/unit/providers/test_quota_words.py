from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aurelis.core.request import Parameters, Task
from aurelis.providers.body import bounded
from aurelis.providers.errors import Blame, error_from_answer
from aurelis.providers.github import GITHUB
from aurelis.providers.waits import requests_left, rule_of


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (
            "Rate limit of 10 per 60s exceeded for UserByModelByMinute. Please wait 46 seconds before retrying.",
            (10, 60),
        ),
        ("Rate limit of 50 per 86400s exceeded for UserByModelByDay.", (50, 86_400)),
        ("Rate limit of 5 per 0s exceeded for UserConcurrentRequests.", (5, 0)),
        ("Rate limit reached for m on requests per min (RPM): Limit 3, Used 3, Requested 1.", (3, 60)),
        ("Rate limit reached for m on requests per day (RPD): Limit 200, Used 200.", (200, 86_400)),
        ("Rate limit reached on tokens per min (TPM): Limit 40000, Used 39999.", None),
        ("Too many requests.", None),
    ],
)
def test_a_refusal_names_its_rule(message: str, rule: tuple[int, float] | None) -> None:
    """The rule that refused a request is read from the words that vendors use, and from no others."""
    assert rule_of(message) == rule
    blame = Blame(provider="p", title="P", host="p.test")
    body = {"code": "RateLimitReached", "message": message}
    assert error_from_answer(429, {}, body, blame, now=0.0).refused_by == rule
    assert error_from_answer(400, {}, body, blame, now=0.0).refused_by is None


@pytest.mark.parametrize(
    ("left", "reset", "expected"),
    [
        ("0", "6m0s", (0, 360.0)),
        ("14", "120ms", (14, 0.12)),
        ("-1", "1s", None),
        ("", "1s", None),
        ("3", "soon", None),
        ("9" * 40, "1s", None),
    ],
)
def test_headers_tell_how_many_requests_are_left(left: str, reset: str, expected: tuple[int, float] | None) -> None:
    """A count and a duration, or nothing."""
    headers = {"x-ratelimit-remaining-requests": left, "x-ratelimit-reset-requests": reset}
    assert requests_left(headers, 0.0) == expected
    assert requests_left({}, 0.0) is None


@pytest.mark.parametrize(
    ("left", "reset", "expected"),
    [
        ("0", "2026-11-30T12:00:20Z", (0, 20.0)),
        ("7", "2026-11-30T11:00:00Z", (7, 0.0)),
        ("0", "soon", None),
        ("", "2026-11-30T12:00:20Z", None),
    ],
)
def test_a_moment_tells_when_there_are_more_requests(left: str, reset: str, expected: tuple[int, float] | None) -> None:
    """Anthropic counts until a moment, not for a time."""
    now = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()
    headers = {"anthropic-ratelimit-requests-remaining": left, "anthropic-ratelimit-requests-reset": reset}
    assert requests_left(headers, now) == expected


@pytest.mark.parametrize(
    ("wanted", "longest", "sent"), [(4000, 1000, 1000), (500, 1000, 500), (4000, None, 4000), (None, 1000, None)]
)
def test_an_answer_is_never_longer_than_the_model_gives(
    wanted: int | None, longest: int | None, sent: int | None
) -> None:
    """What the user wishes is cut to the model's longest answer; nothing is asked where nothing was wished."""
    assert bounded(Parameters(max_tokens=wanted), longest).max_tokens == sent


def test_github_models_has_a_route_for_every_task() -> None:
    """Code goes to the code models, documentation and reasoning to theirs, all else to the small one."""
    first = {task: models[0] for task, models in GITHUB.routes.items()}
    assert set(first) == set(Task)
    assert first[Task.CODE_GENERATION] == "mistral-ai/codestral-2501"
    assert first[Task.DOCUMENTATION] == "cohere/cohere-command-r"
    assert first[Task.COMPLEX_REASONING] == "openai/gpt-4o"
    assert first[Task.GENERAL] == first[Task.EXPLANATION] == "openai/gpt-4o-mini"
    assert all(len(models) in {1, 3} for models in GITHUB.routes.values())
