"""Refusals of vendors that have no code for them: their words tell the kind."""

from __future__ import annotations

import pytest

from aurelis.core.errors import ErrorKind
from unit.providers.test_errors import judge


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, "Content Exists Risk", "content_filter"),
        (400, "Input data may contain inappropriate content.", "content_filter"),
        (400, "The request was blocked due to safety", "content_filter"),
        (400, "litellm.ContentPolicyViolationError: blocked", "content_filter"),
        (400, "系统检测到输入或生成内容可能包含不安全或敏感内容", "content_filter"),
        (403, 'It requires moderation. Your input was flagged for "violence".', "content_filter"),
        (401, "Your input was flagged", "auth"),
        (429, "Too many requests with inappropriate content", "rate_limit"),
        (400, "Prompt exceeds max length", "too_large"),
        (400, "Invalid request: Your request exceeded model token limit: 131072", "too_large"),
        (400, "Range of input length should be [1, 30720]", "too_large"),
        (400, "the number of input tokens 9000 cannot exceed the total tokens limit 8192", "too_large"),
        (422, "Input validation error: `inputs` must have less than 1024 tokens. Given: 1500", "too_large"),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000", "too_large"),
    ],
)
def test_vendors_without_codes_are_known_by_their_words(status: int, said: str, kind: str) -> None:
    """A filtered prompt does not cost the provider its token, and one that is too long says what to do about it."""
    error = judge(status, {"error": {"message": said, "code": None}})
    assert error.kind is ErrorKind(kind)
    assert error.final_for_provider is (kind == "auth")
