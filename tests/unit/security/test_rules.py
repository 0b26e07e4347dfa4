"""Each rule against its own examples, and the scan as a whole against hostile text."""

from __future__ import annotations

import re
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aurelis.security.rules import ALL_RULES, Rule
from aurelis.security.scan import find_secrets

_EXAMPLES = [(rule, example) for rule in ALL_RULES for example in rule.examples]
_COUNTER_EXAMPLES = [(rule, example) for rule in ALL_RULES for example in rule.counter_examples]


@pytest.mark.parametrize(("rule", "example"), _EXAMPLES)
def test_every_rule_finds_its_examples(rule: Rule, example: str) -> None:
    """A rule finds its examples alone on a line, between other lines, and as part of all rules."""
    for text in (example, f"import os\n{example}\n\nprint(os)\n"):
        assert find_secrets(text, [rule])
        assert find_secrets(text, ALL_RULES)


@pytest.mark.parametrize(("rule", "example"), _COUNTER_EXAMPLES)
def test_no_rule_finds_the_counter_examples(rule: Rule, example: str) -> None:
    """What only looks like a secret is left alone by all rules together."""
    assert find_secrets(example, ALL_RULES) == ()


def test_every_rule_has_a_name_and_an_example() -> None:
    """Rules are documented data: a lower-case name and at least one example each."""
    for rule in ALL_RULES:
        assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", rule.name)
        assert rule.examples, rule.name


@pytest.mark.parametrize(
    "line",
    [
        "def verify(token: str, password: str | None = None) -> bool:",
        "    self.password = password",
        "    token = next(tokens)",
        'password = os.environ["DB_PASSWORD"]',
        'api_key = config.get("api_key")',
        "const secret = await vault.read(path);",
        "if (password !== confirmation) {",
        'raise ValueError("The password must have eight characters")',
        'SECRET_NAME = "prod/database/credentials"',
        "password: ${{ secrets.DEPLOY_PASSWORD }}",
        "API_KEY=${API_KEY}",
        "API_KEY=<your key here>",
        'sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"',
        'version = "550e8400-e29b-41d4-a716-446655440000"',
        'key = "user.preferences.theme"',
        "getToken(): Promise<string>;",
        'passwordField.setAttribute("type", "password");',
        "-----BEGIN CERTIFICATE-----",
        "https://host.example:8080/path@v2",
        "postgres://user:password@localhost/db",
        "    token: TokenV2",
        "V3Saml2Password = v3.Saml2Password",
        "        ed25519.Ed25519PublicKey,",
        "if isinstance(key, (X25519PublicKey, X25519PrivateKey)):",
        "if password1 and password2 and password1 != password2:",
        "token_source = settings.CSRF_HEADER_NAME",
        "if credential.status_code != status.HTTP_200_OK:",
        ".. _refresh token: https://tools.example/html/rfc6749#section-6",
    ],
)
def test_program_text_about_secrets_is_no_secret(line: str) -> None:
    """Names, annotations, look-ups, templates, hashes and messages stay as they are."""
    assert find_secrets(line + "\n", ALL_RULES) == ()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("DATABASE_URL=postgres://app:k3rf!x9@db.example/orders", "k3rf!x9"),
        ('connection = "Server=db;User Id=app;Password=Tr0ub4dor;"', "Tr0ub4dor"),
        ("  password: k3rf-x9kk\n", "k3rf-x9kk"),
        ('requests.get(url, headers={"Authorization": "Bearer q7Zt2LmX9vRb4KcW8sNd"})', "q7Zt2LmX9vRb4KcW8sNd"),
        ("slack = Xoxb-12345-67890-a1b2c3", "Xoxb-12345-67890-a1b2c3"),
        (
            "ibm_cloud_api_key" + " " * 80 + "= 'q7Zt2LmX9vRb4KcW8sNd" + "1HgY5pJf3TaE6uQo0Vib2Mx8'",
            "q7Zt2LmX9vRb4KcW8sNd" + "1HgY5pJf3TaE6uQo0Vib2Mx8",
        ),
        ("ghp_" + "a" * 36, "ghp_" + "a" * 36),
        ('{"type": "service_account", "private_key_id": "' + "0a1b2c3d4e" * 4 + '"}', "0a1b2c3d4e" * 4),
    ],
)
def test_only_the_secret_itself_is_found(text: str, secret: str) -> None:
    """User, host and name stay readable: the span is that of the secret alone."""
    assert [text[found.start : found.end] for found in find_secrets(text, ALL_RULES)] == [secret]


@pytest.mark.parametrize("line", ["AKIAXXXXXXXXXXXXXXXX", 'token = "ghp_' + "x" * 36 + '"', "glpat-" + "*" * 20])
def test_what_is_left_to_be_filled_in_is_no_token(line: str) -> None:
    """A manual's row of x or stars behind a token's beginning stays as it is."""
    assert find_secrets(line, ALL_RULES) == ()


def test_a_private_key_cut_at_either_end_is_found() -> None:
    """The halves of a key that the cursor or a limit divides are secrets as well."""
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDQ7Zt2LmX9vRb4\n"
    head, foot = "-----BEGIN RSA PRIVATE KEY-----\n", "-----END RSA PRIVATE KEY-----\n"
    for text in (head + line * 3, line * 3 + foot, head + line * 20 + foot):
        covered = "".join(text[found.start : found.end] for found in find_secrets("x\n" + text, ALL_RULES))
        redacted = "x\n" + text
        for found in reversed(find_secrets(redacted, ALL_RULES)):
            redacted = redacted[: found.start] + redacted[found.end :]
        assert covered
        assert "MIIEvQ" not in redacted


_HOSTILE = [
    "a" * 1_000_000,
    "password=" * 100_000,
    "password = '" * 80_000,
    "key" + " " * 1_000_000,
    ("key" + " " * 79) * 12_000,
    "://" + "a:" * 500_000,
    "://" * 300_000,
    "-----BEGIN PRIVATE KEY-----" * 40_000,
    "-----BEGIN PRIVATE KEY-----" + "A" * 1_000_000,
    "A" * 64 + "\n" * 10 + ("A" * 64 + "\n") * 10_000 + "-----END PRIVATE KEY-----",
    "-----END" * 100_000,
    "BEGIN" * 200_000,
    "BEGIN PRIVATE KEY" * 60_000,
    "eyJ" + "a" * 500_000 + "." + "b" * 400_000,
    "eyJa." * 200_000,
    "xoxb-" * 200_000,
    "==" * 500_000,
    "'a' == " * 140_000,
    "aws" * 300_000,
    "sk-" * 300_000,
    "a1" * 500_000,
    ("A1b2" * 7 + ".") * 35_000,
    "\\" * 1_000_000,
    "secret" + "[" * 1_000_000,
    "PuTTY-User-Key-File-3" + "a: b\n" * 200_000,
]


@pytest.mark.parametrize("number", range(len(_HOSTILE)))
def test_no_line_makes_the_scan_stall(number: int) -> None:
    """Any pattern's favourite characters, without a line's end, take time in proportion to their length."""
    text = _HOSTILE[number][:200_000]
    small = text[: len(text) // 8]
    started = time.process_time()
    find_secrets(small, ALL_RULES)
    first = time.process_time() - started
    started = time.process_time()
    find_secrets(text, ALL_RULES)
    assert time.process_time() - started < 30 * first + 1.0


def test_a_prompt_is_scanned_in_little_time() -> None:
    """50,000 characters of source cost at most 20 passes of a trivial expression (measured: 6 to 9)."""
    library = Path(sysconfig.get_path("stdlib"))
    text = "".join(path.read_text("utf-8") for path in sorted(library.glob("*.py"))[:40])[:50_000]
    control = re.compile("[0-9]{40}")

    def least(work: Callable[[], object]) -> float:
        durations = []
        for _ in range(15):
            started = time.process_time()
            work()
            durations.append(time.process_time() - started)
        return min(durations)

    assert least(lambda: find_secrets(text, ALL_RULES)) <= 20 * least(lambda: control.search(text))
