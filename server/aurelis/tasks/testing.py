"""Where the tests of a file go and how they are written: framework and folder, found from the project's files."""

from __future__ import annotations

from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.snapshot import Snapshot

_FRAMEWORKS: Final = MappingProxyType(
    {
        "python": "pytest",
        "javascript": "the test runner that the project uses (jest if nothing tells)",
        "javascriptreact": "the test runner that the project uses (jest if nothing tells)",
        "typescript": "the test runner that the project uses (jest if nothing tells)",
        "typescriptreact": "the test runner that the project uses (jest if nothing tells)",
        "go": "the testing package",
        "rust": "the built-in test framework",
        "java": "JUnit 5",
        "c": "plain assert from assert.h",
        "cpp": "GoogleTest",
    }
)
_NUMBERED: Final = 100
"""The bound on names tried until one is free."""


@attrs.frozen
class ProjectFiles:
    """Files of the workspace by their names relative to its folder, and the text of its manifests by name."""

    names: tuple[str, ...] = ()
    manifests: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class TestPlan:
    """The file to create (`name`, relative to the workspace folder) and what its tests are written with."""

    __test__ = False

    name: str
    language_id: str
    framework: str

    def describe(self) -> str:
        """The plan in words of the prompt."""
        return f"Test framework: {self.framework}\nTest file: {self.name}"


def plan_tests(snapshot: Snapshot, project: ProjectFiles) -> TestPlan:
    """Where the tests of a document go; never a name that exists already."""
    taken = frozenset(project.names)
    source = PurePosixPath(snapshot.name.replace("\\", "/") or "untitled")
    name = _name(source, snapshot.language_id, taken)
    framework = _FRAMEWORKS.get(snapshot.language_id, "the test framework that is usual for the language")
    return TestPlan(_free(name, taken), snapshot.language_id, framework)


def _name(source: PurePosixPath, language_id: str, taken: frozenset[str]) -> PurePosixPath:
    stem, suffix = source.stem, source.suffix
    if language_id == "python":
        folder = PurePosixPath("tests") if any(name.startswith("tests/") for name in taken) else source.parent
        return folder / f"test_{stem}.py"
    if language_id == "go":
        return source.with_name(f"{stem}_test.go")
    if language_id.startswith(("javascript", "typescript")):
        return source.with_name(f"{stem}.test{suffix}")
    if language_id == "java":
        parts = ["test" if part == "main" else part for part in source.parent.parts]
        return PurePosixPath(*parts) / f"{stem}Test.java"
    if language_id == "rust":
        return PurePosixPath("tests") / f"{stem}.rs"
    return source.with_name(f"{stem}_test{suffix}")


def _free(name: PurePosixPath, taken: frozenset[str]) -> str:
    candidate = name
    for number in range(2, _NUMBERED):
        if candidate.as_posix() not in taken:
            break
        candidate = name.with_name(f"{name.stem}_{number}{name.suffix}")
    return candidate.as_posix()
