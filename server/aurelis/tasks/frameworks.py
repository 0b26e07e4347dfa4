"""What a project's tests are written with: told by its own tests first, then by its manifests, then by its language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

SCRIPTS: Final = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact"})
SCRIPT_TEST: Final = re.compile(r"\.(test|spec)\.[cm]?[jt]sx?$")
"""What names of tests end with in JavaScript and TypeScript."""

_SCRIPT_FRAMEWORKS: Final = ("vitest", "jest", "mocha", "ava", "jasmine", "tap")
_SCRIPT_MARKS: Final = (
    ("vitest", re.compile(r"""['"]vitest['"]""")),
    ("jest", re.compile(r"""['"]@jest/globals['"]|\bjest\.""")),
    ("node:test", re.compile(r"""['"]node:test['"]""")),
    ("bun:test", re.compile(r"""['"]bun:test['"]""")),
    ("ava", re.compile(r"""['"]ava['"]""")),
    ("tap", re.compile(r"""['"]tap['"]""")),
    ("mocha", re.compile(r"""['"](?:mocha|chai)['"]""")),
)
_C_MARKS: Final = (
    ("GoogleTest", re.compile(r"gtest/gtest\.h|gtest", re.IGNORECASE)),
    ("Catch2", re.compile(r"catch2", re.IGNORECASE)),
    ("doctest", re.compile(r"doctest", re.IGNORECASE)),
    ("CppUTest", re.compile(r"cpputest", re.IGNORECASE)),
    ("Unity", re.compile(r"\bunity\.h\b")),
    ("cmocka", re.compile(r"cmocka", re.IGNORECASE)),
    ("Criterion", re.compile(r"\bcriterion\b")),
    ("Check", re.compile(r"\bcheck\.h\b")),
)
_MARKS: Final = MappingProxyType(
    {
        **dict.fromkeys(SCRIPTS, _SCRIPT_MARKS),
        "c": _C_MARKS,
        "cpp": _C_MARKS,
        "go": (("the package testing, with testify", re.compile(r"stretchr/testify")),),
        "java": (
            ("TestNG", re.compile(r"\borg\.testng\b")),
            ("JUnit 5", re.compile(r"\borg\.junit\.jupiter\b")),
            ("JUnit 4", re.compile(r"\borg\.junit\b")),
        ),
        "python": (
            ("unittest", re.compile(r"^(?:import unittest\s*$|from unittest import .*TestCase)", re.MULTILINE)),
            ("pytest", re.compile(r"^(?:import pytest|from pytest import|(?:async )?def test_)", re.MULTILINE)),
        ),
    }
)
"""What tells a framework in the text of a test."""
_USUAL: Final = MappingProxyType(
    {
        "c": "assert from <assert.h>",
        "cpp": "assert from <cassert>",
        "go": "the package testing",
        "rust": "#[test] functions",
    }
)


def framework_of(language_id: str, names: Sequence[str], manifests: Sequence[str], tests: Sequence[str]) -> str:
    """The framework for new tests, in words of a prompt.

    `names` are the project's files, `manifests` and `tests` texts of its manifests and of tests, the nearest first.
    """
    for text in tests:
        found = next((name for name, mark in _MARKS.get(language_id, ()) if mark.search(text)), None)
        if found is not None:
            return found
    together = "\n".join(manifests)
    if language_id == "python":
        known = "pytest" in together or any(PurePosixPath(name).name == "conftest.py" for name in names)
        return "pytest" if known or "unittest" not in together else "unittest"
    if language_id in SCRIPTS:
        named = (name for text in manifests for name in _SCRIPT_FRAMEWORKS if f'"{name}"' in text)
        runs_itself = "node --test" in together or not any(SCRIPT_TEST.search(name) for name in names)
        return next(named, "node:test" if runs_itself else "the one of the existing tests")
    if language_id == "java":
        old = "junit:junit" in together or "<artifactId>junit</artifactId>" in together
        return "JUnit 4" if old else "JUnit 5"
    if language_id in {"c", "cpp"}:
        found = next((name for name, mark in _C_MARKS if mark.search(together)), None)
        if found is not None:
            return found
    return _USUAL.get(language_id, "the one that is usual for the language")
