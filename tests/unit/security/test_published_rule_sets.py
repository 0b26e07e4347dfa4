"""Secrets drawn from other people's published expressions, and source files that nobody looked at for the rules."""

from __future__ import annotations

import collections
import hashlib
import random
import re
import sysconfig
from pathlib import Path

import pytest

from aurelis.security.redact import redact_texts
from aurelis.security.rules import ALL_RULES
from aurelis.security.scan import find_secrets
from unit.security.pattern_samples import samples
from unit.security.published_expressions import (
    Expression,
    detect_secrets_expressions,
    secretlint_expressions,
)

_LINES = (
    'token = "{}"',
    '    const client = new Client("{}");',
    "{}",
    "  api: {}",
    'export X="{}"',
    'call(a, "{}", 3)  # note',
    "'key': '{}',",
)
_SAMPLES = 60
_LEAST_CAUGHT = 0.95
_MOST_LINES_TOUCHED = 0.001
_TELLING_LENGTH = 6
"""Characters from which on a secret cannot stand elsewhere in the line by chance."""

_OWN_GROUP = 12
"""A group at least this long is the secret within its expression; shorter ones are prefixes."""


def _secret(expression: Expression, match: re.Match[str]) -> str | None:
    if expression.group is not None:
        return match[expression.group]
    longest = max((group for group in match.groups() if group), key=len, default="")
    return longest if len(longest) >= _OWN_GROUP else match[0]


def _caught(line: str, secret: str) -> bool:
    [redacted], _ = redact_texts([f"import os\n\n{line}\n\ndef run():\n    return 1\n"])
    return line not in redacted and (len(secret) < _TELLING_LENGTH or secret.strip() not in redacted)


def _shares(expressions: list[Expression], seed: int) -> dict[str, float]:
    drawn: collections.Counter[str] = collections.Counter()
    caught: collections.Counter[str] = collections.Counter()
    for number, expression in enumerate(expressions):
        chooser = random.Random(seed + number)  # noqa: S311 - repeatable on purpose
        for match in samples(expression.pattern, _SAMPLES, seed + number):
            secret = _secret(expression, match)
            if not secret:
                continue
            bare = secret == match[0] and not {"'", '"', "`"} & set(secret)
            line = chooser.choice(_LINES).format(secret) if bare else match[0]
            drawn[expression.kind] += 1
            caught[expression.kind] += _caught(line, secret)
    return {kind: caught[kind] / drawn[kind] for kind in drawn}


def _assert_caught(shares: dict[str, float], least_kinds: int) -> None:
    assert len(shares) >= least_kinds
    assert {kind: share for kind, share in shares.items() if share < _LEAST_CAUGHT} == {}


def test_secrets_of_detect_secrets_are_caught() -> None:
    """Of each kind that detect-secrets knows, at least 95 % of drawn secrets are replaced."""
    _assert_caught(_shares(detect_secrets_expressions(), seed=20_000), least_kinds=20)


@pytest.mark.needs("node", "secretlint")
def test_secrets_of_secretlint_are_caught() -> None:
    """Of each kind that secretlint recommends, at least 95 % of drawn secrets are replaced."""
    _assert_caught(_shares(secretlint_expressions(), seed=30_000), least_kinds=20)


def _unseen_files(share: int) -> list[Path]:
    """A fixed share of the installed source files, by the hash of their names."""
    root = Path(sysconfig.get_path("purelib"))
    files = [
        path
        for path in sorted(root.rglob("*.py"))
        if hashlib.sha256(path.name.encode()).digest()[0] % share == 0
        and not {"detect_secrets", "aurelis"} & set(path.relative_to(root).parts)
    ]
    library = Path(sysconfig.get_path("stdlib"))
    return files + [path for path in sorted(library.glob("*.py")) if _hash_of(path) % share == 0]


def _hash_of(path: Path) -> int:
    return hashlib.sha256(path.name.encode()).digest()[1]


def test_source_files_are_hardly_touched() -> None:
    """At most one line in a thousand of installed packages' source files holds what the rules take for a secret."""
    lines = touched = 0
    for path in _unseen_files(share=10):
        text = path.read_text("utf-8", errors="replace")[:200_000]
        lines += text.count("\n") + 1
        touched += len(
            {
                number
                for found in find_secrets(text, ALL_RULES)
                for number in range(text.count("\n", 0, found.start), text.count("\n", 0, found.end) + 1)
            }
        )
    assert lines > 20_000
    assert touched / lines <= _MOST_LINES_TOUCHED
