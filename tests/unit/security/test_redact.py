"""Every text of a request passes redaction, in each of the three modes."""

from __future__ import annotations

import attrs
import pytest

from aurelis.config.load import editor_layer, load
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import FillInTheMiddle, Message, Neighbour, Parameters, RedactedRequest, Request, Task
from aurelis.security.patterns import compile_patterns, user_matches
from aurelis.security.redact import SecretRedactor

_TOKEN = "ghp_" + "q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo"
_OTHER = "glpat-" + "xK3mP9qR7tV2wY5zB8nC"


def _request(*contents: str, fim: FillInTheMiddle | None = None, stop: tuple[str, ...] = ()) -> Request:
    return Request(
        request_id="r1",
        task=Task.FIX,
        messages=tuple(Message("user", content) for content in contents),
        fim=fim,
        parameters=Parameters(stop=stop),
    )


def _all_text(redacted: RedactedRequest) -> str:
    return repr(attrs.asdict(redacted, filter=lambda attribute, _: attribute.name != "redactions"))


def test_every_text_of_a_request_is_redacted() -> None:
    """Messages, both sides of the hole, neighbours, their names and stop sequences hold no secret afterwards."""
    line = f'key = "{_TOKEN}"\n'
    fim = FillInTheMiddle(line, line, f"{_TOKEN}.py", (Neighbour(f"{_TOKEN}.py", line),))
    redacted = SecretRedactor().redact(_request(line, line, fim=fim, stop=(line,)))
    assert _TOKEN not in _all_text(redacted)
    assert len(redacted.redactions) == 1


def test_the_request_within_holds_no_secret_either() -> None:
    """Whoever holds the redacted request cannot reach the original words through it."""
    redacted = SecretRedactor().redact(_request(_TOKEN))
    assert redacted.request.messages == redacted.messages
    assert _TOKEN not in repr(redacted)


def test_placeholders_are_ordinals_of_first_occurrence() -> None:
    """The same secret has the same placeholder in all texts, numbered as they come."""
    redacted = SecretRedactor().redact(_request(f"{_OTHER} {_TOKEN}", f"{_TOKEN} {_OTHER}"))
    assert [message.content for message in redacted.messages] == [
        "AURELIS_SECRET_1 AURELIS_SECRET_2",
        "AURELIS_SECRET_2 AURELIS_SECRET_1",
    ]


def test_a_placeholder_never_stands_in_the_prompt_already() -> None:
    """A prompt that holds our name for a secret gets another name."""
    redacted = SecretRedactor().redact(_request(f"AURELIS_SECRET_1 AURELIS_SECRET2_ {_TOKEN}"))
    assert redacted.messages[0].content == "AURELIS_SECRET_1 AURELIS_SECRET2_ AURELIS_SECRET3_1"


def test_a_secret_known_from_one_place_is_replaced_in_all() -> None:
    """A password that only an assignment gives away disappears from the call that repeats it, too."""
    redacted = SecretRedactor().redact(_request('password = "hunter2!x"', "connect(hunter2!x)"))
    assert [m.content for m in redacted.messages] == ['password = "AURELIS_SECRET_1"', "connect(AURELIS_SECRET_1)"]


@pytest.mark.parametrize("cut", range(1, len(_TOKEN)))
def test_a_secret_split_by_the_cursor_is_hidden_in_both_halves(cut: int) -> None:
    """The halves of a token before and after the cursor do not leave the machine."""
    fim = FillInTheMiddle(f'key = "{_TOKEN[:cut]}', f'{_TOKEN[cut:]}"\n')
    redacted = SecretRedactor().redact(_request("complete", fim=fim))
    assert redacted.fim is not None
    assert redacted.fim.prefix == 'key = "AURELIS_SECRET_1'
    assert redacted.fim.suffix in {'AURELIS_SECRET_2"\n', 'AURELIS_SECRET_1"\n'}


@pytest.mark.parametrize(
    "end", ["password = ", "password: ", "-----BEGIN PRIVATE KEY-----\n", "token", "://user:", '"']
)
def test_texts_do_not_lend_each_other_meaning(end: str) -> None:
    """What one text ends with does not make a secret of what the next begins with."""
    begin = '"some-value9"\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA@host\n'
    redacted = SecretRedactor().redact(_request(f"x = {end}", begin))
    assert redacted.messages[1].content == begin


def test_blocking_refuses_and_names_the_kind_only() -> None:
    """Mode block sends nothing, says what kind of secret it saw and never the secret."""
    told: list[tuple[str, tuple[str, ...], bool]] = []
    redactor = SecretRedactor("block", on_redacted=lambda *event: told.append(event))
    with pytest.raises(RequestError) as failure:
        redactor.redact(_request(_TOKEN))
    assert failure.value.kind is ErrorKind.SECRETS
    assert failure.value.security_event == "secret_blocked"
    assert "github-token" in failure.value.message
    assert _TOKEN not in failure.value.message
    assert told == [("r1", ("github-token",), True)]


def test_off_leaves_every_text_alone() -> None:
    """Mode off is the user's word: nothing is replaced."""
    request = _request(_TOKEN)
    assert SecretRedactor("off").redact(request).messages == request.messages


def test_a_clean_request_is_passed_on_as_it_is() -> None:
    """Without a secret nothing is told and nothing is changed."""
    told: list[object] = []
    request = _request("def add(a, b):\n    return a + b\n")
    redacted = SecretRedactor(on_redacted=lambda *event: told.append(event)).redact(request)
    assert redacted.request is request
    assert len(redacted.redactions) == 0
    assert told == []


def test_the_users_own_patterns_are_secrets() -> None:
    """A pattern of the user's is replaced by its group `secret`, its first group, or all of it."""
    redactor = SecretRedactor(patterns=(r"CASE-\d+", r"pin (\d{4})", r"code=(?P<secret>\w+)"))
    redacted = redactor.redact(_request("CASE-77 pin 1234 code=abc"))
    assert redacted.messages[0].content == "AURELIS_SECRET_1 pin AURELIS_SECRET_2 code=AURELIS_SECRET_3"
    assert {entry.rule for entry in redacted.redactions.entries} == {"own-pattern"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[", "a regular expression"),
        ("(a+)+b", "a regular expression that cannot match one text in very many ways"),
        ("(?:a|b*)*c", "a regular expression that cannot match one text in very many ways"),
        (r"(\w+)\1", "a regular expression that cannot match one text in very many ways"),
        ("x*", "a regular expression that does not match the empty text"),
        ("a.*b.*c.*d.*e", "a regular expression that cannot match one text in very many ways"),
        ("(a|aa)+$", "a regular expression that cannot match one text in very many ways"),
    ],
)
def test_patterns_that_cannot_be_used_are_reported(pattern: str, expected: str) -> None:
    """A wrong or dangerous pattern is not used, and the settings name it with its place; the others are in force."""
    assert [usable.pattern for usable in compile_patterns(("ok", pattern))] == ["ok"]
    settings, [problem] = load([editor_layer({"privacy": {"patterns": {"one": "ok", "two": pattern}}})])
    assert dict(settings.privacy.patterns) == {"one": "ok"}
    assert problem.path == "privacy.patterns.two"
    assert problem.message == f"Expected {expected}, got a text; the entry is left out."


def test_only_so_many_patterns_are_used() -> None:
    """The hundred-and-first pattern is reported and left out."""
    patterns = {f"p{number}": "abc" for number in range(101)}
    assert len(compile_patterns(tuple(patterns.values()))) == 100
    settings, problems = load([editor_layer({"privacy": {"patterns": patterns}})])
    assert len(settings.privacy.patterns) == 100
    assert len(problems) == 1


def test_own_patterns_reach_across_the_pieces_of_a_long_line() -> None:
    """A line that is looked at in pieces hides no match at their seams."""
    patterns = compile_patterns([r"CASE-\d{20}"])
    for place in range(600, 1_200, 7):
        text = "x" * place + "CASE-" + "1" * 20 + "y" * 3_000
        assert (place, place + 25) in set(user_matches(text, patterns))
