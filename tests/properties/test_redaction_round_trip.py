"""Redaction and the way back, for any text."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.redaction_map import restore
from aurelis.security.redact import redact_texts

_SECRETS = st.sampled_from(
    [
        "ghp_" + "q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo",
        "AKIA" + "Q7ZXRN4TLWM2VKP9",
        "sk-ant-" + "api03-q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo",
        "postgres://app:" + "k3rf-x9kk@db.example/orders",
        "-----BEGIN PRIVATE KEY-----\n"
        + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA\n" * 2
        + "-----END PRIVATE KEY-----",
        "xoxb-" + "123456789012-q7Zt2LmX9vRb4KcW",
    ]
)
_LINES = st.one_of(
    st.builds('key = "{}"'.format, _SECRETS),
    st.builds("    call('{}', 1)  # note".format, _SECRETS),
    st.builds("value: {}".format, _SECRETS),
    st.builds("# {}".format, _SECRETS),
    st.builds('password = "{}"'.format, st.text("abcXYZ0123456789!-_", min_size=1, max_size=20)),
    st.text(max_size=40),
    st.sampled_from(["AURELIS_SECRET_1", "def f():", "'", '"""', "`", "\ud800", "İ"]),
)
_TEXTS = st.lists(_LINES, max_size=8).map("\n".join)


@given(_TEXTS)
def test_restoring_the_redacted_text_gives_the_text(text: str) -> None:
    """What is redacted and comes back unchanged is the text again, with nothing refused."""
    [redacted], redactions = redact_texts([text])
    result = restore(redacted, redactions, text)
    assert result.text == text
    assert result.refused == 0


@given(st.lists(_TEXTS, min_size=1, max_size=4))
def test_no_secret_is_left_and_no_placeholder_was_there(texts: list[str]) -> None:
    """Secrets of any length that tell leave every text; placeholders are new, and numbered as they come."""
    redacted, redactions = redact_texts(texts)
    for number, entry in enumerate(redactions.entries, start=1):
        assert all(entry.placeholder not in text for text in texts)
        assert entry.placeholder.endswith(f"_{number}")
        if len(entry.secret) >= 8:
            assert all(entry.secret not in text for text in redacted)
    order = [name for text in redacted for name in re.findall(r"AURELIS_SECRET\d*_\d+", text)]
    known = [entry.placeholder for entry in redactions.entries]
    assert [name for name in dict.fromkeys(order) if name in known] == known


@given(st.lists(_TEXTS, min_size=1, max_size=4))
def test_redaction_is_repeatable(texts: list[str]) -> None:
    """The same texts give the same placeholders, and redacted texts hold nothing more to redact of theirs."""
    assert redact_texts(texts) == redact_texts(texts)


@given(st.lists(_TEXTS, min_size=2, max_size=4))
def test_the_set_of_secrets_does_not_depend_on_the_order_of_texts(texts: list[str]) -> None:
    """The same secrets are found whichever text comes first."""
    _, forwards = redact_texts(texts)
    _, backwards = redact_texts(texts[::-1])
    assert {entry.secret for entry in forwards.entries} == {entry.secret for entry in backwards.entries}
