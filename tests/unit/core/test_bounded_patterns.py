"""Regular expressions of a person's own: those that would stop the server, and those that people really write."""

from __future__ import annotations

import re
import time

import pytest

from aurelis.core.bounded_patterns import PatternFault, pattern_fault
from aurelis.core.pattern_ways import LONGEST_TEXT

SECONDS = 20.0
"""Far above what the slowest allowed pattern takes on a busy machine, far below what any other would."""


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(a|aa)+$", "b(a|a?)+$", "([a-zA-Z]+)+$", "(.*a){12}$", "(?:a{1,64}){1,64}b", "(?:a{1,64}){64}b",
        ".*.*x", "[a-c]+?.+?ab+?\\s{3}-", "b+?b*[ab]{3}a", r".+[ab]+\d+?", "b?b*b+?-", r"[^a]+?\d+?-",
        "(?:a|b|ab){1,60}$", r"(\w+)\1",
        r"(?:.|\s){1,60}x", "(?=(a|aa)+$)a", "a.*b.*c.*d", "(?:a?b?){60}x", "(?:(?:a{1,2}){1,30})x",
        "(?i)(?:ax|A.){60}b", "(?:foo|foo){60}", r"(?:\w|..){60}", "(?:ĀĀ|[^Ā]?.){60}",
    ],
)  # fmt: skip
def test_patterns_that_match_in_very_many_ways_are_not_used(pattern: str) -> None:
    """`re` tries every way before it gives up, whether a repetition is open-ended or not."""
    assert pattern_fault(pattern) is PatternFault.MANY_WAYS


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:\d{1,3}\.){3}\d{1,3}", r"(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}", r'"(?:[^"\\]|\\.)*"', r"(?i)password.*=.*",
        r"[\w.+-]+@[\w-]+\.[\w.-]+", r"eyJ[\w-]+\.[\w-]+\.[\w-]+", r"api[_-]?key\s*[:=]\s*(\S+)", r"secret.*key.*=.*",
        r"(?:foo|bar|baz)+-\d+", r"[A-Z]{3}-[0-9]{4,12}-[a-z]{2,40}", r"(?:AKIA|ASIA)[A-Z0-9]{16}", r"\$\{[^}]*\}",
        r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", r"(?<=key=)[^&\s]+", r"(?:\d[ -]*?){13,16}",
        r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)", r'^\s*token\s*=\s*"([^"]+)"\s*$',
        r"(?i)bearer\s+[a-z0-9._~+/-]+=*", r"[a-z][a-z0-9+.-]*://[^\s:@/]+:([^\s@/]+)@", r"(?:Kunde|顧客)-\d+",
        r"(?:[a-z0-9-]+\.)+[a-z]{2,}:\d+", r"password.*\s*=\s*(\S+)", r".*password\s*=\s*.*",
        r".*password.*=.*", r"^.*password.*=.*$", r"(?P<secret>secret).*(?:key|token).*=",
        r"(?:\w+\.)+\w+:\s*\w+\s*,\s*\w+\s*;",
    ],
)  # fmt: skip
def test_patterns_as_people_write_them_are_used_and_end_in_time(pattern: str) -> None:
    """Where the next character tells how a pattern goes on, its repetitions multiply nothing."""
    assert pattern_fault(pattern) is None
    begun = time.perf_counter()
    for piece in ("a", "1", "ab=", "key=", "secretkey", "password=", "foo", "a.b@", "1.2:", "\\a", "eyJa.", " \t"):
        re.search(pattern, (piece * LONGEST_TEXT)[:LONGEST_TEXT])
    assert time.perf_counter() - begun < SECONDS
