"""What is read of an error's body that is no whole object and no text."""

from __future__ import annotations

import pytest

from aurelis.core.errors import ErrorKind
from aurelis.providers.errors import Blame, error_from_answer

BLAME = Blame(provider="mine", title="Mine", host="host.test")


@pytest.mark.parametrize("body", [bytes(range(256)), b'{"error":{"code":"x","mess', b'{"error":' * 5000])
def test_what_is_no_text_is_not_quoted(body: bytes) -> None:
    """Bytes, and the beginning of an object, say nothing that a person could read."""
    assert error_from_answer(400, {}, body, BLAME, now=0.0).message.endswith("rejected the request (HTTP 400).")


def test_an_object_that_is_cut_off_says_its_message() -> None:
    """Of a body that is too long only the beginning is read, which may have the words that matter."""
    body = b'{"error": {"message": "maximum context length is 8192 tokens", "prompt": "' + b"x" * 100_000
    error = error_from_answer(400, {}, body, BLAME, now=0.0)
    assert error.kind is ErrorKind.TOO_LARGE
    assert error.message.endswith("It said: maximum context length is 8192 tokens")
