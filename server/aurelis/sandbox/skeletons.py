"""Small texts derived from code and changes: tests that call what they find, commit messages that name what changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from aurelis.sandbox.code_facts import Facts, Parameter, read_facts
from aurelis.sandbox.prompt_reading import Prompt

_VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {"int": "1", "float": "1.0", "str": '"text"', "bool": "True", "bytes": 'b"data"', "list": "[]", "dict": "{}"}
)
_GENERIC: Final = re.compile(r"\[.*\]$")
_FILE: Final = re.compile(r"^diff --git a/(?P<old>.+?) b/(?P<new>.+)$", re.MULTILINE)
_HUNK_NAME: Final = re.compile(
    r"^@@[^@]*@@ *(?:async +)?(?:def|class|fn|func|function|interface|struct)? *(\w+)", re.MULTILINE
)
_MAX_SUBJECT: Final = 72


def write_tests(prompt: Prompt) -> str | None:
    """A file of tests for the functions that can be called with plain values; None where there is none."""
    if prompt.language != "python":
        return None
    called = [facts for facts in read_facts(prompt.dedented, "python") if _callable_with_values(facts)]
    if not called:
        return None
    path = PurePosixPath(prompt.name.replace("\\", "/"))
    parts = [part for part in path.with_suffix("").parts if part not in {"src", "/", "."}]
    module = ".".join(part for part in parts if part.isidentifier()) or "module"
    names = ", ".join(sorted(facts.definition.name for facts in called))
    tests = [_one_test(facts) for facts in called]
    return f'"""Tests of {module}."""\n\nfrom {module} import {names}\n\n\n' + "\n\n\n".join(tests) + "\n"


def _callable_with_values(facts: Facts) -> bool:
    private = facts.definition.name.startswith("_")
    return (
        facts.kind == "function"
        and facts.level == 0
        and not private
        and not facts.yields
        and _base(facts.result) in {*_VALUES, "None"}
        and all(item.default or _base(item.annotation) in _VALUES for item in facts.parameters)
        and "*" not in facts.definition.signature
    )


def _one_test(facts: Facts) -> str:
    name = facts.definition.name
    given = ", ".join(_value(item) for item in facts.parameters if not item.default)
    result = _base(facts.result)
    check = f"assert {name}({given}) is None" if result == "None" else f"assert isinstance({name}({given}), {result})"
    says = f"`{name}` gives {result} for plain values."
    return f'def test_{name}_gives_{result.lower()}() -> None:\n    """{says}"""\n    {check}'


def _value(item: Parameter) -> str:
    return _VALUES[_base(item.annotation)]


def _base(annotation: str) -> str:
    return _GENERIC.sub("", annotation).strip()


def write_commit_message(prompt: Prompt) -> str:
    """A subject that names what a diff touches, and the sizes of the change."""
    diff = "\n".join((prompt.code, *(text for name, text in prompt.sections if name == "document")))
    files = _FILE.findall(diff)
    if not files:
        return "Change what the text at hand does not show"
    lines = diff.splitlines()
    added = sum(1 for line in lines if line.startswith("+") and not line.startswith("+++"))
    removed = sum(1 for line in lines if line.startswith("-") and not line.startswith("---"))
    verb = "Change"
    if len(files) == 1 and any(line.startswith("new file mode") for line in lines):
        verb = "Add"
    elif len(files) == 1 and any(line.startswith("deleted file mode") for line in lines):
        verb = "Remove"
    names = list(dict.fromkeys(match for match in _HUNK_NAME.findall(diff) if match))
    paths = list(dict.fromkeys(PurePosixPath(new).name for _old, new in files))
    subject = f"{verb} {', '.join(names[:3])} in {paths[0]}" if names and verb == "Change" else f"{verb} {paths[0]}"
    if len(paths) > 1:
        subject += f" and {len(paths) - 1} more"
    body = f"Lines added: {added}. Lines removed: {removed}. Files: {', '.join(paths[:10])}."
    return f"{subject[:_MAX_SUBJECT]}\n\n{body}"
